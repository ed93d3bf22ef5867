import { expect, it } from "vitest";
import type { UpdatePolicy } from "$lib/api/model.ts";
import { PolicyDraft } from "./policy-draft.svelte.ts";

const policy = {
  minimumAgeMinutes: 30,
  timeZone: "Europe/Berlin",
  kinds: ["patch"],
  pinned: false,
  snoozedUntil: "2026-03-01T10:30:00.000Z",
  reason: "a freeze",
  rollout: null,
  windows: [
    { days: ["sat"], from: "02:00", to: "05:00" },
    { days: ["sun"], from: "03:00", to: "04:00" },
  ],
} as UpdatePolicy;

it("begins with what is there, and sends all of it", () => {
  expect(new PolicyDraft(policy).body).toEqual(policy);
});

it("adds and removes windows, and needs a day in each", () => {
  const draft = new PolicyDraft(policy);
  const [first] = draft.windows;
  if (first) draft.removeWindow(first.id);
  draft.addWindow();
  expect(new Set(draft.windows.map(({ id }) => id)).size).toBe(2);
  expect(draft.body.windows.map(({ days }) => days[0])).toEqual(["sun", "mon"]);
  expect(draft.problem).toBeNull();
  for (const window of draft.windows) window.days = [];
  expect(draft.problem).toBe("Each window needs a day.");
});

it("says how carefully its plans go on, and that they do not any longer", () => {
  const asked = { batch: 1, soakMs: 600_000, pauseAfter: 1 } as const;
  const kept = { ...asked, maxUnavailable: null, analysis: null };
  const draft = new PolicyDraft({ ...policy, rollout: { ...kept, onFailure: "pause" } });
  expect(draft.body.rollout).toEqual({
    ...{ batch: 1, soakMs: 600_000, pauseAfter: 1, onFailure: "pause" },
  });
  draft.rollout.batch = "none";
  expect(draft.problem).toContain("such as 25%");
  Object.assign(draft.rollout, { batch: "", soak: null, pause: "never", onFailure: "rollback" });
  expect([draft.problem, draft.body.rollout]).toEqual([null, null]);
});

it("ends a snooze with its reason", () => {
  const draft = new PolicyDraft(policy);
  expect(draft.holds).toBe(true);
  draft.snoozedUntil = "";
  draft.reason = " ";
  expect(draft.holds).toBe(false);
  expect(draft.body).toMatchObject({ snoozedUntil: null, reason: null });
});

it("leaves what it began with as it was", () => {
  const draft = new PolicyDraft(policy);
  draft.windows[0]?.days.push("mon");
  draft.kinds.push("minor");
  expect(policy.windows[0]?.days).toEqual(["sat"]);
  expect(policy.kinds).toEqual(["patch"]);
});
