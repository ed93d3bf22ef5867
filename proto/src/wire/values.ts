/** The wire has no null: an empty string stands for it, and so does 0 for sizes and times. */
export function textOrNull(value: string): string | null {
  return value === "" ? null : value;
}

/** See {@link textOrNull}. */
export function numberOrNull(value: number): number | null {
  return value === 0 ? null : value;
}

/** A JSON value as text; undefined becomes the empty string, which is read back as null. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value) ?? "";
}

/** Reads {@link jsonText}. Text that is no JSON counts as null: the receiver then lacks the value and says so. */
export function jsonValue(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A JSON object, null for anything else. */
export function jsonObject(text: string): Record<string, unknown> | null {
  const value = jsonValue(text);
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}
