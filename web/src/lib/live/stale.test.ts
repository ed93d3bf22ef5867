import { describe, expect, it } from "vitest";
import { backoff, coveringKeys, staleKeys, subjectOf } from "./stale.ts";

describe("staleKeys", () => {
  const environmentId = "env";
  it("names the thing itself and every list that shows it", () => {
    const keys = staleKeys("service", { environmentId, id: "s1" });
    expect(keys).toContainEqual(["services", "env"]);
    expect(keys).toContainEqual(["service", "s1"]);
    expect(keys).toContainEqual(["images", "env"]);
    expect(keys).toContainEqual(["graph", "env"]);
  });
  it("covers all services for a container, which is known by its name only", () => {
    expect(staleKeys("container", { environmentId, id: "web-1" })).toContainEqual(["service"]);
  });
  it("reads registries again with an image, as they say when one of theirs was checked", () => {
    expect(staleKeys("image", { environmentId, id: "i" })).toContainEqual(["registries", "env"]);
  });
  it("covers all of them where it is not known which one changed", () => {
    expect(staleKeys("image")).toEqual([
      ["images"],
      ["image"],
      ["services"],
      ["service"],
      ["registries"],
    ]);
  });
  it("reads again how a user logs in with the users", () => {
    expect(staleKeys("user")).toContainEqual(["passkeys"]);
  });
});

describe("subjectOf", () => {
  it("knows what the server tells", () => {
    expect(subjectOf("service.changed")).toBe("service");
    expect(subjectOf("container.changed")).toBe("container");
  });
  it("knows nothing of events that a newer server may send", () => {
    expect(subjectOf("weather.changed")).toBeNull();
    expect(subjectOf("service.deleted")).toBeNull();
    expect(subjectOf("service")).toBeNull();
    expect(subjectOf("toString.changed")).toBeNull();
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
