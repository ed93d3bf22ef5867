import { describe, expect, test } from "vitest";
import { storedTagFilter } from "../images/tag-filter.ts";
import { lineOf } from "../images/tag-line.ts";
import { reportOf } from "../inventory/discovered.fixture.ts";
import { type Candidate, type Choice, requireTakingPart, takingPart } from "./taking-part.ts";

const spec = { Env: ["A=1"] };
const there: Candidate = {
  id: "b",
  name: "b",
  containerName: "b-1",
  serverName: "edge",
  imageTag: "v1",
  everFound: true,
  container: reportOf("b-1"),
  spec: null,
  recordedSpec: null,
};
const gone: Candidate = { ...there, container: null };
const neverCreated: Candidate = { ...gone, everFound: false, spec };

const image: Choice = { kind: "image" };
const automatic: Choice = { kind: "automatic" };
const named: Choice = { kind: "named", create: false };
const create: Choice = { kind: "named", create: true };

const line = lineOf(storedTagFilter("*"), ["v2"], null);

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
    const { taking, leftOut } = takingPart([service], choice, line);
    expect(taking).toHaveLength(takes ? 1 : 0);
    expect(leftOut).toHaveLength(takes ? 0 : 1);
  });

  test("what bears its name and is no service is left alone, whatever is asked", () => {
    const container = reportOf("b-1", { labels: { "bridgeport.ignore": "true" } });
    for (const choice of [image, automatic, named, create]) {
      const { leftOut } = takingPart([{ ...gone, container, spec }], choice, line);
      expect(leftOut).toMatchObject([{ reason: expect.stringMatching(/b-1 .*ignore=true/) }]);
    }
  });

  test("one that is just being removed is gone", () => {
    const container = reportOf("b-1", { state: "removing" });
    const { leftOut } = takingPart([{ ...gone, container, spec }], image, line);
    expect(leftOut).toMatchObject([{ reason: expect.stringContaining("gone from edge") }]);
  });
});

describe("a plan that is to be made", () => {
  test("goes on without one that is gone, and names it with what to do", () => {
    const a = { ...there, id: "a", name: "a" };
    const { taking, leftOut } = requireTakingPart([a, { ...gone, spec }], image, line);
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
    expect(() => requireTakingPart([there, { ...gone, name: "c" }], named, line)).toThrow(
      /^c on edge: .*gone.*specification/,
    );
  });

  test("is refused with every reason where no service is left", () => {
    expect(() => requireTakingPart([gone, { ...gone, name: "c" }], automatic, line)).toThrow(
      /nothing to deploy to.*b on edge: .*c on edge: /,
    );
  });
});

describe("lines of tags side by side", () => {
  const on = (...tags: (string | null)[]) =>
    tags.map((imageTag, index) => ({
      ...there,
      id: String(index),
      name: `on ${imageTag}`,
      imageTag,
    }));
  const fifteen = lineOf(storedTagFilter("15"), ["15", "15.7"], null);
  const taken = (services: Candidate[], choice: Choice) =>
    takingPart(services, choice, fifteen).taking.map(({ imageTag }) => imageTag);

  test("are told apart, and the other one is named", () => {
    for (const choice of [image, automatic]) {
      const { taking, leftOut } = takingPart(on("15", "16"), choice, fifteen);
      expect(taking.map(({ imageTag }) => imageTag)).toEqual(["15"]);
      expect(leftOut).toMatchObject([{ name: "on 16", reason: expect.stringMatching(/16.*15/) }]);
    }
  });

  test("do not count where the service is named", () => {
    expect(taken(on("16"), named)).toEqual(["16"]);
  });

  test("a person moves an image of one line to another one; nothing does so by itself", () => {
    expect(taken(on("16", "16", null), image)).toEqual(["16", "16", null]);
    expect(taken(on("16", "16", null), automatic)).toEqual([null]);
  });

  test("of an image with several lines, none of which is meant, no service is moved", () => {
    expect(() => requireTakingPart(on("16", "17"), image, fifteen)).toThrow(
      /nothing to deploy to.*on 16 .*on 17 /,
    );
  });

  test("a line whose only container is gone is a line", () => {
    const [first, second] = on("15", "16");
    const parted = [{ ...first, container: null }, second];
    expect(takingPart(parted as Candidate[], image, fifteen).taking).toEqual([]);
  });
});
