import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Engine as OwnEngine, startEngine } from "../../../test/harness/engine.ts";
import { silentLogger } from "../log.ts";
import { connectEngine } from "./client.ts";
import { readEndpoint } from "./endpoint.ts";
import { Inventory } from "./inventory/inventory.ts";
import { EngineWatch } from "./inventory/watch.ts";

let directory: string;
let lone: OwnEngine;
let port: number;

function openssl(...args: string[]): void {
  execFileSync("openssl", args, { cwd: directory, stdio: "pipe" });
}

function authority(name: string): void {
  const subject = ["-subj", `/CN=${name}`, "-days", "2", "-nodes", "-newkey", "rsa:2048"];
  openssl("req", "-x509", ...subject, "-keyout", `${name}.key`, "-out", `${name}.pem`);
}

/** Signed by that authority, for `days` from now. */
function certificate(name: string, by: string, days = "1"): void {
  const request = ["-newkey", "rsa:2048", "-nodes", "-subj", `/CN=${name}`];
  openssl("req", ...request, "-keyout", `${name}.key`, "-out", `${name}.csr`);
  writeFileSync(
    join(directory, "extensions"),
    "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n",
  );
  openssl(
    ...["x509", "-req", "-in", `${name}.csr`, "-CA", `${by}.pem`, "-CAkey", `${by}.key`],
    ...["-CAcreateserial", "-days", days, "-extfile", "extensions", "-out", `${name}.pem`],
  );
}

/** A directory as DOCKER_CERT_PATH names one. */
function certificatePath(ca: string, client: string): string {
  const path = join(directory, `${ca}-${client}`);
  mkdirSync(path, { recursive: true });
  copyFileSync(join(directory, `${ca}.pem`), join(path, "ca.pem"));
  copyFileSync(join(directory, `${client}.pem`), join(path, "cert.pem"));
  copyFileSync(join(directory, `${client}.key`), join(path, "key.pem"));
  return path;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "engine-tls-"));
  for (const name of ["ours", "other"]) authority(name);
  certificate("engine", "ours");
  certificate("agent", "ours");
  certificate("stranger", "other");
  certificate("expired", "ours", "-1");
  port = await freePort();
  const args = [
    ...["-H", `tcp://127.0.0.1:${port}`, "--tlsverify", "--tlscacert", join(directory, "ours.pem")],
    ...["--tlscert", join(directory, "engine.pem"), "--tlskey", join(directory, "engine.key")],
  ];
  // TLS is the same in every version, and this one sees the files of this test.
  lone = await startEngine({ version: "20.10", args });
});

afterAll(async () => {
  await lone.remove();
  rmSync(directory, { recursive: true });
});

async function statusOf(environment: Record<string, string>) {
  const engine = connectEngine(readEndpoint(environment, directory));
  const watch = new EngineWatch(
    engine,
    new Inventory(engine, () => false, silentLogger),
    silentLogger,
  );
  await watch.start();
  const { status } = watch;
  await watch.stop();
  engine.close();
  return status;
}

const host = () => `tcp://127.0.0.1:${port}`;
const verified = (ca: string, client: string) => ({
  DOCKER_HOST: host(),
  DOCKER_TLS_VERIFY: "1",
  DOCKER_CERT_PATH: certificatePath(ca, client),
});

test("an engine on TCP with TLS is served", async () => {
  const status = await statusOf(verified("ours", "agent"));
  expect(status).toMatchObject({ engineAvailable: true, engineError: null, os: "linux" });
});

test.each([
  ["another authority", () => verified("other", "agent"), /not signed by the authority in ca\.pem/],
  ["a stranger's certificate", () => verified("ours", "stranger"), /does not accept the agent's/],
  ["an expired certificate", () => verified("ours", "expired"), /does not accept the agent's/],
  ["plain HTTP", () => ({ DOCKER_HOST: host() }), /set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH/],
  [
    "a name that the certificate has not",
    () => ({ ...verified("ours", "agent"), DOCKER_HOST: `tcp://localhost:${port}` }),
    /is for another name/,
  ],
])("%s is refused with what to do", async (_, environment, sentence) => {
  const status = await statusOf(environment());
  expect(status).toMatchObject({
    engineAvailable: false,
    engineError: expect.stringMatching(sentence),
  });
});
