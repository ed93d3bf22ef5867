import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { storedTagFilter } from "../images/tag-filter.ts";
import { automaticKinds } from "../update-kinds.ts";
import { type TriedPolicy, whatIf } from "./what-if.ts";

const hour = 3_600_000;
const day = 24 * hour;
/** a Monday, 00:00 in UTC */
const monday = Date.parse("2026-11-23T00:00:00Z");

const policy: TriedPolicy = {
  kinds: automaticKinds,
  minimumAgeMinutes: 0,
  windows: [],
  timeZone: "UTC",
  snoozedUntil: null,
  pinned: false,
};

/** A digest for each entry, called after its tag and day; `latest` moves as it goes. */
const past = (filter: string, ...seen: [tag: string, days: number][]) => ({
  filter: storedTagFilter(filter),
  sightings: seen.map(([tag, days]) => ({
    digestId: `${tag}@${days}`,
    tag,
    since: monday + days * day,
  })),
  digests: seen.map(([tag, days]) => ({
    id: `${tag}@${days}`,
    pushedAt: monday + days * day,
    undated: false,
  })),
});
const versions = past("v*.*.*", ["v1.0.0", 0], ["v1.0.1", 1], ["v1.1.0", 2], ["v2.0.0", 5]);
const told = (entries: ReturnType<typeof whatIf>) =>
  entries.map(({ tag, kind, outcome, deployedAt }) => [
    tag,
    kind,
    outcome,
    deployedAt === null ? null : (deployedAt - monday) / day,
  ]);
const tried = (change: Partial<TriedPolicy>, days = 10, of = versions) =>
  told(whatIf(of, { ...policy, ...change }, monday + days * day));

describe("over versions that appeared one after the other", () => {
  test("all that the filter lets through", () => {
    expect(tried({})).toEqual([
      ["v1.0.1", "patch", "deployed", 1],
      ["v1.1.0", "minor", "deployed", 2],
      ["v2.0.0", "major", "deployed", 5],
    ]);
  });
  test("an age lets one that is followed soon pass by", () => {
    expect(tried({ minimumAgeMinutes: 2 * 24 * 60 })).toEqual([
      ["v1.0.1", "patch", "superseded", null],
      ["v1.1.0", "minor", "deployed", 4],
      ["v2.0.0", "major", "deployed", 7],
    ]);
  });
  test("an age that has not come yet says when it does", () => {
    expect(tried({ minimumAgeMinutes: 7 * 24 * 60 }).at(-1)).toEqual([
      "v2.0.0",
      "major",
      "waiting",
      12,
    ]);
  });
  test("kinds that are not allowed stay", () => {
    expect(tried({ kinds: ["patch"] })).toEqual([
      ["v1.0.1", "patch", "deployed", 1],
      ["v1.1.0", "minor", "not_allowed", null],
      ["v2.0.0", "major", "not_allowed", null],
    ]);
  });
  test("windows", () => {
    // The second Monday's window is the first that opens after v2.0.0 appeared.
    const windows = [{ days: ["mon" as const], from: "12:00", to: "13:00" }];
    expect(tried({ windows })).toEqual([
      ["v1.0.1", "patch", "superseded", null],
      ["v1.1.0", "minor", "superseded", null],
      ["v2.0.0", "major", "deployed", 7.5],
    ]);
  });
  test("snoozed and pinned", () => {
    expect(tried({ snoozedUntil: monday + 6 * day }).at(-1)).toEqual([
      "v2.0.0",
      "major",
      "deployed",
      6,
    ]);
    expect(tried({ pinned: true }).at(-1)).toEqual(["v2.0.0", "major", "waiting", null]);
  });
});

test("a backport is not installed over what is higher", () => {
  const backport = past("v*.*.*", ["v1.0.0", 0], ["v2.0.0", 1], ["v1.0.1", 2]);
  expect(tried({}, 10, backport)).toEqual([
    ["v2.0.0", "major", "deployed", 1],
    ["v1.0.1", "older", "not_allowed", null],
  ]);
});

test("a tag that moves is followed, also back to an earlier digest", () => {
  const rolling = past("latest", ["latest", 0], ["latest", 1]);
  const first = rolling.sightings[0]?.digestId ?? "";
  const back = {
    ...rolling,
    sightings: [...rolling.sightings, { digestId: first, tag: "latest", since: monday + 3 * day }],
  };
  expect(tried({}, 10, back)).toEqual([
    ["latest", "rebuild", "deployed", 1],
    ["latest", "rebuild", "deployed", 3],
  ]);
});

test("without a past there is nothing", () => {
  expect(tried({}, 10, past("latest"))).toEqual([]);
  expect(tried({}, 10, past("latest", ["latest", 0]))).toEqual([]);
});

test("nothing is deployed before its age, outside of the allowed kinds, or after now", () => {
  const tag = fc.constantFrom("v1.0.0", "v1.0.1", "v1.1.0", "v2.0.0", "latest");
  const seen = fc.array(fc.tuple(tag, fc.integer({ min: 0, max: 9 })), { maxLength: 12 });
  fc.assert(
    fc.property(
      seen,
      fc.integer({ min: 0, max: 3000 }),
      fc.subarray([...automaticKinds]),
      (moves, minimumAgeMinutes, kinds) => {
        const known = past("v*.*.*,latest", ...moves);
        const now = monday + 10 * day;
        const entries = whatIf(known, { ...policy, minimumAgeMinutes, kinds }, now);
        for (const { kind, appearedAt, outcome, deployedAt } of entries) {
          if (outcome !== "deployed") continue;
          expect(kinds).toContain(kind);
          expect(deployedAt).toBeGreaterThanOrEqual(appearedAt);
          expect(deployedAt).toBeLessThanOrEqual(now);
        }
      },
    ),
  );
});
