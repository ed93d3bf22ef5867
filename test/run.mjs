// `npm test [-- <project or file> ...]`: installs what the tests need, runs the static checks and
// all tests, stops everything it started, and ends with the line `N passed, N failed`.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepare, requireNode } from "../control-plane/launch/prepare.mjs";
import { installDebianPackages, requireRoot } from "./debian-packages.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => join(root, "node_modules/.bin", name);
const projects = ["unit", "db", "engine", "e2e", "faults", "console"];
const filters = process.argv.slice(2);
const all = filters.length === 0;
const named = projects.filter((project) => filters.includes(project));
const files = filters.filter((filter) => filter !== "static" && !projects.includes(filter));
const withTests = all || named.length > 0 || files.length > 0;
const only = (...names) => files.length === 0 && !all && named.every((one) => names.includes(one));
const withEngines = withTests && !only("unit", "db");
const withProduct = withTests && !only("unit", "db", "engine");

const staticChecks = [
  ["format and lint", bin("biome"), ["check", "--error-on-warnings", "."]],
  ...["proto", "control-plane", "agent", "test"].map((member) => [
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
      ...["proto/src", "control-plane/src", "agent/src", "web/src", "test"],
    ],
  ],
  ["generated files", process.execPath, ["test/generated-check.mjs"]],
];

let passed = 0;
let failed = 0;
const running = new Set();
let interrupted = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (interrupted) return;
    interrupted = true;
    console.log("\nInterrupted; stopping what was started ...");
    for (const child of running) killGroup(child, "SIGTERM");
    setTimeout(() => {
      for (const child of running) killGroup(child, "SIGKILL");
    }, 15_000).unref();
  });
}

// The last line, also where preparing ended the process.
process.on("exit", (code) => {
  if (code !== 0 && failed === 0) failed = 1;
  console.log(`${passed} passed, ${failed} failed`);
});

try {
  requireNode();
  if (withEngines) {
    requireRoot();
    installDebianPackages(console.log);
  }
  await prepare({ build: withProduct });
  if (all || filters.includes("static")) await runStaticChecks();
  if (withTests && !interrupted) await runTests();
} catch (error) {
  failed += 1;
  console.error(error instanceof Error ? error.message : error);
} finally {
  if (withEngines) await run(bin("tsx"), ["test/harness/reap.ts"], "inherit");
}
process.exitCode = interrupted ? 130 : failed > 0 ? 1 : 0;

// Two at a time, as there are two cores on the smallest machine that this has to run on.
async function runStaticChecks() {
  const queue = [...staticChecks];
  const work = async () => {
    for (let check = queue.shift(); check && !interrupted; check = queue.shift()) {
      const [name, command, args] = check;
      const { code, output } = await run(command, args, "pipe");
      if (code === 0) passed += 1;
      else failed += 1;
      console.log(`${code === 0 ? "ok    " : "FAILED"}  ${name}`);
      if (code !== 0) console.log(output.trim());
    }
  };
  await Promise.all([work(), work()]);
}

async function runTests() {
  const folder = mkdtempSync(join(tmpdir(), "bridgeport-report-"));
  const report = join(folder, "report.json");
  const { code } = await run(
    process.execPath,
    [
      join(root, "node_modules/vitest/vitest.mjs"),
      ...["run", "--passWithNoTests", "--reporter=default", "--reporter=json"],
      `--outputFile.json=${report}`,
      ...named.map((name) => `--project=${name}`),
      ...files,
    ],
    "inherit",
  );
  const before = failed;
  count(report);
  rmSync(folder, { recursive: true });
  // An error outside any test, or a run that broke off, is a failure too.
  if (code !== 0 && failed === before) failed += 1;
}

function count(report) {
  let results;
  try {
    results = JSON.parse(readFileSync(report, "utf8")).testResults;
  } catch {
    return;
  }
  for (const { status, assertionResults } of results) {
    const ended = assertionResults.map((result) => result.status);
    passed += ended.filter((one) => one === "passed").length;
    const broken = ended.filter((one) => one === "failed").length;
    failed += broken;
    // A file that could not even be loaded has no results of its own.
    if (status === "failed" && broken === 0) failed += 1;
  }
}

function run(command, args, output) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      detached: true,
      stdio: ["ignore", output, output],
      env: process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: "1" },
    });
    const chunks = [];
    child.stdout?.on("data", (chunk) => chunks.push(chunk));
    child.stderr?.on("data", (chunk) => chunks.push(chunk));
    running.add(child);
    const finish = (code) => {
      running.delete(child);
      resolve({ code, output: Buffer.concat(chunks).toString() });
    };
    child.on("error", (error) => {
      chunks.push(Buffer.from(error.message));
      finish(127);
    });
    child.on("close", finish);
  });
}

function killGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has just ended by itself.
  }
}
