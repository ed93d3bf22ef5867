import type { CommandResult } from "@bridgeport/proto";
import { expect, test } from "vitest";
import { fittingResult } from "./fitting-result.ts";

type Outcome = CommandResult["outcome"];
const result = (outcome: Outcome): CommandResult => ({
  commandId: "c",
  startedAt: 1,
  finishedAt: 2,
  outcome,
});
const long = "x".repeat(500);
const run = {
  kind: "run" as const,
  containerId: "a",
  imageId: "b",
  previousContainerId: null,
  previousImageId: null,
  downtimeMs: null,
  spec: { Env: [long] },
  changes: [{ field: "f", origin: "kept" as const, before: long, after: long }],
  running: true,
  recreatedDependents: [],
  gateTimeoutMs: null,
};

test("what fits stays as it is", () => {
  const whole = result({ ok: true, body: run });
  expect(fittingResult(whole, 2000)).toBe(whole);
});

test("a run loses its changes first, then what it was created with, and never its end", () => {
  const whole = result({ ok: true, body: run });
  expect(fittingResult(whole, 1000).outcome).toEqual({ ok: true, body: { ...run, changes: [] } });
  const least = { ...run, changes: [], spec: null };
  expect(fittingResult(whole, 200).outcome).toEqual({ ok: true, body: least });
  expect(fittingResult(whole, 1).outcome).toEqual({ ok: true, body: least });
});

test("of log lines the last ones stay", () => {
  const lines = Array.from({ length: 100 }, (_, at) => ({
    at,
    stream: "stdout" as const,
    text: long,
  }));
  const { outcome } = fittingResult(
    result({ ok: true, body: { kind: "logs", lines, truncated: false } }),
    10_000,
  );
  if (!outcome.ok || outcome.body.kind !== "logs") throw new Error("another kind");
  expect(outcome.body).toMatchObject({ truncated: true });
  expect(outcome.body.lines.length).toBeGreaterThan(5);
  expect(outcome.body.lines.at(-1)).toEqual(lines.at(-1));

  const failure = { code: "exited" as const, message: "no", exitCode: 1 };
  const failed = result({ ok: false, failure: { ...failure, logLines: [long, "last"] } });
  expect(fittingResult(failed, 300).outcome).toEqual({
    ok: false,
    failure: { ...failure, logLines: ["last"] },
  });
});
