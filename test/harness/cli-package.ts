import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const packaging = fileURLToPath(new URL("../../agent/packaging/main.mjs", import.meta.url));

/** Packages the command line for this machine, where the control plane hands it out. */
export async function packageCli(): Promise<void> {
  await run(process.execPath, [packaging, "--program", "cli", `linux-${process.arch}`]);
}
