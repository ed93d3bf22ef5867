/** A backup that cannot be made, read or restored. The message is one sentence or two that say what to do. */
export class BackupError extends Error {
  override readonly name = "BackupError";
}
