import fc from "fast-check";
import { expect, test } from "vitest";
import { settingsOf } from "../registries/image-content.ts";
import { layerChanges, settingChanges } from "./compare-images.ts";

const changes = (from: object, to: object, hideEnv = false) =>
  settingChanges(settingsOf({ ...from }), settingsOf({ ...to }), hideEnv);
const row = (field: string, change: string, from: unknown, to: unknown) => ({
  field,
  change,
  from,
  to,
  hidden: false,
});

test.each<[string, object, object, ReturnType<typeof row>[]]>([
  [
    "entrypoint",
    { Entrypoint: ["a"] },
    { Entrypoint: ["a", "b"] },
    [row("entrypoint", "changed", ["a"], ["a", "b"])],
  ],
  ["cmd", {}, { Cmd: ["run"] }, [row("cmd", "added", null, ["run"])]],
  [
    "an empty list, which is none",
    { Cmd: [], Entrypoint: null },
    { Cmd: null, Entrypoint: [] },
    [],
  ],
  ["user", { User: "app" }, { User: "" }, [row("user", "removed", "app", null)]],
  ["workdir", { WorkingDir: "/a" }, { WorkingDir: "/b" }, [row("workdir", "changed", "/a", "/b")]],
  [
    "exposed ports, in any order",
    { ExposedPorts: { "1/tcp": {}, "2/tcp": {} } },
    {
      ExposedPorts: { "2/tcp": {}, "1/tcp": {} },
    },
    [],
  ],
  [
    "an exposed port",
    { ExposedPorts: { "1/tcp": {} } },
    { ExposedPorts: { "2/udp": {} } },
    [row("exposedPorts", "changed", ["1/tcp"], ["2/udp"])],
  ],
  [
    "volumes",
    { Volumes: { "/data": {} } },
    { Volumes: {} },
    [row("volumes", "removed", ["/data"], null)],
  ],
  [
    "health check",
    { Healthcheck: { Test: ["NONE"] } },
    { Healthcheck: { Test: ["CMD", "x"] } },
    [row("healthcheck", "changed", { Test: ["NONE"] }, { Test: ["CMD", "x"] })],
  ],
  ["stop signal", {}, { StopSignal: "SIGINT" }, [row("stopSignal", "added", null, "SIGINT")]],
  [
    "each variable",
    { Env: ["A=1", "B=2", "C=", "D=x=y"] },
    { Env: ["C", "D=x=z", "E=", "A=1"] },
    [
      row("env.B", "removed", "2", null),
      row("env.D", "changed", "x=y", "x=z"),
      row("env.E", "added", null, ""),
    ],
  ],
  [
    "each label",
    { Labels: { a: "1", b: "2" } },
    { Labels: { b: "3", "c.d": "4" } },
    [
      row("labels.a", "removed", "1", null),
      row("labels.b", "changed", "2", "3"),
      row("labels.c.d", "added", null, "4"),
    ],
  ],
  [
    "names that objects have",
    { Labels: {} },
    { Labels: { constructor: "x", toString: "y" } },
    [row("labels.constructor", "added", null, "x"), row("labels.toString", "added", null, "y")],
  ],
])("what is set otherwise is named: %s", (_name, from, to, expected) => {
  expect(changes(from, to)).toEqual(expected);
});

test("values of variables are left out where they are not to be seen, and only these", () => {
  const hidden = changes(
    { Env: ["KEY=old", "GONE=secret"], Labels: { a: "1" } },
    { Env: ["KEY=new", "FRESH=secret"], Labels: { a: "2" } },
    true,
  );
  expect(hidden).toEqual([
    { field: "env.FRESH", change: "added", from: null, to: null, hidden: true },
    { field: "env.GONE", change: "removed", from: null, to: null, hidden: true },
    { field: "env.KEY", change: "changed", from: null, to: null, hidden: true },
    row("labels.a", "changed", "1", "2"),
  ]);
});

test("layers are counted once, and what is shared is not pulled", () => {
  const layers = (...names: string[]) => ({
    layers: names.map((name) => ({ digest: `sha256:${name}`, size: name.length * 10 })),
  });
  expect(
    layerChanges(layers("base", "empty", "old", "empty"), layers("base", "empty", "newer")),
  ).toEqual({
    shared: 2,
    added: 1,
    removed: 1,
    bytes: { shared: 90, added: 50, removed: 30 },
  });
});

test("an image does not differ from itself, and the way back is the way there reversed", () => {
  const texts = fc.string({ maxLength: 5 });
  const config = fc.record({
    Env: fc.array(fc.tuple(texts, texts).map(([name, value]) => `${name}=${value}`)),
    Cmd: fc.option(fc.array(texts, { maxLength: 3 })),
    Labels: fc.dictionary(texts, texts),
    User: texts,
  });
  fc.assert(
    fc.property(config, config, (one, other) => {
      expect(changes(one, one)).toEqual([]);
      const kinds = { added: "removed", removed: "added", changed: "changed" };
      expect(changes(other, one)).toEqual(
        changes(one, other).map(({ from, to, change, ...rest }) => ({
          ...rest,
          change: kinds[change],
          from: to,
          to: from,
        })),
      );
    }),
  );
});
