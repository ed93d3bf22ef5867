import { describe, expect, test } from "vitest";
import { type AutoUpdateInput, decideAutoUpdate, pauseAfterFailures } from "./auto-update.ts";

const now = Date.parse("2026-11-23T12:00:00Z");
const minute = 60_000;
const hour = 60 * minute;

/** An image that would be updated now. */
const ready: AutoUpdateInput = {
  autoUpdate: true,
  updateReason: "newer_digest",
  update: { digestId: "newer", kind: "patch" },
  automatic: { digestId: "newer", since: now - hour },
  kinds: ["rebuild", "patch", "minor", "major", "other"],
  snoozedUntil: null,
  pinned: false,
  holdReason: null,
  lastCheckedAt: now - minute,
  lastError: null,
  services: 2,
  behind: 2,
  leftOut: [],
  offlineServers: [],
  activePlan: null,
  attempts: { failed: 0, lastEndedAt: 0, lastError: null, cancelled: false },
  waitingPlanId: null,
  freeze: null,
  minimumAgeMinutes: 0,
  windows: [],
  timeZone: "UTC",
};

const leftOut = { serviceId: "s", name: "web", serverName: "edge", reason: "It is gone." };

const decide = (change: Partial<AutoUpdateInput>, at = now) =>
  decideAutoUpdate({ ...ready, ...change }, at);
const reason = (change: Partial<AutoUpdateInput>, at = now) => {
  const decision = decide(change, at);
  return decision.kind === "wait" ? decision.reason : "deploy";
};

test("a newer digest that nothing speaks against is deployed", () => {
  expect(decide({})).toMatchObject({ kind: "deploy", digestId: "newer" });
});

test.each([
  ["no_registry", { updateReason: "no_registry", update: null }],
  ["nothing_deployed", { updateReason: "nothing_deployed", update: null }],
  ["deployed_unknown", { updateReason: "deployed_unknown", update: null }],
  ["quarantined", { updateReason: "quarantined", update: null }],
  ["up_to_date", { updateReason: "up_to_date", update: null }],
  ["undated", { updateReason: "undated", update: null }],
  ["never_checked", { updateReason: "up_to_date", update: null, lastCheckedAt: null }],
  ["check_failed", { updateReason: "up_to_date", update: null, lastError: "It is down." }],
  ["older_version", { update: { digestId: "older", kind: "older" }, automatic: null }],
  ["auto_update_off", { autoUpdate: false }],
  ["no_services", { services: 0 }],
  ["no_services", { behind: 1, leftOut: [leftOut] }],
  ["no_services", { behind: 0 }],
  ["skipped", { updateReason: "skipped", update: null, automatic: null }],
  ["pinned", { pinned: true }],
  ["snoozed", { snoozedUntil: now + 1 }],
  ["kind_not_allowed", { automatic: null }],
  ["plan_active", { activePlan: { planId: "p", serviceName: "web" } }],
  ["waiting_for_approval", { waitingPlanId: "p" }],
  ["frozen", { freeze: { until: now + 1, sentence: "Frozen." } }],
  ["server_offline", { offlineServers: ["one"] }],
] satisfies [string, Partial<AutoUpdateInput>][])("%s", (expected, change) => {
  expect(reason(change)).toBe(expected);
});

test("a freeze that has ended keeps nothing from its update", () => {
  const freeze = { until: now + 5, sentence: "Frozen: release week." };
  expect(decide({ freeze })).toMatchObject({ message: freeze.sentence, until: freeze.until });
  expect(reason({ freeze }, freeze.until)).toBe("deploy");
});

test("a service that is left out does not keep the others from their update", () => {
  expect(reason({ leftOut: [leftOut] })).toBe("deploy");
});

test("an update that is known is applied though the registry does not answer just now", () => {
  expect(reason({ lastError: "It is down." })).toBe("deploy");
});

