import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Certificates, makeCertificates } from "../harness/certificates.ts";
import { type Engine, startEngine } from "../harness/engine.ts";
import { freePort } from "../harness/ports.ts";
import { rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";
import { startSystem } from "../harness/system.ts";
import { waitFor } from "../harness/wait.ts";

let certificates: Certificates;
let port: number;

// TLS is the same in every version, and this one, unlike those in a root of their own, sees the files.
const engineOverTls = () => ({
  version: "20.10" as const,
  args: ["-H", `tcp://127.0.0.1:${port}`, ...certificates.daemonArgs("engine", "ours")],
});

beforeAll(async () => {
  certificates = makeCertificates();
  for (const name of ["ours", "other"]) certificates.authority(name);
  certificates.signed("engine", "ours");
  certificates.signed("agent", "ours");
  certificates.signed("stranger", "other");
  port = await freePort();
});
afterAll(() => certificates.remove());

const dockerHost = () => `tcp://127.0.0.1:${port}`;

describe("an engine on TCP with TLS", () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite({
      engine: engineOverTls(),
      dockerHost: async () => dockerHost(),
      env: { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: certificates.pathOf("agent", "ours") },
    });
  });
  afterAll(() => site?.remove());

  test("is a server of the local agent, with which a deploy and a rollback work", async () => {
    const rolling = rollout(site, (await site.connect()).id);
    const { one, two, image } = await rolling.versions("over/tls", ["web"]);
    const plan = await site.api.planEnd((await rolling.start(image, two)).id);
    expect(plan.status).toBe("completed");
    await rolling.expectRuns("web", two);
    await rolling.rollBack(plan);
    await rolling.expectRuns("web", one);
  });
});

describe("an engine that does not let the local agent in", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(engineOverTls());
  });
  afterAll(() => engine?.remove());

  test.each<[string, () => Record<string, string>, RegExp]>([
    [
      "a certificate of another authority",
      () => ({ DOCKER_CERT_PATH: certificates.pathOf("stranger", "ours") }),
      /does not accept the agent's/,
    ],
    [
      "an engine of another authority",
      () => ({ DOCKER_CERT_PATH: certificates.pathOf("agent", "other") }),
      /not signed by the authority in ca\.pem/,
    ],
    [
      "a directory without certificates",
      () => ({ DOCKER_CERT_PATH: "/nonexistent" }),
      /there is no \/nonexistent\/ca\.pem/,
    ],
  ])("because of %s is named in one line of the log", async (_, more, sentence) => {
    const env = { DOCKER_TLS_VERIFY: "1", ...more() };
    const system = await startSystem({ dockerHost: dockerHost(), env });
    try {
      const said = () =>
        system
          .output()
          .split("\n")
          .filter((line) => sentence.test(line));
      await waitFor(() => said().length > 0, {
        what: "the reason",
        explain: () => system.output(),
      });
      expect(said()).toHaveLength(1);
      expect(said()[0]).toContain("no local agent: ");
    } finally {
      await system.remove();
    }
  });
});
