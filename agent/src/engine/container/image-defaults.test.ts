import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ProcessConfig } from "../inspection.ts";
import { environmentByKey, withImageDefaults, withoutImageDefaults } from "./image-defaults.ts";

describe("what of a container's configuration is the user's", () => {
  it.each<[string, ProcessConfig, ProcessConfig, ProcessConfig]>([
    ["nothing", { User: "app", Env: ["A=1"] }, { User: "app", Env: ["A=1"] }, {}],
    ["another user", { User: "root" }, { User: "app" }, { User: "root" }],
    ["a variable changed", { Env: ["A=2", "B=1"] }, { Env: ["A=1", "B=1"] }, { Env: ["A=2"] }],
    ["a variable added", { Env: ["C=3", "A=1"] }, { Env: ["A=1"] }, { Env: ["C=3"] }],
    ["a variable taken away", { Env: ["A", "B=1"] }, { Env: ["A=1", "B=1"] }, { Env: ["A"] }],
    ["a variable given twice", { Env: ["A=1", "A=2"] }, { Env: ["A=1"] }, { Env: ["A=1", "A=2"] }],
    [
      "labels",
      { Labels: { a: "1", b: "2", constructor: "x" } },
      { Labels: { a: "1", b: "1" } },
      { Labels: { b: "2", constructor: "x" } },
    ],
    [
      "ports and volumes",
      { ExposedPorts: { "1/tcp": {}, "2/tcp": {} }, Volumes: { "/a": {}, "/b": {} } },
      { ExposedPorts: { "1/tcp": {} }, Volumes: { "/a": {} } },
      { ExposedPorts: { "2/tcp": {} }, Volumes: { "/b": {} } },
    ],
    [
      "one field of the health check",
      { Healthcheck: { Test: ["CMD", "x"], Interval: 5, Retries: 3 } },
      { Healthcheck: { Test: ["CMD", "x"], Interval: 9, Retries: 3 } },
      { Healthcheck: { Interval: 5 } },
    ],
    [
      "a health check turned off",
      { Healthcheck: { Test: ["NONE"], Interval: 9 } },
      { Healthcheck: { Test: ["CMD", "x"], Interval: 9 } },
      { Healthcheck: { Test: ["NONE"] } },
    ],
    [
      "the command alone",
      { Entrypoint: ["/e"], Cmd: ["mine"] },
      { Entrypoint: ["/e"], Cmd: ["c"] },
      { Cmd: ["mine"] },
    ],
    [
      "the entrypoint, which takes the image's command away",
      { Entrypoint: ["/mine"], Cmd: null },
      { Entrypoint: ["/e"], Cmd: ["c"] },
      { Entrypoint: ["/mine"], Cmd: [] },
    ],
    [
      "the entrypoint, with the command that the image has too",
      { Entrypoint: ["/mine"], Cmd: ["c"] },
      { Entrypoint: ["/e"], Cmd: ["c"] },
      { Entrypoint: ["/mine"], Cmd: ["c"] },
    ],
    [
      "the image's own entrypoint, named to leave its command out",
      { Entrypoint: ["/e"], Cmd: null },
      { Entrypoint: ["/e"], Cmd: ["c"] },
      { Entrypoint: ["/e"], Cmd: [] },
    ],
    [
      "no entrypoint",
      { Entrypoint: null, Cmd: ["x"] },
      { Entrypoint: ["/e"], Cmd: ["c"] },
      { Entrypoint: [], Cmd: ["x"] },
    ],
    ["a record without a command", { Tty: true }, { Entrypoint: ["/e"] }, { Tty: true }],
    ["a record with both empty", { Entrypoint: null, Cmd: null }, { Cmd: ["c"] }, {}],
    [
      "a record of the command alone",
      { Cmd: ["mine"] },
      { Entrypoint: ["/e"], Cmd: ["c"] },
      { Cmd: ["mine"] },
    ],
    [
      "what the engine never takes from an image",
      { Tty: true, StopTimeout: 7, OnBuild: ["x"] },
      { Tty: true, StopTimeout: 7 },
      { Tty: true, StopTimeout: 7 },
    ],
  ])("%s", (_, container, image, own) => {
    expect(withoutImageDefaults(container, image)).toEqual(own);
  });

  it("follows the new image in everything else", () => {
    const old: ProcessConfig = {
      Env: ["PATH=/bin", "V=1"],
      Labels: { v: "1" },
      Entrypoint: ["/e1"],
      Cmd: ["c"],
      WorkingDir: "/one",
      StopSignal: "SIGINT",
      Healthcheck: { Test: ["CMD", "one"], Interval: 1 },
    };
    const updated: ProcessConfig = {
      Env: ["PATH=/usr/bin", "W=2"],
      Labels: { w: "2" },
      Entrypoint: ["/e2"],
      Cmd: ["d"],
      WorkingDir: "/two",
      Healthcheck: { Test: ["CMD", "two"], Interval: 2 },
    };
    const container = withImageDefaults({ Env: ["MINE=1"], Cmd: ["run"] }, old);
    const after = withImageDefaults(withoutImageDefaults(container, old), updated);
    expect(after).toMatchObject({
      Env: ["MINE=1", "PATH=/usr/bin", "W=2"],
      Labels: { w: "2" },
      Entrypoint: ["/e2"],
      Cmd: ["run"],
      WorkingDir: "/two",
      Healthcheck: { Test: ["CMD", "two"], Interval: 2 },
    });
    expect(after.StopSignal).toBeUndefined();
  });
});

