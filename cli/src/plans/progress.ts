import type { Plan, Schemas } from "@bridgeport/client";
import { type Paint, type Tone, toneOf } from "../terminal/colour.ts";
import { printable, shortened } from "../terminal/text.ts";
import { counted, duration } from "../terminal/units.ts";
import { pausedText } from "./rollout.ts";

type Step = Schemas["PlanStep"];

const marks: Record<string, string> = {
  success: "✓",
  failed: "✗",
  running: "●",
  rolled_back: "↩",
  skipped: "–",
};

const stepTones: Record<string, Tone> = { success: "good", running: "busy" };

/**
 * "hook release-window (200)", "pull on web-1", "job migrate up of shop on web-1", "health check of shop on
 * web-1", "soak of batch 1, 2 services"
 */
export function stepName({ action, service, server, services, job, hook, batch }: Step): string {
  // An earlier control plane has none.
  if (hook) {
    return `hook ${printable(hook.name)}${hook.httpStatus === null ? "" : ` (${hook.httpStatus})`}`;
  }
  if (action === "soak") return `soak of batch ${batch}, ${counted(services.length, "service")}`;
  const on = printable(server.name);
  if (action === "pull") {
    return `pull on ${on}${services.length > 1 ? ` for ${services.length} services` : ""}`;
  }
  const command = job ? ` ${shortened(printable(job.command.join(" ")), 60)}` : "";
  return `${action.replaceAll("_", " ")}${command} of ${printable(service.name)} on ${on}`;
}

type Moved = Pick<Plan, "imageName" | "imageTag" | "imageDigest">;

const namedTargets = 3;

/** What a plan moves where: "ghcr.io/shop/web to v2.0.0 (0123456789ab)", one after the other of a release. */
export function planTarget(plan: Plan): string {
  // An earlier control plane has plans of one image only, and names no targets.
  const all: readonly Moved[] = plan.targets?.length > 1 ? plan.targets : [plan];
  const more = all.length - namedTargets;
  const named = all.slice(0, more === 1 ? all.length : namedTargets).map(moved);
  return `${named.join(", ")}${more > 1 ? ` and ${more} more` : ""}`;
}

function moved({ imageName, imageTag, imageDigest }: Moved): string {
  const short = imageDigest.replace("sha256:", "").slice(0, 12);
  return `${printable(imageName)} to ${imageTag ? `${printable(imageTag)} (${short})` : short}`;
}

/** What has happened since the state before, a line for each step that changed. */
export function news(before: Plan | null, after: Plan): string[] {
  const known = new Map(before?.steps.map(({ id, status }) => [id, status]));
  const waited = new Map(before?.steps.map((step) => [step.id, waitingFor(step)]));
  const lines: string[] = [];
  if (after.rollingBack && !before?.rollingBack) lines.push("rolling back");
  if (after.cancelRequested && !before?.cancelRequested) lines.push("cancelling");
  if (before?.status === "paused" && after.status !== "paused") lines.push("no longer paused");
  const begun = new Set(before?.steps.filter(hasBegun).map(({ batch }) => batch));
  for (const step of after.steps) {
    const waiting = waitingFor(step);
    if (waiting !== null && waited.get(step.id) !== waiting) {
      lines.push(`${stepName(step)}: ${printable(waiting)}`);
    }
    if (step.status === "pending" || known.get(step.id) === step.status) continue;
    if (step.batch && after.batches > 1 && hasBegun(step) && !begun.has(step.batch)) {
      begun.add(step.batch);
      lines.push(`batch ${step.batch} of ${after.batches}`);
    }
    const time = elapsed(step, null);
    lines.push(`${stepName(step)}: ${words(step.status)}${time ? ` (${time})` : ""}`);
    if (step.error) lines.push(`  ${printable(step.error)}`);
  }
  if (after.status === "paused" && before?.status !== "paused") lines.push("paused");
  return lines;
}

const hasBegun = ({ status }: Step): boolean => status !== "pending" && status !== "skipped";

/** " batch 2 of 3," while there are several; that of the last step that has begun. */
function batchText({ steps, batches }: Plan): string {
  const batch = steps.findLast((step) => step.batch !== null && hasBegun(step))?.batch;
  return batch && batches > 1 ? ` batch ${batch} of ${batches},` : "";
}

