import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  testIssuer as issuer,
  newSigstore,
  testSubject as subject,
  type TestSigstore,
} from "../../proto/src/signatures/sigstore.fixture.ts";
import { type PushedImage, pushImage } from "../harness/images.ts";
import type { ContainerImage, Plan, PlanStep } from "../harness/resources.ts";
import { digestRow, type Rollout, rollout } from "../harness/rollout.ts";
import { pushBundle, pushSignature } from "../harness/signatures.ts";
import { type JoinedServer, joinServer, type Site, startSite } from "../harness/site.ts";

/** Signatures by identities, and a host whose owner demands signatures whatever the control plane says. */

const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const publicKey = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
const identities = [{ issuer, subject }];
let directory: string;
let trustRoot: string;
let sigstore: TestSigstore;
let site: Site;
let rolling: Rollout;
let host: JoinedServer;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "bridgeport-signatures-"));
  trustRoot = join(directory, "trusted_root.json");
  sigstore = await newSigstore();
  writeFileSync(trustRoot, sigstore.trustRoot);
  site = await startSite({ env: { BRIDGEPORT_SIGSTORE_TRUST_ROOT: trustRoot } });
  rolling = rollout(site, (await site.connect()).id);
  const signatures = [
    { images: [`${site.registry.host}/by-key/*`], keys: [publicKey] },
    { images: [`${site.registry.host}/by-identity/*`], identities, trustRoot },
  ];
  host = await joinServer(site, "guarded", { policy: { signatures } });
});
afterAll(async () => {
  await host?.remove();
  await site?.remove();
  rmSync(directory, { recursive: true, force: true });
});

const byKey = (image: PushedImage) =>
  pushSignature(site.registry, image, (bytes) =>
    sign("sha256", bytes, pair.privateKey).toString("base64"),
  );

/** v1 runs on the guarded host since before its owner demanded anything, and v2 is there to be deployed. */
async function versions(repository: string, name: string) {
  const push = (version: string, created: string) =>
    pushImage(site.registry, repository, `v${version}`, { version, created });
  const one = await push("1", "2026-01-01T00:00:00Z");
  await host.docker.run("run", "-d", "--name", name, one.reference);
  await site.service(name, host.server.id);
  const two = await push("2", "2026-02-01T00:00:00Z");
  return { one, two, image: await rolling.synced(one.name) };
}

async function planOf(image: ContainerImage, target: PushedImage): Promise<Plan> {
  return site.api.planEnd((await rolling.start(image, target)).id);
}

/** What a dry run says against it; null: nothing. */
async function dryRun(image: ContainerImage, target: PushedImage): Promise<string | null> {
  const { id } = await rolling.plan(image, target);
  const { steps } = await site.api.post<{ steps: PlanStep[] }>(
    `/api/deployment-plans/${id}/execute?dryRun=true`,
  );
  return steps.find(({ action }) => action === "deploy")?.error ?? null;
}

async function expectRefused(name: string, image: ContainerImage, two: PushedImage, why: RegExp) {
  const before = await host.docker.inspect(name);
  const refused = await planOf(image, two);
  expect(refused).toMatchObject({ status: "failed", error: expect.stringMatching(why) });
  expect(refused.steps.map(({ action, status }) => `${action} ${status}`)).toEqual([
    ...["pull failed", "deploy skipped", "health_check skipped"],
  ]);
  const after = await host.docker.inspect(name);
  expect(after).toMatchObject({ Id: before.Id, State: { StartedAt: before.State.StartedAt } });
}

test("the host refuses what none of its keys has signed, and says so before anything is touched", async () => {
  const { server } = await site.api.get<{ server: { policy: { summary: string } } }>(
    `/api/servers/${host.server.id}`,
  );
  expect(server.policy.summary).toMatch(/^Wants 2 image patterns signed\./);
  const { one, two, image } = await versions("by-key/app", "by-key");
  const why =
    /The policy of this server runs .*\/by-key\/app only if it is signed by SHA-256 .* has no signature/;
  expect(await dryRun(image, two)).toMatch(why);
  await expectRefused("by-key", image, two, why);
  await byKey(two);
  expect(await dryRun(image, two)).toBeNull();
  const plan = await planOf(image, two);
  expect(plan).toMatchObject({ status: "completed" });
  expect((await host.docker.inspect("by-key")).Config.Image).toContain(`@${two.digest}`);
  // What ran before is gone back to without a signature.
  expect((await rolling.rollBack(plan)).status).toBe("rolled_back");
  expect((await host.docker.inspect("by-key")).Config.Image).toContain(one.name);
});

test("a signature of one platform is none of the image", async () => {
  const { image } = await versions("by-key/platforms", "by-key-platforms");
  const platforms = ["linux/amd64", "linux/arm64"];
  const many = await pushImage(site.registry, "by-key/platforms", "v3", {
    ...{ version: "3", created: "2026-03-01T00:00:00Z", platforms },
  });
  const synced = await rolling.synced(image.imageName);
  const [first] = many.manifests;
  await byKey({ ...many, digest: first?.digest ?? "" });
  await expectRefused("by-key-platforms", synced, many, /has no signature/);
  await byKey(many);
  expect(await planOf(synced, many)).toMatchObject({ status: "completed" });
});

test("an identity counts for a rule of the control plane and for the host", async () => {
  const { two, image } = await versions("by-identity/app", "by-identity");
  const rule = `/api/container-images/${image.id}/signature-rule`;
  const saved = await site.api.request("PUT", rule, { mode: "require", identities });
  expect(saved).toMatchObject({ status: 200, body: { rule: { identities } } });
  const { id } = digestRow(image, two);
  const deploy = () =>
    site.api.request("POST", `/api/container-images/${image.id}/deploy`, { imageDigestId: id });
  const stranger = "https://github.com/evil/x/.github/workflows/a.yml@refs/heads/main";
  await pushBundle(site.registry, two, await sigstore.sign(two.digest, { subject: stranger }));
  expect(await deploy()).toMatchObject({
    status: 400,
    body: { code: "signature_required", error: expect.stringContaining(stranger) },
  });
  // Without the rule it is the host that refuses.
  await site.api.delete(rule);
  await expectRefused(
    "by-identity",
    image,
    two,
    /only if it is signed by https:\/\/github\.com\/acme/,
  );

  await site.api.request("PUT", rule, { mode: "require", identities });
  await pushBundle(site.registry, two, await sigstore.sign(two.digest));
  expect(await planOf(image, two)).toMatchObject({
    status: "completed",
    signature: { verdict: "signed", signedBy: [subject], seen: [{ issuer, subject }] },
  });
});

test("a control plane does not start with a trust root that cannot be used", async () => {
  const broken = join(directory, "broken.json");
  writeFileSync(broken, "{}");
  const start = startSite({ env: { BRIDGEPORT_SIGSTORE_TRUST_ROOT: broken } });
  await expect(start).rejects.toThrow(
    /BRIDGEPORT_SIGSTORE_TRUST_ROOT=".*broken\.json" cannot be used: it is no trust root of Sigstore/,
  );
});
