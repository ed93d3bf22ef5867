import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/*
 * Which server a data directory's own machine is. The agent's state directory says it while there is one; the
 * file beside it also after that was lost, or was never here because the database comes from a backup.
 */

/** Where the local agent of a data directory keeps its state. */
export const localStateDir = (dataDir: string): string => join(dataDir, "agent");

const fileOf = (stateDir: string) => `${stateDir}.server`;

/** What an agent that has enrolled has in its state directory. */
export interface Enrolled {
  serverId: string;
  certificate: X509Certificate;
}

/** @returns null: nothing, or nothing that could be read */
export function enrolledIn(stateDir: string): Enrolled | null {
  const file = join(stateDir, "agent.json");
  if (!existsSync(file)) return null;
  try {
    const identity: Record<string, unknown> = JSON.parse(readFileSync(file, "utf8"));
    const { serverId, certificatePem } = identity;
    if (typeof serverId !== "string" || typeof certificatePem !== "string") return null;
    return { serverId, certificate: new X509Certificate(certificatePem) };
  } catch {
    return null;
  }
}

/** @returns its id, which need not be in the database; null: none is known */
export function localServer(stateDir: string): string | null {
  try {
    const id = readFileSync(fileOf(stateDir), "utf8").trim();
    if (/^[0-9a-f-]{36}$/.test(id)) return id;
  } catch {
    // Of an earlier version there is no such file.
  }
  return enrolledIn(stateDir)?.serverId ?? null;
}

/** From now on the local agent joins as this server, where it has no state of one that is there. */
export function keepLocalServer(stateDir: string, serverId: string): void {
  const file = fileOf(stateDir);
  writeFileSync(`${file}.new`, `${serverId}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
