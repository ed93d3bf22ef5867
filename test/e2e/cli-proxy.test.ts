import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeCertificates } from "../harness/certificates.ts";
import { cli } from "../harness/cli.ts";
import { ForwardProxy } from "../harness/forward-proxy.ts";
import { createScratch, type Scratch } from "../harness/scratch.ts";
import { type System, startSystem } from "../harness/system.ts";

/* The command line and a control plane whose name only a proxy knows. */

const certificates = makeCertificates();
const file = (name: string) => join(certificates.directory, name);
const address = "https://bridgeport.test";
let system: System;
let proxy: ForwardProxy;
let scratch: Scratch;

beforeAll(async () => {
  scratch = createScratch("cli-proxy");
  certificates.authority("authority");
  certificates.signed("shown", "authority", "1", "bridgeport.test");
  proxy = new ForwardProxy();
  await proxy.start();
  system = await startSystem({
    tls: true,
    env: { BRIDGEPORT_TLS_CERT: file("shown.pem"), BRIDGEPORT_TLS_KEY: file("shown.key") },
  });
  proxy.hosts.set("bridgeport.test:443", Number(new URL(system.url).port));
});
afterAll(async () => {
  await system?.remove();
  await proxy?.stop();
  await scratch?.remove();
  certificates.remove();
});

/** A place of its own, where nobody is logged in. */
function place(name: string, env: Record<string, string>) {
  const dir = scratch.path(name);
  mkdirSync(dir, { recursive: true });
  const none = { NO_PROXY: "", no_proxy: "", http_proxy: "", https_proxy: "" };
  return { dir, env: { ...none, HTTP_PROXY: "", HTTPS_PROXY: "", ...env } };
}

const login = (...more: string[]) => [
  ...["login", address, "--email", system.admin.email, "--password-stdin", ...more],
];

test("it is reached through HTTPS_PROXY, and its authority is believed from the login on", async () => {
  const here = place("tunnel", { HTTPS_PROXY: `http://${proxy.host}` });
  const stranger = await cli(here, login(), system.admin.password);
  expect(stranger.err).toContain("--ca");
  expect(stranger.code).toBe(1);
  const ca = file("authority.pem");
  expect(await cli(here, login("--ca", ca), system.admin.password)).toMatchObject({ code: 0 });
  expect(await cli(here, ["environments"])).toMatchObject({ code: 0, err: "" });
  const doctor = await cli(here, ["doctor"]);
  expect(doctor.out).toContain(`ok       Proxy: ${proxy.host}`);
  expect(await cli(here, ["logout"])).toMatchObject({ code: 0 });
  // What is encrypted the proxy does not read.
  expect(new Set(proxy.asked)).toEqual(new Set(["CONNECT bridgeport.test:443"]));
});

test("variables say the authority too", async () => {
  const proxied = { HTTPS_PROXY: proxy.host };
  for (const name of ["BRIDGEPORT_CA", "NODE_EXTRA_CA_CERTS"]) {
    const here = place(name, { ...proxied, [name]: file("authority.pem") });
    expect(await cli(here, login(), system.admin.password)).toMatchObject({ code: 0 });
  }
});

test("a proxy that wants a login, a variable that is none and NO_PROXY are sentences", async () => {
  const ca = { BRIDGEPORT_CA: file("authority.pem") };
  const run = async (name: string, env: Record<string, string>) =>
    (await cli(place(name, { ...ca, ...env }), login(), system.admin.password)).err;
  proxy.login = `Basic ${Buffer.from("ada:secret").toString("base64")}`;
  try {
    const said = await run("refused", { HTTPS_PROXY: `http://ada:wrong@${proxy.host}` });
    expect(said).toContain("wants a login (407)");
    expect(said).not.toContain("wrong");
    expect(await run("let-in", { HTTPS_PROXY: `http://ada:secret@${proxy.host}` })).toBe("");
  } finally {
    proxy.login = null;
  }
  expect(await run("none", { HTTPS_PROXY: "ftp://x" })).toContain("HTTPS_PROXY is not the URL");
  const direct = await run("direct", {
    HTTPS_PROXY: `http://${proxy.host}`,
    NO_PROXY: "bridgeport.test",
  });
  expect(direct).toContain("its name is not known (DNS)");
});
