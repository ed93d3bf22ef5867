import type { Observation, RollbackResult } from "@bridgeport/proto";
import { describe, expect, test } from "vitest";
import { notRunNote, whyNotBack } from "./observed.ts";

const before: Observation = {
  containerId: "old",
  imageId: "sha256:1",
  running: true,
  health: "healthy",
  name: "web",
  exitCode: null,
};
const back: RollbackResult = {
  kind: "rollback",
  containerId: "old",
  imageId: "sha256:1",
  outcome: "restored",
  downtimeMs: 5,
  after: before,
};

describe("what a rollback proves", () => {
  test.each<[string, Observation | null, RollbackResult]>([
    ["the same container runs", before, back],
    ["one made again runs that image", before, { ...back, after: { ...before, containerId: "x" } }],
    ["it is not well yet", before, { ...back, after: { ...before, health: "starting" } }],
    [
      "it did not run before",
      { ...before, running: false },
      { ...back, after: { ...before, running: false } },
    ],
    [
      "there was nothing, and there is nothing",
      null,
      { ...back, containerId: null, outcome: "removed", after: null },
    ],
    ["an agent of an earlier version does not tell", before, { ...back, after: undefined }],
  ] as never)("it is back: %s", (_, was, result) => {
    expect(whyNotBack(was, result)).toBeNull();
  });

  test.each<[string, RollbackResult]>([
    ["has the image", { ...back, after: { ...before, imageId: "sha256:2" } }],
    ["does not run", { ...back, after: { ...before, running: false, exitCode: 1 } }],
    ["is gone", { ...back, containerId: null, outcome: "removed", after: null }],
  ])("it is not: it %s", (sentence, result) => {
    expect(whyNotBack(before, result)).toContain(`web ${sentence}`);
  });
});

describe("a container that was updated and not run", () => {
  const stopped = (exitCode: number | null) => ({ ...before, running: false, exitCode });
  test.each([
    [stopped(0), "Updated, not run: it had ended with code 0."],
    [stopped(3), "Updated, not run: it had ended with code 3."],
    [stopped(143), "Updated, not run: it had been stopped."],
    [stopped(null), "Updated, not run: it had never been started."],
    [null, "Updated, not run: it did not run before."],
  ])("says why", (was, sentence) => {
    expect(notRunNote({ running: false, before: was }, null)).toBe(sentence);
    expect(notRunNote({ running: false }, was)).toBe(sentence);
  });

  test("what runs needs no note", () => {
    expect(notRunNote({ running: true }, stopped(0))).toBeNull();
  });
});
