import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../exit.ts";

/** What runs where the control plane does, because it needs its database and its master key. */
export type HostCommand = "backup" | "restore" | "rotate-key";

/**
 * The control plane's program for a command: below BRIDGEPORT_HOME, or beside this file in a checkout or
 * in an image.
 * @throws {Failure} when there is none here
 */
export function hostProgram(
  command: HostCommand,
  env: Readonly<Record<string, string | undefined>>,
  ownFile: string,
): string {
  const home = env.BRIDGEPORT_HOME;
  const below = home ? [home] : [join(dirname(ownFile), "../.."), dirname(ownFile)];
  for (const folder of below) {
    const path = join(folder, "control-plane/dist", `${command}.js`);
    if (existsSync(path)) return path;
  }
  throw new Failure(
    home
      ? `There is no control-plane/dist/${command}.js below BRIDGEPORT_HOME (${home}).`
      : `\`bridgeport ${command}\` runs where the control plane is installed. Run it there, or name that folder in BRIDGEPORT_HOME.`,
  );
}

/** Runs the program with this one's input and output. @returns its exit code */
export function runHostProgram(
  path: string,
  args: string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const node = /node$/.test(process.execPath) ? process.execPath : "node";
    // Ctrl-C reaches both; what it means, and when it is safe to end, is for the program to know.
    const stay = () => {};
    process.on("SIGINT", stay);
    const child = spawn(node, [path, ...args], { stdio: "inherit", env: { ...env } });
    child.on("error", (error) => {
      reject(new Failure(`Node.js, which this needs, cannot be started: ${error.message}`));
    });
    child.on("exit", (code, signal) => resolve(code ?? (signal ? 1 : 0)));
    child.on("close", () => process.off("SIGINT", stay));
  });
}
