import { keyId } from "../master-key.ts";
import { BackupError } from "./backup-error.ts";
import type { Backup } from "./read-backup.ts";

/**
 * Which master keys have to be added to those of an installation, so that it can read a backup.
 * @param own the installation's keys in hexadecimal, the newest first
 * @param fixed where they are, when only the operator can change them (BRIDGEPORT_MASTER_KEY); else null
 * @throws {BackupError} when a key that is needed is neither here nor in the backup
 */
export function keysToAdd(
  { manifest, keys }: Pick<Backup, "manifest" | "keys">,
  own: readonly string[],
  fixed: string | null,
): string[] {
  const known = new Set(own);
  const missing = keys.filter((key) => !known.has(key));
  const needed = manifest.encryptionKey;
  const has = (list: readonly string[]) => list.some((key) => keyId(key) === needed);
  if (fixed !== null) {
    if (needed === null || has(own)) return [];
    throw new BackupError(
      has(keys)
        ? `What is secret in this backup is encrypted with the master key ${needed}, which is not in ${fixed}. Add it there behind the others; or unset ${fixed}, and the keys of the backup are written to master.key of the data directory.`
        : `What is secret in this backup is encrypted with the master key ${needed}, which is neither in the backup nor in ${fixed}. Add it there behind the others.`,
    );
  }
  if (needed !== null && !has(own) && !has(keys)) {
    throw new BackupError(
      `What is secret in this backup is encrypted with the master key ${needed}, which is neither in the backup nor in master.key of the data directory. Put it there, as a line below the others.`,
    );
  }
  return missing;
}
