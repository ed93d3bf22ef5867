// `npm test [-- <project or file> ...]`: installs what the tests need, runs the static checks and
// all tests, stops everything it started, and ends with the line `N passed, N failed`.
// `--engines`: the projects that need engines, on each of them; `--long`: the tests that have a long
// form, in that form; `--faults [<rounds>] [--seed <seed>]`: so many rounds of random faults, or else the
// project `faults`.
import { join } from "node:path";
import { prepare, requireNode } from "../control-plane/launch/prepare.mjs";
import { installDebianPackages, requireRoot } from "./debian-packages.mjs";
import { endAll, root, run } from "./runner/children.mjs";
import {
  allEngines,
  crane,
  hosts,
  images,
  machineEngine,
  machineEngineVersion,
  mainEngine,
  makeEngine,
  podman,
  titleOf,
} from "./runner/engines.mjs";
import { askedRounds } from "./runner/faults.mjs";
import { runStaticChecks } from "./runner/static-checks.mjs";
import { runVitest, slowest } from "./runner/vitest.mjs";

const withoutEngines = ["unit", "unit-web", "db"];
const onEngines = ["engine", "e2e", "faults", "console"];
const onOldEngine = ["old-engine"];
const onPodman = ["podman"];
const projects = [...withoutEngines, ...onEngines, ...onOldEngine, ...onPodman];

const args = process.argv.slice(2);
const modes = ["--engines", "--long", "--faults"];
const mode = args.find((arg) => modes.includes(arg)) ?? "all";
const words = args.filter((arg) => arg !== mode);
const asked = mode === "--faults" ? askedRounds(words) : null;
if (asked?.problem) {
  console.error(asked.problem);
  process.exit(2);
}
const filters = asked ? ["faults"] : words;
const named = projects.filter((project) => filters.includes(project));
const files = filters.filter((filter) => filter !== "static" && !projects.includes(filter));
const withStatic = mode === "all" && (filters.length === 0 || filters.includes("static"));
const withTests = filters.length === 0 || named.length > 0 || files.length > 0;
/** Those of `list` that are asked for. */
const chosen = (list) =>
  withTests ? list.filter((project) => named.length === 0 || named.includes(project)) : [];
const withEngines = chosen([...onEngines, ...onOldEngine, ...onPodman]).length > 0;
const withProduct = chosen(["e2e", "faults", "console", "old-engine"]).length > 0;

/** What has a long form and needs no engine: many more random plans. */
const longWithoutEngine = ["control-plane/src/plans/decide.property.test.ts"];

let passed = 0;
let failed = 0;
let interrupted = false;
const tests = [];
const notices = [];

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (interrupted) return;
    interrupted = true;
    console.log("\nInterrupted; stopping what was started ...");
    endAll();
  });
}

// The last lines, also where preparing ended the process.
process.on("exit", (code) => {
  if (code !== 0 && failed === 0) failed = 1;
  if (tests.length > 0) console.log(["The slowest tests:", ...slowest(tests)].join("\n"));
  for (const notice of notices) console.log(notice);
  console.log(`${passed} passed, ${failed} failed`);
});

try {
  requireNode();
  if (!allEngines.includes(mainEngine)) {
    throw new Error(
      `BRIDGEPORT_TEST_ENGINE is one of ${allEngines.join(", ")}; not ${mainEngine}.`,
    );
  }
  if (withEngines) {
    requireRoot();
    installDebianPackages(console.log);
  }
  await prepare({ build: withProduct });
  if (mode === "--engines") await runOnEachEngine();
  else if (mode === "--long") await runLongForms();
  else if (asked?.rounds) await runRoundsOfFaults(asked);
  else await runEverything();
} catch (error) {
  failed += 1;
  console.error(error instanceof Error ? error.message : error);
} finally {
  if (withEngines) await run(join(root, "node_modules/.bin/tsx"), ["test/harness/reap.ts"]);
}
process.exitCode = interrupted ? 130 : failed > 0 ? 1 : 0;

/** File systems for the engines are made beside what needs no engine. */
async function runEverything() {
  const making = withEngines ? engineOrMachines(mainEngine) : machineEngine;
  const makingCrane = chosen(["engine"]).length > 0 ? makeEngine(crane) : null;
  const makingImages = chosen(["e2e"]).length > 0 ? makeEngine(images) : null;
  const makingHosts = chosen(["e2e"]).length > 0 ? makeEngine(hosts) : null;
  const makingPodman = chosen(onPodman).length > 0 ? makeEngine(podman) : null;
  if (withStatic) add(await runStaticChecks(() => interrupted));
  await runProjects(withoutEngines);
  const engine = await making;
  const withoutCrane = await makingCrane;
  if (withoutCrane !== null) {
    notices.push(
      `crane's registry could not be made, so nothing was tested on it: ${withoutCrane}`,
    );
  }
  const withoutImages = await makingImages;
  if (withoutImages !== null) {
    notices.push(`A base for images could not be made, so none was built: ${withoutImages}`);
  }
  const withoutHosts = await makingHosts;
  if (withoutHosts !== null) {
    notices.push(`No hosts could be made, so install.sh was not tested: ${withoutHosts}`);
  }
  await runProjects(onEngines, { engine });
  if (engine !== machineEngine) await runProjects(onOldEngine, { engine: machineEngine });
  await runOnPodman(await makingPodman);
}

/** @param problem why Podman could not be made */
async function runOnPodman(problem) {
  if (problem === null) await runProjects(onPodman, { engine: podman });
  else notices.push(`Podman could not be made, so nothing was tested on it: ${problem}`);
}

async function runOnEachEngine() {
  for (const engine of [...allEngines, podman]) {
    if (interrupted) return;
    const problem = await makeEngine(engine);
    if (problem === null) {
      const before = { passed, failed };
      await runProjects(engine === podman ? onPodman : ["engine", "e2e"], { engine });
      notices.push(
        `${titleOf(engine)}: ${passed - before.passed} passed, ${failed - before.failed} failed.`,
      );
    } else notices.push(`${titleOf(engine)}: NOT TESTED, it could not be made: ${problem}`);
  }
}

async function runLongForms() {
  const without = longWithoutEngine.filter(
    (file) => files.length === 0 || files.some((part) => file.includes(part)),
  );
  // Their long form is a larger number, not a test of another name.
  if (without.length > 0) await runProjects(["unit"], { long: true, files: without });
  if (!withEngines) return;
  const engine = await engineOrMachines(mainEngine);
  await runProjects(["engine", "faults"], { engine, long: true, pattern: "in long form" });
}

/** @param {{rounds: number, seed: number | null}} faults */
async function runRoundsOfFaults(faults) {
  const engine = await engineOrMachines(mainEngine);
  await runProjects(["faults"], { engine, faults, files: ["test/faults/random-faults.test.ts"] });
}

/** The engine if it can be had, else the machine's own, which is then told at the end. */
async function engineOrMachines(engine) {
  const problem = await makeEngine(engine);
  const used = problem === null ? engine : machineEngine;
  if (problem !== null) {
    notices.push(`${titleOf(engine)} could not be made, so nothing was tested on it: ${problem}`);
  }
  if (used === machineEngine) {
    notices.push(`All tests ran on this machine's own engine, ${await machineEngineVersion()}.`);
  }
  return used;
}

async function runProjects(list, options = {}) {
  const wanted = chosen(list);
  if (wanted.length === 0 || interrupted) return;
  add(await runVitest(wanted, { files, ...options }));
}

function add(result) {
  passed += result.passed;
  failed += result.failed;
  tests.push(...(result.tests ?? []));
}
