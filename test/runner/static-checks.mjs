// What can be said of the sources without running them.
import { join } from "node:path";
import { root, run } from "./children.mjs";

const bin = (name) => join(root, "node_modules/.bin", name);

const checks = [
  ["format and lint", bin("biome"), ["check", "--error-on-warnings", "."]],
  ...["proto", "control-plane", "agent", "client", "cli", "test"].map((member) => [
    `types of ${member}`,
    bin("tsc"),
    ["-p", member],
  ]),
  [
    "types of web",
    join(root, "web/node_modules/.bin/svelte-check"),
    ["--workspace", "web", "--tsconfig", "./tsconfig.json", "--threshold", "warning"],
  ],
  [
    "imports",
    bin("depcruise"),
    [
      ...["--config", ".dependency-cruiser.cjs"],
      ...[
        "proto/src",
        "control-plane/src",
        "agent/src",
        "client/src",
        "cli/src",
        "web/src",
        "test",
      ],
    ],
  ],
  ["unused files, exports and packages", bin("knip"), ["--no-progress"]],
  ["regular expressions", process.execPath, ["test/regex-check.mjs"]],
  ["generated files", process.execPath, ["test/generated-check.mjs"]],
];

/**
 * Two at a time, as there are two cores on the smallest machine that this has to run on.
 * @param {() => boolean} interrupted
 * @returns {Promise<{passed: number, failed: number}>}
 */
export async function runStaticChecks(interrupted) {
  const queue = [...checks];
  const count = { passed: 0, failed: 0 };
  const work = async () => {
    for (let check = queue.shift(); check && !interrupted(); check = queue.shift()) {
      const [name, command, args] = check;
      const { code, output } = await run(command, args, { output: "pipe" });
      count[code === 0 ? "passed" : "failed"] += 1;
      console.log(`${code === 0 ? "ok    " : "FAILED"}  ${name}`);
      if (code !== 0) console.log(output);
    }
  };
  await Promise.all([work(), work()]);
  return count;
}
