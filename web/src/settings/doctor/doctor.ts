import type { DoctorCheck } from "$lib/api/model.ts";
import { count } from "$lib/wording/wording.ts";

const urgency = ["error", "warning", "ok"];

/** The worst first; what is equally bad stays in its order. */
export function byUrgency(checks: readonly DoctorCheck[]): DoctorCheck[] {
  return checks.toSorted((a, b) => urgency.indexOf(a.status) - urgency.indexOf(b.status));
}

/** All of it in a sentence. */
export function verdict(checks: readonly DoctorCheck[]): string {
  const number = (status: DoctorCheck["status"]) =>
    checks.filter((check) => check.status === status).length;
  const [errors, warnings] = [number("error"), number("warning")];
  const parts = [
    errors > 0 ? count(errors, "error", "errors") : null,
    warnings > 0 ? count(warnings, "warning", "warnings") : null,
  ].filter((part) => part !== null);
  return parts.length === 0 ? "Everything is all right" : parts.join(" and ");
}
