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
  if (process.platform === "linux") await lock(real);
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

/** An abstract socket is a lock that the kernel lets go of with the process. */
function lock(directory: string): Promise<void> {
  const name = createHash("sha256").update(directory).digest("hex").slice(0, 32);
  return new Promise((done, refuse) => {
    const holder = createServer();
    holder.unref();
    holder.once("error", (error: NodeJS.ErrnoException) => {
      refuse(
        error.code === "EADDRINUSE"
          ? new ConfigError(
              `Another Bridgeport is using the data directory ${directory}: stop it first, or set BRIDGEPORT_DATA_DIR to another directory.`,
            )
          : error,
      );
    });
    holder.listen(`\0bridgeport-data-${name}`, done);
  });
}
