// `npm run package`: packages the agent into dist/agent/ and the command line into dist/cli/, for the
// platforms that are named, by default for all; only one of the two with --program agent or --program cli.
// With --images the agent also as images for `docker load`, whose libraries come from Debian's packages or
// from the Debian in --base DIRECTORY. What is there already is left as it is. While it works, and
// when it has failed, a file beside the packages says so, for the control plane to show.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { acquire } from "../../control-plane/launch/lock.mjs";
import { notePackaged } from "../../control-plane/launch/package-agent.mjs";
import { packageAgent, packageCli } from "./package.mjs";
import { platforms } from "./runtimes.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "dist/agent");
const note = join(folder, "packaging.json");
const { values, positionals: only } = parseArgs({
  options: {
    images: { type: "boolean", default: false },
    base: { type: "string" },
    program: { type: "string" },
  },
  allowPositionals: true,
});
const unknown = only.filter((name) => !platforms.includes(name));
if (unknown.length > 0) {
  console.error(`${unknown.join(", ")}: not a platform. There are ${platforms.join(" and ")}.`);
  process.exit(2);
}
const { program = "all" } = values;
if (!["all", "agent", "cli"].includes(program)) {
  console.error(`${program}: not a program. There are agent and cli.`);
  process.exit(2);
}

const release = await acquire(join(root, ".bridgeport/package.lock"), (pid) =>
  console.log(`Another process (${pid}) is packaging; waiting for it ...`),
);
mkdirSync(folder, { recursive: true });
const say = (state) => writeFileSync(note, `${JSON.stringify(state)}\n`);
say({ pid: process.pid, error: null });
try {
  const done = notePackaged();
  const chosen = { ...(only.length > 0 ? { only } : {}), say: (line) => console.log(line) };
  if (program !== "cli") {
    const directory = await packageAgent({
      ...chosen,
      images: values.images,
      ...(values.base === undefined ? {} : { base: values.base }),
    });
    console.log(`The agent is packaged in ${directory}.`);
  }
  if (program !== "agent") {
    console.log(`The command line is packaged in ${await packageCli(chosen)}.`);
  }
  rmSync(note, { force: true });
  if (only.length === 0 && program === "all") done();
} catch (error) {
  say({ pid: null, error: error.message });
  console.error(error.message);
  process.exitCode = 1;
} finally {
  release();
}
