import { createHash } from "node:crypto";

/*
 * Reading JSON in the Engine API's words of which the types are not known: nothing throws, and what is not
 * as it should be becomes a text, too.
 */

/** The values of an object's fields by their names in lower case: however often they are spelled. */
export interface Settings {
  /** those that are not null */
  get(name: string): unknown[];
  list(name: string): unknown[];
  text(name: string): string;
}

export function settings(value: unknown): Settings {
  const entries = isObject(value) ? Object.entries(value) : [];
  const get = (name: string) =>
    entries.flatMap(([key, inner]) => (folded(key) === name && inner != null ? [inner] : []));
  return {
    get,
    list: (name) => get(name).flatMap(entriesOf),
    text: (name) => get(name).map(textOf).join(","),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** As engines compare names; for them the long s is an s. */
export function folded(name: string): string {
  return name.toUpperCase().toLowerCase();
}

/** What is no list is its only entry. */
export function entriesOf(value: unknown): unknown[] {
  if (!says(value)) return [];
  return Array.isArray(value) ? value : [value];
}

/** Whether a value is more than one of the engine's ways to write "nothing set". */
export function says(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) {
    return false;
  }
  return typeof value !== "object" || Object.keys(value).length > 0;
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : canonical(value);
}

/** Longer ones, such as whole seccomp profiles, are told by their hash. */
export function shortened(value: string): string {
  if (value.length <= 120) return value;
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
