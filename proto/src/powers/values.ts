import { createHash } from "node:crypto";

/**
 * Values of a create body as texts that can be compared. The body may come from the control plane or from an
 * agent, so nothing is taken for granted of their types: what is not as the engine takes it becomes a text, too.
 */

/** A body's settings by their names, however these are spelled: engines take any spelling. */
export interface Settings {
  /**
   * Every value that an engine may take for the setting: first the one under this very name, `undefined` where
   * there is none, then those under other spellings. Which one counts is the engine's, so what a value gives
   * counts where any of them says it, and what it takes away only where all of them do.
   */
  readings(name: string): unknown[];
}

/** @param others further objects that an engine may read into the same settings */
export function settings(value: unknown, others: readonly unknown[] = []): Settings {
  const own = Object(value) as Record<string, unknown>;
  const byName = new Map<string, { key: string | null; value: unknown }[]>();
  const add = (name: string, key: string | null, inner: unknown) => {
    const same = byName.get(folded(name));
    if (same === undefined) byName.set(folded(name), [{ key, value: inner }]);
    else same.push({ key, value: inner });
  };
  for (const [key, inner] of Object.entries(own)) add(key, key, inner);
  for (const other of others) {
    for (const [key, inner] of Object.entries(Object(other))) add(key, null, inner);
  }
  return {
    readings: (name) => [
      Object.hasOwn(own, name) ? own[name] : undefined,
      ...(byName.get(folded(name)) ?? []).flatMap((one) => (one.key === name ? [] : [one.value])),
    ],
  };
}

/** As engines compare names: for them the long s is an s, and the sign for Kelvin a k. */
function folded(name: string): string {
  return name.toUpperCase().toLowerCase();
}

/** What is no list is its only entry. */
export function entriesOf(value: unknown): unknown[] {
  if (!says(value)) return [];
  return Array.isArray(value) ? value : [value];
}

/** A list's entries; what is no text is written as JSON. */
export function textsOf(value: unknown): string[] {
  return entriesOf(value).map(textOf);
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
    isObject(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is more than one of the engine's ways to write "nothing set". */
export function says(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) {
    return false;
  }
  return typeof value !== "object" || Object.keys(value).length > 0;
}
