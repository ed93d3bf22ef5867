import { randomBytes } from "node:crypto";
import { access, chmod, constants, mkdir, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StartRefused } from "../start-refused.ts";

/**
 * Creates the agent's state directory where it is missing, makes it accessible to this user only (mode
 * 0700) and checks that it can be written. Returns its real path. Throws {@link StartRefused}.
 */
export async function openStateDirectory(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await chmod(path, 0o700);
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    const probe = join(path, `.write-${randomBytes(4).toString("hex")}`);
    await writeFile(probe, "");
    await rm(probe);
    return await realpath(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new StartRefused(
      `The state directory ${path} cannot be used (${code ?? message}): name one that this user may write with --state-dir.`,
    );
  }
}
