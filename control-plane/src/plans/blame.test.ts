import type { FailureCode } from "@bridgeport/proto";
import { expect, test } from "vitest";
import { blamesDigest } from "./blame.ts";
import type { StepAction } from "./plan.ts";

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
