import { expect, test } from "vitest";
import { driftOf } from "./drift.ts";

test.each([
  [
    "another digest runs",
    "sha256:a",
    "sha256:b",
    false,
    { expected: "sha256:a", actual: "sha256:b" },
  ],
  ["the deployed digest runs", "sha256:a", "sha256:a", false, null],
  ["nothing was deployed", null, "sha256:b", false, null],
  ["nobody knows what runs", "sha256:a", null, false, null],
  ["a plan is at work", "sha256:a", "sha256:b", true, null],
] as const)("%s", (_, deployedDigest, runningDigest, inActivePlan, drift) => {
  expect(driftOf({ deployedDigest, runningDigest, inActivePlan })).toEqual(drift);
});
