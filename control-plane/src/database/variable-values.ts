import type { Secrets } from "../secrets.ts";

/*
 * Values of environment variables are often passwords, so none of them lies in the database as it is. The
 * connection seals them in every JSON value that it writes and opens them in every one that it reads: no
 * statement has to know of it, and SQL may copy what is sealed from one column to another.
 *
 *   {"Env": ["NAME=value"]}  is stored as  {"Env": ["NAME=sealed:…"]}
 *
 * Sealed are the values in lists called `Env`, as the Engine API writes variables, and both sides of what an
 * agent says of a change of one (`{"field": "Config.Env.NAME", "before": …, "after": …}`), at any depth.
 */

const seal = "sealed:";
/** What JSON that may have such values contains; encryption.store.ts asks the database for the same. */
export const mayHaveVariables = ['"Env"', "Config.Env"];

/** JSON text as it is stored. */
export function sealedJson(text: string, secrets: Secrets): string {
  if (!mayHaveVariables.some((part) => text.includes(part))) return text;
  return JSON.stringify(withValues(JSON.parse(text), (value) => sealed(value, secrets)));
}

/**
 * Reads JSON text as it is stored.
 * @throws {MasterKeyError} when it was sealed with a key that is missing
 */
export function openedJson(text: string, secrets: Secrets): unknown {
  const json: unknown = JSON.parse(text);
  if (!text.includes(seal)) return json;
  return withValues(json, (value) => (value.startsWith(seal) ? opened(value, secrets) : value));
}

/**
 * Stored JSON text, sealed with the newest key.
 * @param plain nothing in it is sealed yet, whatever it looks like
 * @returns null when it is as it should be
 */
export function resealedJson(text: string, secrets: Secrets, plain: boolean): string | null {
  let changed = false;
  const json = withValues(JSON.parse(text), (value) => {
    if (!plain && value.startsWith(seal)) {
      if (secrets.isCurrent(bytesOf(value))) return value;
      changed = true;
      return sealed(opened(value, secrets), secrets);
    }
    changed = true;
    return sealed(value, secrets);
  });
  return changed ? JSON.stringify(json) : null;
}

const sealed = (value: string, secrets: Secrets) =>
  seal + secrets.encrypt(value).toString("base64");
const bytesOf = (value: string) => Buffer.from(value.slice(seal.length), "base64");
const opened = (value: string, secrets: Secrets) => secrets.decrypt(bytesOf(value));

/** A copy of JSON, with another value for each value of a variable. */
function withValues(json: unknown, change: (value: string) => string): unknown {
  if (Array.isArray(json)) return json.map((part) => withValues(part, change));
  if (!isObject(json)) return json;
  const isChange = typeof json.field === "string" && /^Config\.Env(\.|$)/.test(json.field);
  return Object.fromEntries(
    Object.entries(json).map(([key, part]) => {
      if (key === "Env" && Array.isArray(part))
        return [key, part.map((line) => inLine(line, change))];
      if (isChange && (key === "before" || key === "after")) return [key, everyText(part, change)];
      return [key, withValues(part, change)];
    }),
  );
}

/** A line without a value, `NAME`, stays as it is. */
function inLine(line: unknown, change: (value: string) => string): unknown {
  const at = typeof line === "string" ? line.indexOf("=") : -1;
  if (typeof line !== "string" || at < 0) return line;
  return line.slice(0, at + 1) + change(line.slice(at + 1));
}

function everyText(json: unknown, change: (value: string) => string): unknown {
  if (typeof json === "string") return change(json);
  if (Array.isArray(json)) return json.map((part) => everyText(part, change));
  if (!isObject(json)) return json;
  return Object.fromEntries(
    Object.entries(json).map(([key, part]) => [key, everyText(part, change)]),
  );
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === "object" && json !== null;
}
