import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { UpdateKind } from "../update-kinds.ts";
import { updateKind } from "./update-kind.ts";

describe("the kind of an update", () => {
  it.each<[string, string, UpdateKind]>([
    ["v1.2.3", "v1.2.4", "patch"],
    ["v1.2.3", "v1.3.0", "minor"],
    ["v1.2.3", "v2.0.0", "major"],
    ["v2.0.0", "v1.9.9", "older"],
    ["1.2.3.4", "1.2.3.5", "patch"],
    ["1.9", "1.10", "minor"],
    ["15", "16", "major"],
    ["v2", "v3", "major"],
    ["latest", "latest", "rebuild"],
    ["1.27", "1.27", "rebuild"],
    ["1.2.3-alpine", "1.2.4-alpine", "patch"],
    ["1.2.3-alpine", "1.2.4", "other"],
    ["1.2.3", "1.2", "other"],
    ["main-1f2e3d", "main-2f2e3d", "other"],
    ["20260101", "20260201", "other"],
    ["build-7", "build-8", "other"],
    ["latest", "v1.0.0", "other"],
    ["2026.01.05", "2026.02.01", "minor"],
    ["1.2.10000000000000000000001", "1.2.10000000000000000000002", "patch"],
    ["1.2.007", "1.2.8", "patch"],
  ])("%s to %s is %s", (from, to, kind) => expect(updateKind([from], [to])).toBe(kind));

  it("is what the most exact of several tags say", () => {
    expect(updateKind(["1", "1.2", "1.2.3", "latest"], ["1", "1.2", "1.2.4", "latest"])).toBe(
      "patch",
    );
    expect(updateKind(["latest", "1.2.3"], ["latest"])).toBe("rebuild");
    expect(updateKind([], ["latest"])).toBe("other");
  });

  it("is a step up one way where it is a step down the other", () => {
    const version = fc.tuple(fc.nat(30), fc.nat(30), fc.nat(30)).map((parts) => parts.join("."));
    fc.assert(
      fc.property(version, version, (a, b) => {
        const [there, back] = [updateKind([a], [b]), updateKind([b], [a])];
        if (a === b) expect([there, back]).toEqual(["rebuild", "rebuild"]);
        else expect([there, back].filter((kind) => kind === "older")).toHaveLength(1);
      }),
    );
  });

  it("is found in linear time", () => {
    const long = `${"1.".repeat(5_000)}1`;
    expect(updateKind([long], [`${long}x`])).toBe("other");
  });
});
