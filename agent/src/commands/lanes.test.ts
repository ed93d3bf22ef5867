import { describe, expect, it } from "vitest";
import { laneLimits } from "./lanes.ts";

describe("changes in parallel", () => {
  it.each([
    ["a small machine", { cores: 1, load: 0 }, 4],
    ["two cores", { cores: 2, load: 1 }, 8],
    ["two cores that have enough to do", { cores: 2, load: 13 }, 4],
    ["one core that has far too much to do", { cores: 1, load: 50 }, 2],
    ["a large machine", { cores: 64, load: 10 }, 32],
  ])("on %s", (_, machine, changes) => {
    expect(laneLimits(machine).change).toBe(changes);
  });
});
