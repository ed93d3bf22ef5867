/*
 * What is in JSON that anybody may have written. Only own properties are looked at, and nothing is
 * believed to have a type.
 */

/** The value of JSON; undefined where it is none. */
export function parsed(text: Buffer | string): unknown {
  try {
    return JSON.parse(text.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** The value at a path of names; undefined where there is none. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) {
      return undefined;
    }
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}

/** The same, if it is a text. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/** The same, if it is a list with at most so many elements. */
export function listAt(
  value: unknown,
  most: number,
  ...path: readonly string[]
): unknown[] | undefined {
  const found = at(value, ...path);
  return Array.isArray(found) && found.length <= most ? found : undefined;
}
