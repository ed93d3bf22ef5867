import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApiProblem } from "@bridgeport/client";
import { describe, expect, it } from "vitest";
import { addressOf, isInTheClear } from "./address.ts";
import {
  type Config,
  changeConfig,
  configPath,
  isReadByOthers,
  readConfig,
} from "./config-file.ts";
import { targetOf } from "./connection.ts";
import { explain } from "./explain.ts";

describe("addresses", () => {
  it.each([
    ["bridgeport.example.com", "https://bridgeport.example.com"],
    ["https://b.example.com:8443/settings?x=1", "https://b.example.com:8443"],
    ["localhost:3000", "http://localhost:3000"],
    ["127.0.0.1:3000/", "http://127.0.0.1:3000"],
    [" http://10.0.0.5:3000 ", "http://10.0.0.5:3000"],
  ])("%s is %s", (text, address) => {
    expect(addressOf(text)).toBe(address);
  });
  it.each(["", "ftp://x", "https://", "https://u:p@x.example.com", "a b"])("refuses %o", (text) => {
    expect(() => addressOf(text)).toThrow();
  });
  it("knows where a token could be read", () => {
    expect(isInTheClear("http://10.0.0.5:3000")).toBe(true);
    expect(isInTheClear("http://127.0.0.1:3000")).toBe(false);
    expect(isInTheClear("https://10.0.0.5")).toBe(false);
  });
});

const config: Config = {
  current: "work",
  contexts: {
    work: {
      url: "https://work.example.com",
      token: "t-work",
      kind: "session",
      environment: "staging",
    },
    home: { url: "https://home.example.com", token: "t-home", kind: "api-token" },
  },
};

describe("which control plane is meant", () => {
  it.each([
    [{}, {}, "https://work.example.com", "t-work", "work"],
    [{ context: "home" }, {}, "https://home.example.com", "t-home", "home"],
    [{}, { BRIDGEPORT_CONTEXT: "home" }, "https://home.example.com", "t-home", "home"],
    [{}, { BRIDGEPORT_TOKEN: "t" }, "https://work.example.com", "t", null],
    [{ url: "home.example.com" }, {}, "https://home.example.com", "t-home", "home"],
    // An option counts more than variables, and no token goes where it does not belong.
    [
      { context: "home" },
      { BRIDGEPORT_URL: "x.example.com", BRIDGEPORT_TOKEN: "t" },
      "https://home.example.com",
      "t-home",
      "home",
    ],
    [{}, { BRIDGEPORT_URL: "https://other.example.com" }, "https://other.example.com", null, null],
    [{ url: "https://work.example.com:8443" }, {}, "https://work.example.com:8443", null, null],
    [
      { url: "https://x.example.com" },
      { BRIDGEPORT_URL: "https://other.example.com", BRIDGEPORT_TOKEN: "t" },
      "https://x.example.com",
      null,
      null,
    ],
    [
      {},
      { BRIDGEPORT_URL: "", BRIDGEPORT_CONTEXT: "", BRIDGEPORT_TOKEN: " " },
      "https://work.example.com",
      "t-work",
      "work",
    ],
  ])("%o with %o", (options, env, url, token, context) => {
    expect(targetOf(options, env, config)).toMatchObject({ url, token, context });
  });
  it("shows no token that cannot be one", () => {
    expect(() => targetOf({}, { BRIDGEPORT_TOKEN: "secret\nsecret" }, config)).toThrow(
      /^BRIDGEPORT_TOKEN is no token/,
    );
  });
  it("says what there is", () => {
    expect(() => targetOf({ context: "constructor" }, {}, config)).toThrow("There are: work, home");
    expect(() => targetOf({ context: "hom" }, {}, config)).toThrow('Did you mean "home"?');
    expect(() => targetOf({}, {}, { current: null, contexts: {} })).toThrow(
      "bridgeport login <url>",
    );
  });
});

it("keeps what was logged in to for its owner alone", () => {
  const folder = mkdtempSync(join(tmpdir(), "bridgeport-config-"));
  try {
    const env = { XDG_CONFIG_HOME: folder };
    expect(readConfig(env)).toEqual({ current: null, contexts: {} });
    changeConfig(env, () => config);
    expect(readConfig(env)).toEqual(config);
    expect(statSync(configPath(env)).mode & 0o777).toBe(0o600);
    expect(isReadByOthers(env)).toBe(false);
    // What was kept meanwhile by another command stays.
    changeConfig(env, (now) => ({ ...now, current: "home" }));
    expect(readConfig(env)).toEqual({ ...config, current: "home" });
    chmodSync(configPath(env), 0o644);
    expect(isReadByOthers(env)).toBe(true);
    // A link to a file elsewhere stays one.
    const link = { BRIDGEPORT_CONFIG: join(folder, "link.json") };
    symlinkSync(configPath(env), link.BRIDGEPORT_CONFIG);
    changeConfig(link, () => config);
    expect(lstatSync(link.BRIDGEPORT_CONFIG).isSymbolicLink()).toBe(true);
    expect(readConfig(env)).toEqual(config);
    writeFileSync(configPath(env), "{");
    expect(() => readConfig(env)).toThrow("Repair it, or delete it");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe("what went wrong", () => {
  const failed = (code: string) =>
    new ApiProblem(0, "unreachable", "No.", [], {
      url: "https://b.example.com",
      cause: new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code }) }),
    });
  it.each([
    ["ECONNREFUSED", "nothing listens there"],
    ["ENOTFOUND", "its name is not known"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "NODE_EXTRA_CA_CERTS"],
    ["CERT_HAS_EXPIRED", "has expired"],
  ])("%s", (code, words) => {
    expect(explain(failed(code))).toMatch(
      new RegExp(`^https://b.example.com cannot be reached: .*${words}`),
    );
  });
  it("says how to log in again", () => {
    const url = "https://b.example.com";
    const ended = new ApiProblem(401, "session_ended", "This session has ended.", [], { url });
    expect(explain(ended)).toContain("bridgeport login https://b.example.com");
  });
});
