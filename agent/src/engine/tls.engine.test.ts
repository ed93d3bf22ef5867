import { afterAll, beforeAll, expect, test } from "vitest";
import { type Certificates, makeCertificates } from "../../../test/harness/certificates.ts";
import { type Engine as OwnEngine, startEngine } from "../../../test/harness/engine.ts";
import { freePort } from "../../../test/harness/ports.ts";
import { silentLogger } from "../log.ts";
import { connectEngine } from "./client.ts";
import { readEndpoint } from "./endpoint.ts";
import { Inventory } from "./inventory/inventory.ts";
import { EngineWatch } from "./inventory/watch.ts";

let certificates: Certificates;
let lone: OwnEngine;
let port: number;

beforeAll(async () => {
  certificates = makeCertificates();
  for (const name of ["ours", "other"]) certificates.authority(name);
  certificates.signed("engine", "ours");
  certificates.signed("agent", "ours");
  certificates.signed("stranger", "other");
  certificates.signed("expired", "ours", "-1");
  port = await freePort();
  const args = ["-H", `tcp://127.0.0.1:${port}`, ...certificates.daemonArgs("engine", "ours")];
  // TLS is the same in every version, and this one sees the files of this test.
  lone = await startEngine({ version: "20.10", args });
});

afterAll(async () => {
  await lone.remove();
  certificates.remove();
});

async function statusOf(environment: Record<string, string>) {
  const engine = connectEngine(readEndpoint(environment, certificates.directory));
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
  DOCKER_CERT_PATH: certificates.pathOf(client, ca),
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
