import { describe, expect, test } from "vitest";
import { noRecord, type Trial, type UpgradeRecord } from "./record.ts";
import { ended, settled, whatToStart } from "./what-to-start.ts";

const installed = { version: "1.0.0", file: "/usr/local/bin/agent" };
const newer = { version: "1.1.0", file: "/state/upgrade/agent-1.1.0" };
const trial: Trial = { attempt: "a", from: "1.0.0", to: "1.1.0", file: newer.file, starts: 0 };
const trying: UpgradeRecord = { ...noRecord, trial };
const upgraded: UpgradeRecord = { ...noRecord, current: newer };

test("without a record the installed program serves", () => {
  expect(whatToStart(noRecord, installed)).toEqual({ start: { kind: "serve" }, record: noRecord });
});

test("a proven program takes the place of the installed one, and serves itself", () => {
  expect(whatToStart(upgraded, installed).start).toEqual({ kind: "become", file: newer.file });
  expect(whatToStart(upgraded, newer)).toEqual({ start: { kind: "serve" }, record: upgraded });
});

test.each(["1.1.0", "1.2.0"])("an installed %s is not replaced by an earlier one", (version) => {
  const { start, record } = whatToStart(upgraded, { ...installed, version });
  expect(start).toEqual({ kind: "serve" });
  expect(record.current).toBeNull();
});

test("a proof that was interrupted begins again, three times at most", () => {
  let record = trying;
  for (const starts of [1, 2, 3]) {
    const next = whatToStart(record, installed);
    expect(next.start).toEqual({ kind: "prove", trial: { ...trial, starts } });
    record = next.record;
  }
  const given = whatToStart(record, installed);
  expect(given.start).toEqual({ kind: "serve" });
  expect(given.record).toEqual({
    ...noRecord,
    last: {
      attempt: "a",
      to: "1.1.0",
      error: "It was ended 3 times before the version 1.1.0 had connected.",
    },
  });
});

test("who was upgraded before goes back to that version", () => {
  const before = { version: "1.0.5", file: "/state/upgrade/agent-1.0.5" };
  const failed = ended({ ...trying, current: before }, "It did not connect.");
  expect(failed.current).toEqual(before);
  expect(whatToStart(failed, installed).start).toEqual({ kind: "become", file: before.file });
});

test("a trial of what was installed by hand meanwhile is over", () => {
  const same = whatToStart(trying, { ...installed, version: "1.1.0" });
  expect(same).toMatchObject({ start: { kind: "serve" }, record: { last: { error: null } } });
  const later = whatToStart(trying, { ...installed, version: "2.0.0" });
  expect(later.record.last?.error).toContain("The version 2.0.0 is installed");
});

test("an ending of what is no trial changes nothing", () => {
  expect(ended(upgraded, null)).toBe(upgraded);
});

/** Starts the installed program until it is decided on something else than the current one. */
function startsOf(record: UpgradeRecord): { starts: number; record: UpgradeRecord } {
  for (let starts = 0, now = record; ; starts += 1) {
    const next = whatToStart(now, installed);
    if (next.start.kind !== "become" || next.start.file !== record.current?.file) {
      return { starts, record: next.record };
    }
    now = next.record;
  }
}

describe("a proven program that no longer connects", () => {
  const before = { version: "1.0.5", file: "/state/upgrade/agent-1.0.5", attempt: "b", starts: 2 };

  test("is given up after five starts for the one before it, and then for the installed one", () => {
    const proven = ended({ ...trying, current: before }, null);
    expect(proven).toMatchObject({
      current: { ...newer, attempt: "a", starts: 0 },
      former: before,
    });
    const once = startsOf(proven);
    expect(once.starts).toBe(5);
    expect(once.record).toMatchObject({ current: { ...before, starts: 1 }, former: null });
    expect(once.record.last).toMatchObject({ attempt: "a", to: "1.1.0" });
    expect(once.record.last?.error).toContain(
      "ended 5 times in a row without having reached the control plane, so 1.0.5 runs again",
    );
    const twice = startsOf(once.record);
    expect(twice.record).toMatchObject({ current: null, former: null, last: { attempt: "b" } });
    expect(twice.record.last?.error).toContain("so 1.0.0 runs again");
  });

  test("is not given up where it has connected, or was stopped in order, in between", () => {
    let record = ended(trying, null);
    for (let starts = 0; starts < 20; starts += 1) {
      const next = whatToStart(record, installed);
      expect(next.start).toEqual({ kind: "become", file: newer.file });
      record = settled(next.record, newer);
    }
    expect(settled(record, newer)).toBe(record);
    const counted = whatToStart(record, installed).record;
    expect(settled(counted, installed)).toBe(counted);
  });

  test("is counted where an earlier version has noted it without a number", () => {
    expect(startsOf({ ...noRecord, current: newer }).starts).toBe(5);
  });
});
