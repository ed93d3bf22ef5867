import { isDeepStrictEqual } from "node:util";
import type { ContainerSpec } from "@bridgeport/proto";
import { type Actor, hasRole } from "../actor.ts";

/*
 * Values of environment variables are often passwords: that they are set is seen by everyone, what they are
 * by operators who ask for it, which the audit notes. What an image says is no secret to operators.
 */

export type Reader = Pick<Actor, "roles">;

/** What stands where a value is not shown. Written back, it stands for the stored value. */
export const hiddenValue = "***";
/** The same in what was recorded of a container, whose values may be others. */
export const hiddenRecorded = "*** (recorded)";
const hiddenOther = "*** (another value)";

/** A container's description, in which the values of variables are hidden: `NAME=***`. */
export function withHiddenValues(
  spec: Record<string, unknown> | null,
  shown = hiddenValue,
): Record<string, unknown> | null {
  if (spec === null) return null;
  return Object.fromEntries(
    Object.entries(spec).map(([key, value]) => [
      key,
      key.toLowerCase() === "env" ? hiddenVariables(value, shown) : value,
    ]),
  );
}

/** One change of a container. Where the reader must not see a variable's values, only that it changes. */
export function shownChange<
  C extends { field: string; origin: string; before: unknown; after: unknown },
>(change: C, reader: Reader, environmentId: string): C {
  if (!/^Config\.Env(\.|$)/.test(change.field)) return change;
  if (change.origin === "image" && hasRole(reader, "operator", environmentId)) return change;
  const before = hiddenVariables(change.before);
  const after = hiddenVariables(change.after);
  // Both hidden values would look as if nothing changed.
  const differs = before !== null && !isDeepStrictEqual(change.before, change.after);
  return { ...change, before, after: differs && after === hiddenValue ? hiddenOther : after };
}

function hiddenVariables(value: unknown, shown = hiddenValue): unknown {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) {
    return value.map((line) => `${nameOf(String(line))}=${shown}`);
  }
  if (typeof value !== "object") return shown;
  return Object.fromEntries(Object.keys(value).map((name) => [name, shown]));
}

/** The variables of a description with their values. Of several of one name, the engine takes the last. */
export function variablesOf(spec: ContainerSpec | null): Record<string, string> {
  return Object.fromEntries(
    linesOf(spec).flatMap((line) => {
      const name = nameOf(line);
      return line === name ? [] : [[name, line.slice(name.length + 1)]];
    }),
  );
}

/**
 * A description as it was meant by someone who was shown one with hidden values: these stay what they are.
 * @param stored the one that was shown
 * @param recorded what was recorded of the container, shown beside it
 * @returns the names of those that have no stored value, or the description
 */
export function withStoredValues(
  spec: ContainerSpec,
  stored: ContainerSpec | null,
  recorded: ContainerSpec | null,
): { missing: string[] } | { spec: ContainerSpec } {
  const byName = (of: ContainerSpec | null) =>
    new Map(linesOf(of).map((line) => [nameOf(line), line]));
  const meant = new Map([
    [hiddenValue, byName(stored)],
    [hiddenRecorded, byName(recorded)],
    [hiddenOther, byName(null)],
  ]);
  const missing: string[] = [];
  const Env = linesOf(spec).map((line) => {
    const name = nameOf(line);
    const lines = meant.get(line.slice(name.length + 1));
    if (lines === undefined) return line;
    const before = lines.get(name);
    if (before === undefined) missing.push(name);
    return before ?? line;
  });
  if (missing.length > 0) return { missing };
  return { spec: spec.Env === undefined ? spec : { ...spec, Env } };
}

function linesOf(spec: ContainerSpec | null): string[] {
  return Array.isArray(spec?.Env) ? spec.Env.map(String) : [];
}

function nameOf(line: string): string {
  return line.split("=", 1)[0] ?? "";
}
