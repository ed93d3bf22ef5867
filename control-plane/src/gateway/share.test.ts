import fc from "fast-check";
import { expect, test } from "vitest";
import { toGiveAway } from "./share.ts";

test.each([
  ["alone", 500, [500], 0],
  ["equal", 10, [10, 10, 10], 0],
  ["one more than the share", 2, [2, 1, 0], 0],
  ["a few beside a replica that has just come", 3, [3, 0], 1],
  ["many beside one", 100, [100, 100, 0], 10],
  ["very many: never more than so many at a time", 1000, [1000, 0], 20],
  ["a tenth above the share is near enough", 110, [110, 100, 90], 0],
  ["those that have fewer give nothing", 0, [100, 0], 0],
])("%s", (_, own, all, expected) => {
  expect(toGiveAway(own, all)).toBe(expected);
});

test("whatever the numbers, nobody gives so much that it has less than its share, and it ends", () => {
  const counts = fc.array(fc.nat({ max: 5000 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(counts, (given) => {
      let all = [...given];
      const total = all.reduce((sum, each) => sum + each, 0);
      const share = total / all.length;
      for (let round = 0; ; round++) {
        expect(round).toBeLessThan(2000);
        const given = all.map((own) => toGiveAway(own, all));
        if (given.every((some) => some === 0)) break;
        given.forEach((some, at) => {
          if (some > 0) expect((all[at] ?? 0) - some).toBeGreaterThanOrEqual(Math.floor(share));
        });
        // A balancer sends each to the one with the fewest.
        const next = all.map((own, at) => own - (given[at] ?? 0));
        for (let more = given.reduce((sum, some) => sum + some, 0); more > 0; more -= 1) {
          const least = next.indexOf(Math.min(...next));
          next[least] = (next[least] ?? 0) + 1;
        }
        all = next;
      }
      expect(all.reduce((sum, each) => sum + each, 0)).toBe(total);
      expect(Math.max(...all)).toBeLessThanOrEqual(share + Math.max(1, share * 0.1));
    }),
  );
});
