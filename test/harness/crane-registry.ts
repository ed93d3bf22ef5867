import { spawn } from "node:child_process";
import { join } from "node:path";
import { directoryOf, type EngineRoot, isMade } from "./engine-root.ts";
import { freePort } from "./ports.ts";
import { isAlive, signal } from "./processes.ts";
import { createScratch, environmentOf } from "./scratch.ts";
import { waitFor } from "./wait.ts";

/** Debian's package of it, from a release that has one. */
export const craneRoot: EngineRoot = {
  name: "forky-crane",
  suite: "forky",
  packages: ["crane"],
  filesOnly: true,
};

/** Whether it can be started; `make-engine.ts crane` makes it. */
export const hasCrane = isMade(craneRoot);

/**
 * Starts the registry of go-containerregistry on a free loopback port; what it has is gone with it. Its
 * habits are its own: JSON is `text/plain`, and a list ends at what was asked for without a `Link`.
 */
export async function startCraneRegistry() {
  const scratch = createScratch("crane");
  const host = `127.0.0.1:${await freePort()}`;
  const program = join(directoryOf(craneRoot), "usr/bin/crane");
  const child = spawn(program, ["registry", "serve", "--address", host], {
    stdio: "ignore",
    env: environmentOf(scratch.dir),
  });
  child.unref();
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} could not be started.`);
  const url = `http://${host}`;
  await waitFor(async () => (await fetch(`${url}/v2/`)).ok, { what: "crane's registry" });
  return {
    host,
    url,
    async remove() {
      signal(pid, "SIGTERM");
      await waitFor(() => !isAlive(pid), { what: "crane's registry to end" });
      await scratch.remove();
    },
  };
}
