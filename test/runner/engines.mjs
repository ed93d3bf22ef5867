// The engines to run on: made if they are not there yet, and told where they cannot be made.
import { join } from "node:path";
import { root, run } from "./children.mjs";

/** The engine that is there wherever the tests can run at all. */
export const machineEngine = "20.10";

/** The engine that most people have, on which everything is tried. */
export const mainEngine = process.env.BRIDGEPORT_TEST_ENGINE || "28.5-containerd";

/** Every Docker Engine that tests can start, the newest first. */
export const allEngines = ["28.5-containerd", "28.5", "26.1", machineEngine];

/** Podman, which speaks Docker's API and has tests of its own. */
export const podman = "podman";

/** The registry that tests can start beside the distribution project's. */
export const crane = "crane";

/** What the images of tests are made of. */
export const images = "images";

/** The small servers that agents are installed on. */
export const hosts = "hosts";

/** An engine as people call it. */
export function titleOf(engine) {
  return engine === podman ? "Podman" : `Docker ${engine}`;
}

/**
 * Makes what an engine, crane's registry, images or the hosts need, once for this machine.
 * @param {string} engine
 * @returns {Promise<string | null>} why it cannot be made; null: it is there
 */
export async function makeEngine(engine) {
  if (engine === machineEngine) return null;
  const tsx = join(root, "node_modules/.bin/tsx");
  const { code, output } = await run(tsx, ["test/harness/make-engine.ts", engine], {
    output: "pipe",
  });
  if (code === 0) {
    if (output) console.log(output);
    return null;
  }
  return output || `make-engine ended with ${code}.`;
}

/** What the machine's own engine calls itself. */
export async function machineEngineVersion() {
  const { code, output } = await run("dockerd", ["--version"], {
    output: "pipe",
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  return code === 0 ? output : "Docker of an unknown version";
}
