import { createHash } from "node:crypto";
import { accessSync, constants, mkdirSync, opendirSync, realpathSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, resolve } from "node:path";
import { ConfigError } from "./config.ts";

/**
 * Makes the data directory this process's own until it ends, however it ends.
 * @returns its absolute path
 * @throws {ConfigError} when it cannot be written, or another control plane uses it
 */
export async function claimDataDirectory(path: string): Promise<string> {
  const directory = resolve(path);
  try {
    makeDirectory(directory);
    opendirSync(directory).closeSync();
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ConfigError(
      `BRIDGEPORT_DATA_DIR=${JSON.stringify(directory)} cannot be written (${reason}): make it writable, or name another directory.`,
    );
  }
  const real = realpathSync(directory);
  if ((await holdLock(real)) === null) {
    throw new ConfigError(
      `Another Bridgeport is using the data directory ${real}: stop it first, or set BRIDGEPORT_DATA_DIR to another directory.`,
    );
  }
  return real;
}

/**
 * With its parents. Node's own `recursive` never returns where a parent exists but can have no
 * children, as below /proc.
 */
function makeDirectory(path: string): void {
  const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;
  const make = () => mkdirSync(path, { mode: 0o700 });
  try {
    make();
  } catch (error) {
    if (codeOf(error) === "EEXIST") return;
    if (codeOf(error) !== "ENOENT" || dirname(path) === path) throw error;
    makeDirectory(dirname(path));
    make();
  }
}

/**
 * Holds a lock of this machine that the kernel lets go of with the process.
 * @returns what lets go of it; null while another one holds it
 */
export function holdLock(name: string): Promise<(() => void) | null> {
  if (process.platform !== "linux") return Promise.resolve(() => {});
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 32);
  return new Promise((done, refuse) => {
    const holder = createServer();
    holder.unref();
    holder.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") done(null);
      else refuse(error);
    });
    // An abstract socket: no file stays of it.
    holder.listen(`\0bridgeport-data-${hash}`, () => done(() => holder.close()));
  });
}
