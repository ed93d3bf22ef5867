// One run of vitest, and what its report says.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { root, run } from "./children.mjs";

/**
 * @typedef {{name: string, file: string, engine: string | undefined, ms: number}} Timed
 * @typedef {{passed: number, failed: number, tests: Timed[]}} Result
 */

/**
 * Runs these projects of vitest.config.ts.
 * @param {string[]} projects
 * @param {{files?: string[], pattern?: string, engine?: string, long?: boolean, faults?: {rounds: number, seed: number | null}}} [options]
 *   `files`: parts of the paths of the only files to run; `pattern`: of the names of the only tests to
 *   run; `engine`: the kind of engine to run on, see test/harness/engine-kind.ts; `long`: the long forms
 *   of the tests that have one; `faults`: how many rounds of random faults, from which seed on
 * @returns {Promise<Result>}
 */
export async function runVitest(
  projects,
  { files = [], pattern, engine, long = false, faults } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), "bridgeport-report-"));
  const report = join(folder, "report.json");
  const { code } = await run(
    process.execPath,
    [
      join(root, "node_modules/vitest/vitest.mjs"),
      ...["run", "--passWithNoTests", "--reporter=default", "--reporter=json"],
      `--outputFile.json=${report}`,
      ...projects.map((name) => `--project=${name}`),
      ...(pattern ? ["--testNamePattern", pattern] : []),
      ...files,
    ],
    {
      env: {
        ...(engine ? { BRIDGEPORT_TEST_ENGINE: engine } : {}),
        ...(long ? { BRIDGEPORT_TEST_LONG: "1" } : {}),
        ...(faults ? { BRIDGEPORT_FAULTS_RANDOM: String(faults.rounds) } : {}),
        ...(faults?.seed ? { BRIDGEPORT_FAULTS_SEED: String(faults.seed) } : {}),
      },
    },
  );
  const result = readReport(report, engine);
  rmSync(folder, { recursive: true });
  // An error outside any test, or a run that broke off, is a failure too.
  if (code !== 0 && result.failed === 0) result.failed += 1;
  return result;
}

function readReport(report, engine) {
  const result = { passed: 0, failed: 0, tests: [] };
  let files;
  try {
    files = JSON.parse(readFileSync(report, "utf8")).testResults;
  } catch {
    return result;
  }
  for (const { name: path, status, assertionResults } of files) {
    const file = relative(root, path);
    const failedBefore = result.failed;
    for (const test of assertionResults) {
      if (test.status === "passed") result.passed += 1;
      if (test.status === "failed") result.failed += 1;
      result.tests.push({ name: test.fullName, file, engine, ms: test.duration ?? 0 });
    }
    // A file that could not even be loaded has no results of its own.
    if (status === "failed" && result.failed === failedBefore) result.failed += 1;
  }
  return result;
}

/**
 * The slowest ten tests, as lines.
 * @param {Timed[]} tests
 */
export function slowest(tests) {
  return tests
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, 10)
    .map(({ ms, file, name, engine }) => {
      const seconds = (ms / 1000).toFixed(1).padStart(7);
      return `${seconds} s  ${file}: ${name}${engine ? ` (${engine})` : ""}`;
    });
}
