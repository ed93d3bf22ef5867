import type { FailureCode } from "@bridgeport/proto";
import { describe, expect, test } from "vitest";
import { blamedTargets, blamesDigest } from "./blame.ts";
import type { StepAction } from "./plan.ts";
import type { PlanServiceRow, StepRow } from "./plans.store.ts";

const failed = (code: FailureCode) => ({
  ok: false as const,
  failure: { code, message: "no", logLines: [], exitCode: null },
});

test.each<[StepAction, FailureCode, boolean]>([
  ["pull", "no_platform", true],
  ["pull", "image_unusable", true],
  ["pull", "registry_unavailable", false],
  // For a reason that is not known; agents of earlier versions say it of any.
  ["pull", "pull_failed", false],
  ["pull", "unauthorized", false],
  ["pull", "disk_full", false],
  // Of a container that was gone, with the pull or later.
  ["pull", "not_found", false],
  ["deploy", "not_found", false],
  ["deploy", "image_missing", false],
  ["deploy", "refused", false],
  ["deploy", "cancelled", false],
  ["deploy", "port_taken", false],
  ["deploy", "engine_unavailable", false],
  ["deploy", "stop_failed", false],
  ["deploy", "timeout", false],
  ["deploy", "start_failed", true],
  ["deploy", "exited", true],
  ["deploy", "unhealthy", true],
  ["health_check", "unhealthy", true],
  ["health_check", "exited", true],
  ["health_check", "timeout", true],
  ["health_check", "not_found", false],
  ["rollback", "start_failed", false],
  // What cannot be pulled is the image before.
  ["rollback", "image_unusable", false],
])("%s: %s says something of the digest: %s", (action, code, says) => {
  expect(blamesDigest(action, failed(code))).toBe(says);
});

test("an agent that never answered says nothing of the digest", () => {
  expect(blamesDigest("health_check", null)).toBe(false);
  expect(blamesDigest("deploy", { ok: true, body: { kind: "commit", removed: 0 } })).toBe(false);
});

describe("of a release", () => {
  const target = (position: number) => ({
    ...{ position, containerImageId: null, imageName: "app", imageTag: null },
    ...{ imageDigest: "", imageDigestId: null, signature: null },
  });
  const step = (more: Partial<StepRow>) =>
    ({
      action: "health_check",
      status: "success",
      outcome: null,
      targetPosition: null,
      ...more,
    }) as StepRow;
  const plan = (steps: StepRow[], rollbackStartedAt: Date | null = new Date(0)) => ({
    plan: { rollbackStartedAt },
    targets: [target(0), target(1), target(2)],
    // The services stand in another order than their targets.
    services: [2, 0, 1].map(
      (targetPosition, position) => ({ position, targetPosition }) as PlanServiceRow,
    ),
    steps,
  });
  const ill = { status: "failed" as const, outcome: failed("unhealthy") };

  test("only the digest that failed is blamed, not those that went back with it", () => {
    const steps = [0, 1, 2].map((servicePosition) => step({ servicePosition }));
    steps.push(step({ servicePosition: 2, ...ill }));
    expect(blamedTargets(plan(steps))).toEqual([1]);
  });

  test("a pull that failed is of its own target", () => {
    const pull = step({
      ...{ action: "pull", status: "failed", servicePosition: null, targetPosition: 2 },
      outcome: failed("no_platform"),
    });
    expect(blamedTargets(plan([pull], null))).toEqual([2]);
  });

  test("what a person takes back is blamed whole, a deploy that was not begun not at all", () => {
    const steps = [step({ servicePosition: 0 })];
    expect(blamedTargets(plan(steps))).toEqual([0, 1, 2]);
    const notBegun = step({ action: "deploy", status: "failed", servicePosition: 0 });
    expect(blamedTargets(plan([...steps, notBegun]))).toEqual([]);
  });
});
