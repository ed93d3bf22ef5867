import { describe, expect, test } from "vitest";
import { reportOf } from "../services/discovered.fixture.ts";
import { type Candidate, type Choice, requireTakingPart, takingPart } from "./taking-part.ts";

const spec = { Env: ["A=1"] };
const there: Candidate = {
  id: "b",
  name: "b",
  containerName: "b-1",
  serverName: "edge",
  imageTag: "v1",
  discoveryStatus: "found",
  everFound: true,
  container: reportOf("b-1"),
  spec: null,
  recordedSpec: null,
};
const gone: Candidate = { ...there, discoveryStatus: "missing", container: null };
const neverCreated: Candidate = { ...gone, everFound: false, spec };

const image: Choice = { kind: "image" };
const automatic: Choice = { kind: "automatic" };
const named: Choice = { kind: "named", create: false };
const create: Choice = { kind: "named", create: true };

describe("who takes part", () => {
  test.each<[string, Candidate, Choice, boolean]>([
    ["one that is there, always", there, image, true],
    ["one that is there, automatically", there, automatic, true],
    ["one that is there, by name", there, named, true],
    ["one that is gone, never with the image", { ...gone, recordedSpec: spec }, image, false],
    ["one that is gone, never automatically", { ...gone, recordedSpec: spec }, automatic, false],
    ["one that is gone, not by its name alone", { ...gone, recordedSpec: spec }, named, false],
    ["one that is gone, where it is to be created", { ...gone, recordedSpec: spec }, create, true],
    ["one that is gone, from what a person described", { ...gone, spec }, create, true],
    ["one that is gone and described nowhere", gone, create, false],
    ["one whose first deploy this is, with the image", neverCreated, image, true],
    ["one whose first deploy this is, by name", neverCreated, named, true],
    ["one whose first deploy this is, not automatically", neverCreated, automatic, false],
    ["one that never was and is described nowhere", { ...neverCreated, spec: null }, named, false],
  ])("%s", (_, service, choice, takes) => {
    const { taking, leftOut } = takingPart([service], choice);
    expect(taking).toHaveLength(takes ? 1 : 0);
    expect(leftOut).toHaveLength(takes ? 0 : 1);
  });

  test("what bears its name and is no service is left alone, whatever is asked", () => {
    const container = reportOf("b-1", { labels: { "bridgeport.ignore": "true" } });
    for (const choice of [image, automatic, named, create]) {
      const { leftOut } = takingPart([{ ...gone, container, spec }], choice);
      expect(leftOut).toMatchObject([{ reason: expect.stringMatching(/b-1 .*ignore=true/) }]);
    }
  });

  test("one that is just being removed is gone", () => {
    const container = reportOf("b-1", { state: "removing" });
    const { leftOut } = takingPart([{ ...gone, container, spec }], image);
    expect(leftOut).toMatchObject([{ reason: expect.stringContaining("gone from edge") }]);
  });
});

describe("a plan that is to be made", () => {
  test("goes on without one that is gone, and names it with what to do", () => {
    const a = { ...there, id: "a", name: "a" };
    const { taking, leftOut } = requireTakingPart([a, { ...gone, spec }], image);
    expect(taking).toEqual([a]);
    expect(leftOut).toEqual([
      {
        serviceId: "b",
        name: "b",
        serverName: "edge",
        reason: expect.stringMatching(/gone from edge.*start it.*`create: true`/),
      },
    ]);
  });

  test("is refused where it names one that is gone, though others are there", () => {
    expect(() => requireTakingPart([there, { ...gone, name: "c" }], named)).toThrow(
      /^c on edge: .*gone.*specification/,
    );
  });

  test("is refused with every reason where nobody is left", () => {
    expect(() => requireTakingPart([gone, { ...gone, name: "c" }], automatic)).toThrow(
      /nothing to deploy to.*b on edge: .*c on edge: /,
    );
  });
});