describe("minimum age", () => {
  const young = { minimumAgeMinutes: 90 };
  test("a digest that is younger waits, and says until when", () => {
    expect(decide(young)).toMatchObject({
      reason: "too_young",
      message: "The newer version has to be 90 minutes old first.",
      until: now + 30 * minute,
    });
  });
  test("without one, a registry's clock that is ahead holds nothing up", () => {
    expect(reason({ automatic: { digestId: "newer", since: now + hour } })).toBe("deploy");
  });
  test("to the millisecond", () => {
    expect(reason(young, now + 30 * minute - 1)).toBe("too_young");
    expect(reason(young, now + 30 * minute)).toBe("deploy");
  });
  test.each([
    [60, "1 hour"],
    [2880, "2 days"],
    [1, "1 minute"],
  ])("%s minutes are %s", (minutes, words) => {
    const decision = decide({
      minimumAgeMinutes: minutes,
      automatic: { digestId: "newer", since: now },
    });
    expect(decision).toMatchObject({
      message: expect.stringContaining(`${words} old`) as string,
    });
  });
});

describe("update windows", () => {
  const nightly = { windows: [{ days: ["tue" as const], from: "02:00", to: "04:00" }] };
  const opening = Date.parse("2026-11-24T02:00:00Z");
  test("outside of them it waits for the next", () => {
    expect(decide(nightly)).toMatchObject({ reason: "outside_window", until: opening });
  });
  test("inside it deploys", () => {
    expect(reason(nightly, opening)).toBe("deploy");
  });
  test("the age comes first: it may be the longer wait", () => {
    expect(decide({ ...nightly, minimumAgeMinutes: 7 * 1440 })).toMatchObject({
      reason: "too_young",
    });
  });
});

describe("after plans for this digest that did not complete", () => {
  const failed = (times: number) => ({
    attempts: { failed: times, lastEndedAt: now, lastError: "No space.", cancelled: false },
  });
  test("it pauses longer each time, and tells what went wrong", () => {
    expect(decide(failed(1))).toMatchObject({
      reason: "failed_before",
      message: expect.stringContaining("No space.") as string,
      until: now + 5 * minute,
    });
    expect(reason(failed(1), now + 5 * minute)).toBe("deploy");
    expect(decide(failed(3))).toMatchObject({ until: now + 20 * minute });
  });
  test("never longer than a day, however often", () => {
    expect(pauseAfterFailures(1_000_000)).toBe(24 * hour);
  });
  test("what was cancelled is not started again", () => {
    const cancelled = { ...ready.attempts, cancelled: true };
    expect(reason({ attempts: cancelled }, now + 365 * 24 * hour)).toBe("cancelled");
  });
});

test("the same facts give the same answer, and are not changed", () => {
  const frozen = Object.freeze({ ...ready, windows: Object.freeze([]) });
  expect(decideAutoUpdate(frozen, now)).toEqual(decideAutoUpdate(frozen, now));
});

test.each(["rebuild", "patch", "minor", "major", "other"] as const)(
  "an update of the kind %s is deployed",
  (kind) => {
    const update = { digestId: "newer", kind };
    expect(reason({ update })).toBe("deploy");
  },
);

test("what the policy holds up says why, and when it is over", () => {
  expect(decide({ snoozedUntil: now + hour, holdReason: "Freeze for the fair." })).toMatchObject({
    reason: "snoozed",
    message: "It is snoozed: Freeze for the fair.",
    until: now + hour,
  });
  expect(decide({ snoozedUntil: now })).toMatchObject({ kind: "deploy" });
  expect(decide({ pinned: true })).toMatchObject({ message: "It is pinned.", until: null });
  const major = { digestId: "newer", kind: "major" as const };
  expect(decide({ update: major, automatic: null, kinds: ["patch", "minor"] })).toMatchObject({
    message:
      "What is newer is a major version; the update policy allows patch, minor. Deploy it by hand if it is wanted.",
  });
});