const word = fc.constantFrom("a", "b", "c");
const words = fc.array(word, { maxLength: 3 });
const keyed = fc.dictionary(word, fc.constant({}), { maxKeys: 3 });
const config: fc.Arbitrary<ProcessConfig> = fc.record(
  {
    User: fc.constantFrom("", "a", "b"),
    WorkingDir: fc.constantFrom("", "/a"),
    StopSignal: fc.constantFrom("", "SIGINT"),
    Env: fc.array(
      fc.tuple(word, fc.constantFrom("", "=", "=1", "=2")).map(([key, value]) => key + value),
      { maxLength: 4 },
    ),
    Labels: fc.dictionary(word, word, { maxKeys: 3 }),
    ExposedPorts: keyed,
    Volumes: keyed,
    Entrypoint: fc.option(words),
    Cmd: fc.option(words),
    Healthcheck: fc.option(
      fc.record(
        { Test: words, Interval: fc.nat(2), Timeout: fc.nat(2), Retries: fc.nat(2) },
        { requiredKeys: [] },
      ),
    ),
    Tty: fc.boolean(),
  },
  { requiredKeys: [] },
);

/** Configurations that mean the same to the engine look the same. */
function normal(of: ProcessConfig): unknown {
  const health = Object.entries(of.Healthcheck ?? {}).filter(
    ([, value]) => value !== 0 && !(Array.isArray(value) && value.length === 0),
  );
  const groups = [...environmentByKey(of.Env ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...of,
    User: of.User ?? "",
    WorkingDir: of.WorkingDir ?? "",
    StopSignal: of.StopSignal ?? "",
    Env: groups,
    Labels: of.Labels ?? {},
    ExposedPorts: of.ExposedPorts ?? {},
    Volumes: of.Volumes ?? {},
    Entrypoint: of.Entrypoint ?? [],
    Cmd: of.Cmd ?? [],
    Healthcheck: Object.fromEntries(health.sort()),
  };
}

describe("for any user's settings and image", () => {
  it("the container comes out the same on the same image", () => {
    fc.assert(
      fc.property(config, config, (user, image) => {
        const container = withImageDefaults(user, image);
        const again = withImageDefaults(withoutImageDefaults(container, image), image);
        expect(normal(again)).toEqual(normal(container));
      }),
    );
  });

  it("what is the user's own is so still when it is asked again", () => {
    fc.assert(
      fc.property(config, config, (user, image) => {
        const own = withoutImageDefaults(withImageDefaults(user, image), image);
        expect(withoutImageDefaults(own, image)).toEqual(own);
      }),
    );
  });

  it("nothing of the old image is left on an empty one but what is the user's", () => {
    fc.assert(
      fc.property(config, config, (user, image) => {
        const container = withImageDefaults(user, image);
        const own = withoutImageDefaults(container, image);
        for (const key of environmentByKey(own.Env ?? []).keys()) {
          expect(environmentByKey(user.Env ?? []).has(key)).toBe(true);
        }
        for (const label of Object.keys(own.Labels ?? {})) {
          expect(Object.keys(user.Labels ?? {})).toContain(label);
        }
        expect(Object.keys(user.Volumes ?? {})).toEqual(
          expect.arrayContaining(Object.keys(own.Volumes ?? {})),
        );
      }),
    );
  });

  it("does not change what it is given", () => {
    fc.assert(
      fc.property(config, config, (user, image) => {
        const before = structuredClone([user, image]);
        withoutImageDefaults(user, image);
        withImageDefaults(user, image);
        expect([user, image]).toEqual(before);
      }),
    );
  });
});
