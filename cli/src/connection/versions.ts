import { ApiProblem, type Client } from "@bridgeport/client";
import { Failure } from "../exit.ts";
import { version as own } from "../version.ts";

/**
 * What a difference of versions has to do with an error, as a sentence that says which side is newer: a route
 * or a field that one of them does not know yet. Asked only when something was not understood.
 * @param connect may throw where nothing says which control plane is meant
 * @returns null where both are the same, or nothing says so
 */
export async function versionNote(error: unknown, connect: () => Client): Promise<string | null> {
  if (!mayBeOfVersions(error)) return null;
  const theirs = await Promise.resolve()
    .then(connect)
    .then(versionOf, () => null);
  const order = theirs === null ? 0 : compareVersions(theirs, own);
  if (order === 0) return null;
  return order > 0
    ? `The control plane is ${theirs}, newer than this program (${own}): use the program that came with it.`
    : `The control plane is ${theirs}, older than this program (${own}), and may not know this yet: upgrade it, or use the program that came with it.`;
}

/** What the control plane did not know or accept, and what this program did not understand. */
function mayBeOfVersions(error: unknown): boolean {
  if (!(error instanceof ApiProblem)) return !(error instanceof Failure);
  return error.code === "validation_failed" || (error.status === 404 && error.code === "not_found");
}

/** @returns null where it does not say */
async function versionOf(client: Client): Promise<string | null> {
  try {
    return (await client.get("/api/cli/package")).version;
  } catch {
    return await versionOfDescription(client);
  }
}

/** Of a control plane that hands out no command line yet. */
async function versionOfDescription(client: Client): Promise<string | null> {
  try {
    const answer = await client.open("/api/openapi.json", { accept: "application/json" });
    const { info } = (await answer.json()) as { info?: { version?: unknown } };
    return typeof info?.version === "string" ? info.version : null;
  } catch {
    return null;
  }
}

/** Versions as 1.2.3 by their numbers. @returns below 0: a is older; 0: the same, or not to be compared */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [a, b].map((text) => /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})/.exec(text));
  if (!one || !other) return 0;
  for (const index of [1, 2, 3]) {
    const difference = Number(one[index]) - Number(other[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}
