import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createScratch, type Scratch } from "../harness/scratch.ts";
import { copySources } from "../harness/sources.ts";

/* systemd's own word on the unit, where it is installed. */

const isThere = spawnSync("systemd-analyze", ["--version"]).status === 0;
let scratch: Scratch;
let unit: string;

beforeAll(() => {
  scratch = createScratch("unit");
  unit = scratch.path("bridgeport.service");
  const text = readFileSync(new URL("../../packaging/bridgeport.service", import.meta.url), "utf8");
  // It has to name a program that is there.
  writeFileSync(unit, text.replace("/usr/bin/node", process.execPath));
});
afterAll(() => scratch.remove());

/* What the documentation has done before it, in its order. */
test("what is installed for the unit is built before, or said to be missing", () => {
  const docs = readFileSync(new URL("../../docs/install.md", import.meta.url), "utf8");
  const steps = docs.split("## With systemd")[1]?.split("\n## ")[0] ?? "";
  const places = ["prepare()", "npm run package", "packaging/runtime-files.mjs"].map((step) =>
    steps.indexOf(step),
  );
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));

  const copy = scratch.path("copy");
  copySources(copy);
  const { status, stderr } = spawnSync(
    process.execPath,
    [`${copy}/packaging/runtime-files.mjs`, scratch.path("out"), "x64"],
    { encoding: "utf8" },
  );
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(
      /^control-plane\/dist, .* dist\/agent is not there: build the checkout first/,
    ),
  ]);
});

test.skipIf(!isThere)("the unit is valid, and confines the control plane", () => {
  const { status, stderr } = spawnSync("systemd-analyze", ["verify", unit], { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  // Fails above this exposure, of 100; a service that says nothing has 96.
  execFileSync("systemd-analyze", ["security", "--offline=true", "--threshold=15", unit]);
});