/**
 * A plan as lines for a terminal of that size; there is a line left for the cursor. Where there are more
 * steps than lines, those that have ended well, and those that are far from their turn, are counted only.
 */
export function planLines(
  plan: Plan,
  { columns, rows, now, paint }: { columns: number; rows: number; now: number; paint: Paint },
): string[] {
  const done = plan.steps.filter(({ status }) => status !== "pending" && status !== "running");
  const state = plan.rollingBack ? "rolling back" : words(plan.status);
  const head = `${state},${batchText(plan)} ${done.length} of ${counted(plan.steps.length, "step")}: ${planTarget(plan)}`;
  const lines = [paint("strong", shortened(head, columns))];
  const space = Math.max(1, rows - 2);
  const { shown, before, after } = window(plan.steps, space);
  if (before > 0) lines.push(paint("faint", shortened(`  … ${before} before`, columns)));
  for (const step of shown) {
    const time = soakLeft(step, now) ?? elapsed(step, now);
    const why = step.error ?? waitingFor(step);
    const text = `${marks[step.status] ?? "○"} ${stepName(step)}${time ? `  ${time}` : ""}${
      why ? `  ${printable(why)}` : ""
    }`;
    const tone = stepTones[step.status] ?? toneOf(step.status);
    lines.push(tone ? paint(tone, shortened(text, columns)) : shortened(text, columns));
  }
  if (after > 0) lines.push(paint("faint", shortened(`  … ${after} after`, columns)));
  return lines;
}

/** What a step waits for outside of its plan; null: nothing, or it has begun. */
function waitingFor({ status, detail }: Step): string | null {
  return status === "pending" ? detail : null;
}

/** As many steps as there is space for, around the first that has not ended. */
function window(steps: Step[], space: number): { shown: Step[]; before: number; after: number } {
  if (steps.length <= space) return { shown: steps, before: 0, after: 0 };
  const room = Math.max(1, space - 2);
  const first = steps.findIndex(({ status }) => status === "running" || status === "pending");
  const at = first === -1 ? steps.length : first;
  const start = Math.max(0, Math.min(at - Math.floor(room / 3), steps.length - room));
  const shown = steps.slice(start, start + room);
  return { shown, before: start, after: steps.length - start - shown.length };
}

/** How a plan ended, in a sentence or two. */
export function outcome(plan: Plan): string {
  const what = planTarget(plan);
  const why = plan.error ? ` ${printable(plan.error)}` : "";
  const left = plan.leftOut.map(
    ({ service, reason }) =>
      `\nLeft out: ${printable(service.name)} on ${printable(service.serverName)}: ${printable(reason)}`,
  );
  const sentences: Record<string, string> = {
    completed: `Completed: ${what}, ${counted(plan.services.length, "service")}.`,
    rolled_back: `Rolled back: ${what}.${why}`,
    failed: `Failed: ${what}.${why}`,
    cancelled: `Cancelled: ${what}.${why}`,
    paused: `${what}.\n${pausedText(plan)}`,
  };
  return (sentences[plan.status] ?? `${words(plan.status)}: ${what}.${why}`) + left.join("");
}

/** "4 min 10 s left"; null: it is no soak, or its time does not run. */
function soakLeft({ soak, status }: Step, now: number): string | null {
  if (status !== "running" || !soak?.endsAt) return null;
  return `${duration(Date.parse(soak.endsAt) - now)} left${measuredText(soak)}`;
}

/** What its query gave last: ", query: 0.003, has to be < 0.01" */
function measuredText({ analysis }: NonNullable<Step["soak"]>): string {
  // An earlier control plane has none.
  if (!analysis?.last) return "";
  const { operator, value: limit } = analysis.prometheus.condition;
  return `, query: ${analysis.last.value ?? "no value"}, has to be ${operator} ${limit}`;
}

function elapsed({ startedAt, completedAt }: Step, now: number | null): string | null {
  if (startedAt === null) return null;
  const end = completedAt === null ? now : Date.parse(completedAt);
  return end === null ? null : duration(end - Date.parse(startedAt));
}

function words(status: string): string {
  return status.replaceAll("_", " ");
}
