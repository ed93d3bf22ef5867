import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { during } from "./activity.ts";
import { openLog } from "./log.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "log-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function written(terminal: boolean): string {
  const destination = join(directory, "log");
  const log = openLog("info", { terminal, destination });
  log.child({ part: "plans" }).warn({ planId: "p1" }, "a plan could not be advanced");
  log.debug("too detailed");
  log.error({ err: new Error("no route to host") }, "it failed");
  return readFileSync(destination, "utf8");
}

it("is text on a terminal", () => {
  const lines = stripVTControlCharacters(written(true)).split("\n");
  expect(lines[0]).toMatch(
    /^\[\d\d:\d\d:\d\d\.\d{3}\] WARN: a plan could not be advanced \{"part":"plans","planId":"p1"\}$/,
  );
  expect(lines[1]).toMatch(/ERROR: it failed/);
  expect(lines.join("\n")).toContain("Error: no route to host");
});

it("is one JSON object a line elsewhere", () => {
  const lines = written(false)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    { level: 40, part: "plans", planId: "p1", msg: "a plan could not be advanced" },
    { level: 50, err: { message: "no route to host" }, msg: "it failed" },
  ]);
});

it("says what it is about, and each id once", () => {
  const destination = join(directory, "log");
  const log = openLog("info", { terminal: false, destination });
  during({ requestId: "r1", planId: "p1" }, () => {
    log.child({ part: "plans" }).info("of the request");
    log.info({ planId: "p2" }, "of another plan");
  });
  log.info("of neither");
  const lines = readFileSync(destination, "utf8").trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { part: "plans", requestId: "r1", planId: "p1" },
    { requestId: "r1", planId: "p2" },
    { msg: "of neither" },
  ]);
  expect(lines[1]?.split("planId")).toHaveLength(2);
  expect(lines[2]).not.toMatch(/requestId|planId/);
});
