import { describe, expect, test } from "vitest";
import { readRecordedSpec } from "./recorded-spec.ts";

describe("a record of what a container was created from", () => {
  test("is kept as it is where a person could have written it", () => {
    const spec = {
      Env: ["A=1"],
      Cmd: ["npm", "start"],
      Labels: { a: "b" },
      StopTimeout: -1,
      ExposedPorts: { "80/tcp": {} },
      HostConfig: { Privileged: true, Binds: ["/:/host"], RestartPolicy: { Name: "always" } },
      NetworkingConfig: { EndpointsConfig: { web: { Aliases: ["a"], MacAddress: "" } } },
    };
    expect(readRecordedSpec(spec)).toEqual({ ok: true, spec });
  });

  test.each([
    ["a field that is none", { Env: ["A=1"], Surprise: { a: 1 } }],
    ["the image, which a deploy chooses", { Env: ["A=1"], Image: "evil/x" }],
    ["a short word, which engines take for their own", { Env: ["A=1"], volumes: { "/a": {} } }],
    ["another spelling of a field", { Env: ["A=1"], hostConfig: { Privileged: true } }],
    ["a field that says nothing", { Env: ["A=1"], Cmd: null, OnBuild: null, Labels: undefined }],
  ])("is kept without %s", (_what, record) => {
    expect(readRecordedSpec(record)).toEqual({ ok: true, spec: { Env: ["A=1"] } });
  });

  test.each([
    ["Env", "A=1"],
    ["Env", ["A=1", 2]],
    ["Cmd", "npm start"],
    ["Labels", { a: { b: "c" } }],
    ["HostConfig", ["Privileged"]],
    ["NetworkingConfig", { EndpointsConfig: [] }],
    ["Tty", "yes"],
    ["StopTimeout", 1e300],
    ["User", 0],
  ])("is not kept where %s is %j", (field, value) => {
    expect(readRecordedSpec({ WorkingDir: "/", [field]: value })).toEqual({
      ok: false,
      why: `its field ${field} is not what that field takes`,
    });
  });

  test("is not kept where it is longer than 256 kB, counted in bytes", () => {
    const of = (bytes: number) => ({ User: "x".repeat(bytes - '{"User":""}'.length) });
    expect(readRecordedSpec(of(256 * 1024))).toMatchObject({ ok: true });
    const tooLong = { ok: false, why: "it is longer than 256 kB" };
    expect(readRecordedSpec(of(256 * 1024 + 1))).toEqual(tooLong);
    expect(readRecordedSpec({ User: "ä".repeat(140_000) })).toEqual(tooLong);
  });
});
