import { expect, test } from "vitest";
import type { BehindService } from "./behind.store.ts";
import { behindTargets } from "./everything-behind.ts";

const now = new Date("2026-01-02T03:04:05Z");
const later = new Date("2026-01-03T00:00:00Z");

function behind(serviceId: string, more: Partial<BehindService> = {}): BehindService {
  return {
    ...{ serviceId, name: serviceId, serverName: "one", imageId: "shop", imageName: "Shop" },
    ...{ digestId: "d2", kind: "patch", pinned: false, snoozedUntil: null, holdReason: null },
    ...more,
  };
}

test("each service goes to its own update: a target for each image and digest", () => {
  const { targets, leftOut } = behindTargets(
    [
      behind("a"),
      behind("b"),
      behind("c", { digestId: "d3" }),
      behind("d", { imageId: "db", digestId: "d9" }),
    ],
    now,
  );
  expect(
    targets.map(({ imageId, imageDigestId, serviceIds }) => [imageId, imageDigestId, serviceIds]),
  ).toEqual([
    ["shop", "d2", ["a", "b"]],
    ["shop", "d3", ["c"]],
    ["db", "d9", ["d"]],
  ]);
  expect(leftOut).toEqual([]);
});

test.each<[Partial<BehindService>, RegExp]>([
  [{ pinned: true, holdReason: "audit" }, /^Its image Shop is pinned \(audit\)/],
  [{ snoozedUntil: later }, /^Its image Shop is snoozed until 2026-01-03T/],
  [{ kind: "older" }, /lower version/],
])("what is %o is left out with the reason", (more, reason) => {
  const { targets, leftOut } = behindTargets([behind("a", more), behind("b")], now);
  expect(targets).toMatchObject([{ serviceIds: ["b"] }]);
  expect(leftOut).toMatchObject([{ serviceId: "a", reason: expect.stringMatching(reason) }]);
});

test("a snooze that is over holds nothing", () => {
  expect(behindTargets([behind("a", { snoozedUntil: now })], later).leftOut).toEqual([]);
});
