import { isDeepStrictEqual } from "node:util";
import { type Actor, hasRole } from "../actor.ts";

/*
 * Values of environment variables are often passwords: operators, who may set them, see them; a
 * viewer sees that they are set.
 */

export type Reader = Pick<Actor, "role">;

/** What stands where a value is not for the reader. */
export const hiddenValue = "***";
const hiddenOther = "*** (another value)";

export function seesValues(reader: Reader): boolean {
  return hasRole(reader, "operator");
}

/** A container's description, in which the values of variables are hidden: `NAME=***`. */
export function withHiddenValues(
  spec: Record<string, unknown> | null,
): Record<string, unknown> | null {
  if (spec === null) return null;
  return Object.fromEntries(
    Object.entries(spec).map(([key, value]) => [
      key,
      key.toLowerCase() === "env" ? hiddenVariables(value) : value,
    ]),
  );
}

/** One change of a container: of a variable only that it changes is shown. */
export function hiddenChange<C extends { field: string; before: unknown; after: unknown }>(
  change: C,
): C {
  if (!/^Config\.Env(\.|$)/.test(change.field)) return change;
  const before = hiddenVariables(change.before);
  const after = hiddenVariables(change.after);
  // Both hidden values would look as if nothing changed.
  const differs = before !== null && !isDeepStrictEqual(change.before, change.after);
  return { ...change, before, after: differs && after === hiddenValue ? hiddenOther : after };
}

function hiddenVariables(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) {
    return value.map((line) => `${String(line).split("=", 1)[0]}=${hiddenValue}`);
  }
  if (typeof value !== "object") return hiddenValue;
  return Object.fromEntries(Object.keys(value).map((name) => [name, hiddenValue]));
}
