import { createHash } from "node:crypto";

/**
 * Values of a create body as texts that can be compared. The body may come from the control plane, so
 * nothing is taken for granted of their types: what is not as the engine takes it becomes a text, too.
 */

/** A list's entries; what is no text is written as JSON, and what is no list is its only entry. */
export function textsOf(value: unknown): string[] {
  if (!says(value)) return [];
  return (Array.isArray(value) ? value : [value]).map(textOf);
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : canonical(value);
}

/** Longer ones, such as whole seccomp profiles, are told by their hash. */
const longest = 120;

export function valueText(value: string): string {
  if (value.length <= longest) return value;
  return `sha256:${createHash("sha256").update(value).digest("hex")}`;
}

/** JSON with sorted keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** Whether a value is more than one of the engine's ways to write "nothing set". */
export function says(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) {
    return false;
  }
  return typeof value !== "object" || Object.keys(value).length > 0;
}
