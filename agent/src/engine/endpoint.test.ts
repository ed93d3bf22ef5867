import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readEndpoint } from "./endpoint.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "home-"));
});
afterEach(() => rmSync(home, { recursive: true }));

/** Looks like a certificate from afar. */
const pem = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;

function write(path: string, text: string): void {
  const file = join(home, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text);
}

function context(name: string, docker: object): string {
  const id = createHash("sha256").update(name).digest("hex");
  const meta = { Name: name, Metadata: {}, Endpoints: { docker } };
  write(`.docker/contexts/meta/${id}/meta.json`, JSON.stringify(meta));
  return `.docker/contexts/tls/${id}/docker`;
}

const read = (environment: Record<string, string> = {}) => readEndpoint(environment, home);
const plain = (host: string) => ({ host, tls: null });
const usual = plain("unix:///var/run/docker.sock");

describe("which engine is meant", () => {
  beforeEach(() => {
    context("current", { Host: "tcp://current:2375" });
    context("named", { Host: "unix:///run/user/1000/docker.sock" });
  });
  const configured = () => write(".docker/config.json", '{"currentContext":"current"}');

  test("is the usual socket where nothing says otherwise", () => {
    expect(read()).toEqual(usual);
    write(".docker/config.json", "{}");
    expect(read({ DOCKER_HOST: "", DOCKER_CONTEXT: "" })).toEqual(usual);
  });

  test("is DOCKER_HOST before DOCKER_CONTEXT before the current context", () => {
    configured();
    expect(read()).toEqual(plain("tcp://current:2375"));
    const DOCKER_CONTEXT = "named";
    expect(read({ DOCKER_CONTEXT })).toEqual(plain("unix:///run/user/1000/docker.sock"));
    const DOCKER_HOST = "tcp://host:2375";
    expect(read({ DOCKER_CONTEXT, DOCKER_HOST })).toEqual(plain(DOCKER_HOST));
  });

  test("may be the default one by name, and configured elsewhere", () => {
    configured();
    expect(read({ DOCKER_CONTEXT: "default" })).toEqual(usual);
    expect(read({ DOCKER_CONFIG: join(home, "elsewhere") })).toEqual(usual);
  });

  test("is a context with its certificates", () => {
    const tls = context("safe", { Host: "tcp://safe:2376", SkipTLSVerify: true });
    expect(read({ DOCKER_CONTEXT: "safe" })).toEqual({
      host: "tcp://safe:2376",
      tls: { ca: null, client: null, verify: false },
    });
    write(`${tls}/cert.pem`, pem("cert"));
    expect(() => read({ DOCKER_CONTEXT: "safe" })).toThrow(/has cert\.pem, but no key\.pem/);
  });

  test.each([
    ["no such context", "other", /^DOCKER_CONTEXT is "other", but there is no such context/],
    ["one without an engine", "kubernetes", /names no Docker Engine.*set DOCKER_HOST/],
    ["one over ssh", "remote", /^The engine of the context "remote" is "ssh:.*unix:.*tcp:/],
  ])("%s is refused with what to do", (_, name, sentence) => {
    context("kubernetes", {});
    context("remote", { Host: "ssh://me@remote" });
    expect(() => read({ DOCKER_CONTEXT: name })).toThrow(sentence);
  });

  test("a configuration that cannot be read is not passed over", () => {
    write(".docker/config.json", "{");
    expect(read).toThrow(/config\.json is not valid JSON/);
    expect(read({ DOCKER_HOST: "tcp://host" })).toEqual(plain("tcp://host"));
    write(".docker/config.json", '{"currentContext":"gone"}');
    expect(read).toThrow(/^the current context of .* is "gone"/);
  });
});

describe("DOCKER_TLS_VERIFY", () => {
  const DOCKER_HOST = "tcp://host";

  test("needs the authority's certificate", () => {
    expect(() => read({ DOCKER_HOST, DOCKER_TLS_VERIFY: "1" })).toThrow(
      /there is no .*\.docker\/ca\.pem: set DOCKER_CERT_PATH/,
    );
    expect(() => read({ DOCKER_HOST, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: home })).toThrow(
      join(home, "ca.pem"),
    );
  });

  test("refuses what is no certificate", () => {
    write(".docker/ca.pem", "nonsense");
    expect(() => read({ DOCKER_HOST, DOCKER_TLS_VERIFY: "1" })).toThrow(/is not a PEM file/);
    write(".docker/ca.pem", pem("nonsense"));
    write(".docker/cert.pem", pem("nonsense"));
    write(".docker/key.pem", pem("nonsense"));
    expect(() => read({ DOCKER_HOST, DOCKER_TLS_VERIFY: "1" })).toThrow(/cannot be used together/);
  });

  test("has no say where the engine is on a socket", () => {
    expect(read({ DOCKER_TLS_VERIFY: "1" })).toEqual(usual);
  });

  test("DOCKER_TLS alone believes any engine", () => {
    const tls = { ca: null, client: null, verify: false };
    expect(read({ DOCKER_HOST, DOCKER_TLS: "1" })).toEqual({ host: DOCKER_HOST, tls });
  });
});
