import { expect, test } from "vitest";
import { driftOf } from "./drift.ts";

test.each([
  [
    "something else runs",
    "sha256:a",
    "sha256:b",
    false,
    { expected: "sha256:a", actual: "sha256:b" },
  ],
  ["nothing else runs, or it is not known", "sha256:a", null, false, null],
  ["nothing was deployed", null, "sha256:b", false, null],
  ["a plan is at work", "sha256:a", "sha256:b", true, null],
] as const)("%s", (_, deployedDigest, driftingTo, inActivePlan, drift) => {
  expect(driftOf({ deployedDigest, driftingTo, inActivePlan })).toEqual(drift);
});
