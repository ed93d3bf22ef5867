// The agent, and the command line, as one program each: Node with their bundle in it, as Node's
// documentation of single executable applications describes. The same inputs give the same bytes.
import { execFile } from "node:child_process";
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { inject } from "postject";
import { bundle as cliBundle } from "../../cli/bundle.mjs";
import { bundle as agentBundle } from "../bundle.mjs";

const run = promisify(execFile);

/**
 * @typedef {object} Program what is packaged
 * @property {string} name of the program
 * @property {string} folder its source, below the root
 * @property {import("esbuild").BuildOptions} bundle
 * @property {string[]} flags of the Node inside
 */

/** @type {Record<"agent" | "cli", Program>} */
export const programs = {
  agent: {
    name: "bridgeport-agent",
    folder: "agent",
    bundle: agentBundle,
    // The first saves a quarter of the memory, the second keeps what the agent allocates for a moment
    // from growing the heap.
    flags: ["--lite-mode", "--max-semi-space-size=1"],
  },
  // Its first line is for Node on a file of its own.
  cli: { name: "bridgeport", folder: "cli", bundle: { ...cliBundle, banner: {} }, flags: [] },
};
const fuse = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

/**
 * A program's bundle.
 * @param {Program} program
 * @param {string} [version] what it says of itself; default: package.json's
 * @returns {Promise<Uint8Array>}
 */
export async function bundleOf({ bundle, folder }, version) {
  const called = version === undefined ? [] : [calledVersion(folder, version)];
  const { outputFiles } = await build({
    ...bundle,
    write: false,
    plugins: [...(bundle.plugins ?? []), ...called],
  });
  return outputFiles[0].contents;
}

function calledVersion(folder, version) {
  return {
    name: "called-version",
    setup(building) {
      building.onLoad({ filter: new RegExp(`/${folder}/package\\.json$`) }, () => ({
        contents: JSON.stringify({ version }),
        loader: "json",
      }));
    },
  };
}

/**
 * Writes the program for one platform.
 * @param {{script: Uint8Array, flags: string[], runtime: string, ownRuntime: string, output: string}} parts
 *   `runtime`: Node's program for the platform; `ownRuntime`: the same version's for this machine
 */
export async function writeSingleFile({ script, flags, runtime, ownRuntime, output }) {
  const directory = await mkdtemp(join(tmpdir(), "bridgeport-package-"));
  try {
    const blob = join(directory, "blob");
    await writeFile(join(directory, "main.cjs"), script);
    await writeFile(
      join(directory, "config.json"),
      JSON.stringify({
        main: "main.cjs",
        output: "blob",
        disableExperimentalSEAWarning: true,
        useSnapshot: false,
        useCodeCache: false,
        execArgv: flags,
        // Neither NODE_OPTIONS nor the command line change them: flags are the program's own.
        execArgvExtension: "none",
      }),
    );
    // From its own directory, as the paths in the configuration become part of the program.
    await run(ownRuntime, ["--experimental-sea-config", "config.json"], { cwd: directory });
    await copyFile(runtime, output);
    await chmod(output, 0o755);
    await quietly(async () =>
      inject(output, "NODE_SEA_BLOB", await readFile(blob), { sentinelFuse: fuse }),
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Its library warns on the console of notes in the file that it does not know and keeps as they are. */
async function quietly(work) {
  const { log, warn, error } = console;
  Object.assign(console, { log() {}, warn() {}, error() {} });
  try {
    return await work();
  } finally {
    Object.assign(console, { log, warn, error });
  }
}
