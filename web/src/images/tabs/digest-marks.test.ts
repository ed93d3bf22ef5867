import { expect, it } from "vitest";
import type { Image, QuarantinedDigest, SkippedDigest } from "$lib/api/model.ts";
import { DigestMarks } from "./digest-marks.svelte.ts";

const services = [
  { name: "web", runningDigest: "sha256:1" },
  { name: "api", runningDigest: "sha256:2" },
] as unknown as Image["services"];

it("tells of each digest where it runs, and whether it is held back", () => {
  const quarantined = [{ digestId: "one", reason: "It failed" }] as QuarantinedDigest[];
  const skipped = [{ digestId: "two", skippedBy: "ann" }] as SkippedDigest[];
  const marks = new DigestMarks(
    () => ({ services }),
    () => quarantined,
    () => skipped,
  );
  expect(marks.quarantine({ id: "one" })?.reason).toBe("It failed");
  expect([marks.quarantine({ id: "two" }), marks.skip({ id: "one" })]).toEqual([
    undefined,
    undefined,
  ]);
  expect(marks.skip({ id: "two" })?.skippedBy).toBe("ann");
  expect(marks.runs({ manifestDigest: "sha256:2" }).map(({ name }) => name)).toEqual(["api"]);
  expect(marks.runs({ manifestDigest: "sha256:3" })).toEqual([]);
});

it("says nothing before both lists are there", () => {
  const marks = new DigestMarks(
    () => ({ services }),
    () => undefined,
    () => undefined,
  );
  expect([marks.quarantine({ id: "one" }), marks.skip({ id: "one" })]).toEqual([
    undefined,
    undefined,
  ]);
});
