import { expect, test } from "vitest";
import { secretsWith } from "../secrets.ts";
import { openedJson, resealedJson, sealedJson } from "./variable-values.ts";

const [old, fresh] = ["11".repeat(32), "22".repeat(32)];
const secrets = secretsWith(old);
const sealed = (json: unknown) => sealedJson(JSON.stringify(json), secrets);

const body = {
  kind: "run",
  spec: {
    Env: ["PASSWORD=hunter2", "URL=http://u:hunter2@x?a=b", "EMPTY=", "BARE"],
    User: "hunter",
  },
  containers: [{ spec: { Env: ["TOKEN=hunter2"] } }],
  changes: [
    { field: "Config.Env.PASSWORD", before: null, after: "hunter2" },
    { field: "Config.Env", before: ["A=hunter2"], after: { A: "hunter2" } },
    { field: "Config.Environment", before: "shown", after: "shown" },
  ],
};

test("values of variables are sealed wherever they are, and nothing else", () => {
  const text = sealed(body);
  expect(text).not.toContain("hunter2");
  expect(JSON.parse(text)).toMatchObject({
    kind: "run",
    spec: {
      Env: [/^PASSWORD=sealed:/, /^URL=sealed:/, /^EMPTY=sealed:/, /^BARE$/].map((line) =>
        expect.stringMatching(line),
      ),
      User: "hunter",
    },
    changes: [{ before: null }, {}, { before: "shown" }],
  });
  expect(openedJson(text, secrets)).toEqual(body);
});

test.each([
  [{ Labels: { Env: "production" } }],
  [{ NetworkingConfig: { EndpointsConfig: { Env: { Aliases: ["a"] } } } }],
  [{ env: ["A=1"] }],
  [{ Env: null }],
  [{ Env: [1, null, "BARE"] }],
  [[1, "Env", { field: 3, before: "Config.Env" }]],
  [null],
])("%j is stored as it is", (json) => {
  expect(JSON.parse(sealed(json))).toEqual(json);
});

test("a value that looks sealed is a value like any other", () => {
  const spec = { Env: ["A=sealed:AAAA", `B=${JSON.parse(sealed({ Env: ["X=1"] })).Env[0]}`] };
  expect(openedJson(sealed(spec), secrets)).toEqual(spec);
});

test("what is sealed with an older key is sealed again, once", () => {
  const both = secretsWith(`${fresh},${old}`);
  const again = resealedJson(sealed(body), both, false) ?? "";
  expect(openedJson(again, secretsWith(fresh))).toEqual(body);
  expect(resealedJson(again, both, false)).toBeNull();
  expect(resealedJson('{"Env":["BARE"]}', both, false)).toBeNull();
});

test("what a version without seals wrote is sealed, whatever it looks like", () => {
  const plain = { Env: ["A=1", "B=sealed:AAAA"] };
  const text = resealedJson(JSON.stringify(plain), secrets, true) ?? "";
  expect(openedJson(text, secrets)).toEqual(plain);
  expect(text).toMatch(/A=sealed:.*B=sealed:(?!AAAA)/);
});
