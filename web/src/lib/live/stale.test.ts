import { describe, expect, it } from "vitest";
import { backoff, coveringKeys, staleKeys } from "./stale.ts";

describe("staleKeys", () => {
  it("names the thing itself and every list that shows it", () => {
    const keys = staleKeys("env", { event: "service.changed", id: "s1" });
    expect(keys).toContainEqual(["services", "env"]);
    expect(keys).toContainEqual(["service", "s1"]);
    expect(keys).toContainEqual(["images", "env"]);
  });
  it("covers all services for a container, which is known by its name only", () => {
    expect(staleKeys("env", { event: "container.changed", id: "web-1" })).toContainEqual([
      "service",
    ]);
  });
  it("reads registries again with an image, as they say when one of theirs was checked", () => {
    expect(staleKeys("env", { event: "image.changed", id: "i" })).toContainEqual([
      "registries",
      "env",
    ]);
  });
  it("knows nothing of events that a newer server may send", () => {
    expect(staleKeys("env", { event: "weather.changed", id: "x" })).toEqual([]);
  });
});

describe("coveringKeys", () => {
  it("drops what another key covers", () => {
    expect(
      coveringKeys([["image", "a"], ["image"], ["image", "a"], ["images", "env"], ["plan", "p"]]),
    ).toEqual([["image"], ["images", "env"], ["plan", "p"]]);
  });
});

describe("backoff", () => {
  it("grows, stays below 15 s and never spins", () => {
    expect(backoff(0, 0)).toBe(250);
    expect(backoff(0, 1)).toBe(500);
    expect(backoff(3, 1)).toBe(4_000);
    expect(backoff(50, 1)).toBe(15_000);
  });
});
