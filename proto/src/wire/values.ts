import { limits, longestMs, textLimits } from "../limits.ts";

/** The wire has no null: an empty string stands for it, and so does 0 for sizes and times. */
export function textOrNull(value: string): string | null {
  return value === "" ? null : value;
}

/** See {@link textOrNull}. */
export function numberOrNull(value: number): number | null {
  return value === 0 ? null : value;
}

// Neither can be stored as text in a database.
const unstorable = /\0|\p{Surrogate}/gu;

/** A text of an agent: cut to its length, and of characters that can be stored. */
export function text(value: string, most: number = textLimits.name): string {
  const cut = value.length > most ? value.slice(0, most) : value;
  return cut.replace(unstorable, "\ufffd");
}

/** The same for the first of several. */
export function texts(values: readonly string[], most: number, each?: number): string[] {
  return values.slice(0, most).map((value) => text(value, each));
}

/** The same for labels, which have a length in all, too. */
export function textMap(map: Readonly<Record<string, string>>): Record<string, string> {
  let room: number = textLimits.labels;
  const kept: [string, string][] = [];
  for (const [name, value] of Object.entries(map).slice(0, limits.labels)) {
    const entry: [string, string] = [text(name), text(value, textLimits.label)];
    room -= entry[0].length + entry[1].length;
    if (room < 0) break;
    kept.push(entry);
  }
  return Object.fromEntries(kept);
}

/** A number that counts something: whole, and from 0 to `most`. */
export function count(value: number, most: number = Number.MAX_SAFE_INTEGER): number {
  if (!(value > 0)) return 0;
  return Math.min(Math.trunc(value), most);
}

/** How long something takes, in milliseconds. */
export function duration(ms: number): number {
  return count(ms, longestMs);
}

const lastTime = Date.UTC(9999, 11, 31);

/** Epoch milliseconds that every reader can write as a date. */
export function time(ms: number): number {
  return count(ms, lastTime);
}

/** A JSON value as text; undefined becomes the empty string, which is read back as null. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value) ?? "";
}

/**
 * Reads {@link jsonText}. Text that is no JSON, or is nested deeper than anything honest, counts as
 * null: the receiver then lacks the value and says so.
 */
export function jsonValue(json: string): unknown {
  if (json === "" || !isShallow(json)) return null;
  try {
    return storable(JSON.parse(json));
  } catch {
    return null;
  }
}

/** Whether no bracket is nested too deep for functions that call themselves. */
function isShallow(json: string): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (inText) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) inText = false;
    } else if (code === 0x22) inText = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > limits.jsonDepth) return false;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return true;
}

function storable(value: unknown): unknown {
  if (typeof value === "string") return value.replace(unstorable, "\ufffd");
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(unstorable, "\ufffd"),
      storable(inner),
    ]),
  );
}

/** A JSON object, null for anything else. */
export function jsonObject(json: string): Record<string, unknown> | null {
  const value = jsonValue(json);
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}
