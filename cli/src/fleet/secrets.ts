import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Failure } from "../exit.ts";
import { movesWithHook } from "./hook-fields.ts";
import type { Change } from "./plan-changes.ts";
import type { SecretReference } from "./schema.ts";

/** Looks a secret up. */
export type Reveal = (reference: SecretReference) => string;

/** Reads every secret that these changes need, before anything is changed. @throws {Failure} as below */
export function revealAll(changes: Change[], env: Variables, folder: string): Reveal {
  return revealEach(changes.flatMap(neededBy), env, folder);
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads secrets before anything is changed.
 * @param folder what paths of files are relative to
 * @throws {Failure} with each one that is not there
 */
export function revealEach(
  references: readonly SecretReference[],
  env: Variables,
  folder: string,
): Reveal {
  const found = new Map<string, string>();
  const missing: string[] = [];
  for (const reference of references) {
    const key = JSON.stringify(reference);
    if (found.has(key)) continue;
    const value = look(reference, env, folder);
    if (typeof value === "string") found.set(key, value);
    else if (!missing.includes(value.missing)) missing.push(value.missing);
  }
  if (missing.length > 0) {
    throw new Failure(`Nothing was changed, because secrets are missing:\n${missing.join("\n")}`);
  }
  return (reference) => {
    const value = found.get(JSON.stringify(reference));
    if (value === undefined) throw new Error(`The secret ${describe(reference)} was not read.`);
    return value;
  };
}

/** Where a secret is, for people: `$NAME` or a path. */
export function describe(reference: SecretReference): string {
  return "env" in reference ? `$${reference.env}` : reference.file;
}

/**
 * The secrets that a change sends: those that are set, and for what is sent to another place or as
 * another user now, all of it again, because the control plane asks for that.
 */
export function neededBy({ action, item, fields }: Change): SecretReference[] {
  if (action === "delete") return [];
  const changed = fields.map(({ field }) => field);
  const everything = action === "create" || resendsSecrets(changed);
  return Object.entries(item.secrets).flatMap(([secret, reference]) => {
    const isSent = everything || changed.includes(secret) || movesWithHook(secret, changed);
    return isSent && reference !== null ? [reference] : [];
  });
}

/** Whether a change of these fields needs the secrets again. */
export function resendsSecrets(fields: string[]): boolean {
  return fields.some((field) => ["url", "username", "passwordToAgents", "kind"].includes(field));
}

function look(
  reference: SecretReference,
  env: Variables,
  folder: string,
): string | { missing: string } {
  if ("env" in reference) {
    return env[reference.env] || { missing: `  the variable ${reference.env} is not set` };
  }
  const path = resolve(folder, reference.file);
  try {
    const text = readFileSync(path, "utf8").replace(/\r?\n$/, "");
    return text || { missing: `  ${path} is empty` };
  } catch (error) {
    return { missing: `  ${path} cannot be read: ${(error as Error).message}` };
  }
}
