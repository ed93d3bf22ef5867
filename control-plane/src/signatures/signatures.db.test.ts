import { readTrustRoot } from "@bridgeport/proto/signatures";
import {
  bundleOf,
  newSigner,
  newSigstore,
  type TestSigstore,
  testIssuer,
  testSubject,
} from "@bridgeport/proto/signing-fixture";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { everywhere, system } from "../actor.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { type ImageWorld, newImageWorld } from "../images/image-world.fixture.ts";
import { createPlan, executePlan } from "../plans/create-plan.ts";
import { deployOf, newWorld } from "../plans/plan-world.fixture.ts";
import { readPlan } from "../plans/plans.store.ts";
import { requireSignature, type SignatureParts } from "./gate.ts";
import { pushBundle, pushSimple } from "./pushing.fixture.ts";
import { setRule } from "./rules.store.ts";
import { signaturesRoutes } from "./signatures.routes.ts";

/** Rules, and what becomes of a digest under them, with a registry that is asked. */

let rig: TestDatabase;
let world: ImageWorld;
let api: TestApi;
let digest: string;
let digestId: string;
const signer = newSigner();
const release = { name: "release", publicKey: signer.publicKey };

beforeAll(async () => {
  rig = await openTestDatabase();
});
beforeEach(async () => {
  world = await newImageWorld(rig.database);
  digest = world.double.push("app", "v1");
  await world.sync();
  digestId = await idOf(digest);
  api = testApi(signaturesRoutes({ database: rig.database, images: world.sources }));
  api.actor = { ...system, roles: everywhere("admin") };
});
afterEach(() => world.close());
afterAll(() => rig.close());

async function idOf(manifestDigest: string): Promise<string> {
  const [row] = await rig.database<{ id: string }[]>`
    select id from image_digests
    where container_image_id = ${world.imageId} and manifest_digest = ${manifestDigest}`;
  return row?.id ?? "";
}

const require_ = (body: object = { mode: "require", keys: [release] }, path = imagePath()) =>
  api.put(path, body);
const imagePath = () => `/container-images/${world.imageId}/signature-rule`;
const asked = () =>
  requireSignature({ database: rig.database, images: world.sources }, world.imageId, digestId);

describe("where a signature is required", () => {
  beforeEach(async () => {
    expect((await require_()).status).toBe(200);
  });

  test("a digest without one is refused, with what to do", async () => {
    await expect(asked()).rejects.toMatchObject({
      kind: "invalid",
      code: "signature_required",
      message: expect.stringMatching(/^sha256:.*… has no signature, .* by "release": sign exactly/),
    });
  });

  test("a digest that the key has signed is let through", async () => {
    pushSimple(world.double, "app", signer, digest);
    expect(await asked()).toMatchObject({ verdict: "signed", signedBy: ["release"] });
  });

  test("a bundle among its referrers counts as well", async () => {
    pushBundle(world.double, "app", digest, bundleOf(signer, digest));
    expect(await asked()).toMatchObject({ verdict: "signed", signedBy: ["release"] });
  });

  test("a tag that moved after it was signed is not signed", async () => {
    pushSimple(world.double, "app", signer, digest);
    const moved = world.double.push("app", "v1", { content: "evil" });
    await world.sync();
    digestId = await idOf(moved);
    await expect(asked()).rejects.toThrow("has no signature");
  });

  test("another image's signature that is put beside it does not count", async () => {
    pushSimple(world.double, "app", signer, digest, `sha256:${"b".repeat(64)}`);
    await expect(asked()).rejects.toThrow("has only a signature of another image");
  });

  test("another key's signature does not count", async () => {
    pushSimple(world.double, "app", newSigner(), digest);
    await expect(asked()).rejects.toThrow("has only signatures by other keys");
  });

  test("an SBOM by the same key does not count", async () => {
    const sbom = bundleOf(signer, digest, "https://cyclonedx.org/bom");
    pushBundle(world.double, "app", digest, sbom);
    await expect(asked()).rejects.toThrow("has only other statements by that signer");
  });

  test("nothing is let through while the registry cannot be asked", async () => {
    pushSimple(world.double, "app", signer, digest);
    world.double.faults.push((_, response) => {
      response.writeHead(503).end();
      return true;
    });
    await expect(asked()).rejects.toMatchObject({
      code: "signature_required",
      message: expect.stringMatching(/^Whether sha256:.* is signed is not known: /),
    });
  });
});

test("where signatures are only looked for, the finding says what is missing", async () => {
  await require_({ mode: "warn", keys: [release] });
  expect(await asked()).toMatchObject({ mode: "warn", verdict: "not_signed", signedBy: [] });
  const answer = await api.get(`/container-images/${world.imageId}/digests/${digestId}/signatures`);
  expect(answer.body).toMatchObject({ signature: { verdict: "not_signed" } });
});

describe("where a signature by an identity is required", () => {
  let sigstore: TestSigstore;
  let images: SignatureParts["images"];
  const identities = [{ issuer: testIssuer, subject: testSubject }];
  const askedNow = () =>
    requireSignature({ database: rig.database, images }, world.imageId, digestId);

  beforeAll(async () => {
    sigstore = await newSigstore();
  });
  beforeEach(async () => {
    const trustRoot = await readTrustRoot(sigstore.trustRoot);
    if (typeof trustRoot === "string") throw new Error(trustRoot);
    images = { repositoryOf: world.sources.repositoryOf, trustRoot };
    api = testApi(signaturesRoutes({ database: rig.database, images }));
    api.actor = { ...system, roles: everywhere("admin") };
    const answer = await require_({ mode: "require", identities });
    expect(answer.body.rule).toMatchObject({ mode: "require", keys: [], identities });
  });

  test("a digest that it has signed is let through, and shown with who signed it and when", async () => {
    const signedAt = new Date("2026-03-01T12:00:00Z");
    pushBundle(world.double, "app", digest, await sigstore.sign(digest, { signedAt }));
    const seen = {
      ...{ counts: true, key: null, why: null, issuer: testIssuer, subject: testSubject },
      signedAt: signedAt.toISOString(),
    };
    expect(await askedNow()).toMatchObject({
      verdict: "signed",
      signedBy: [testSubject],
      seen: [seen],
    });
    const path = `/container-images/${world.imageId}/digests/${digestId}/signatures`;
    expect((await api.get(path)).body).toMatchObject({ seen: [seen], error: null });
  });

  test("another's signature is refused and names who made it", async () => {
    const by = { subject: "https://github.com/evil/x/.github/workflows/a.yml@refs/heads/main" };
    pushBundle(world.double, "app", digest, await sigstore.sign(digest, by));
    await expect(askedNow()).rejects.toThrow(
      /has only signatures by others, such as https:\/\/github\.com\/evil\/x.* wants one by "https:\/\/github\.com\/acme/,
    );
  });

  test("a tag that moved after it was signed is not signed", async () => {
    pushBundle(world.double, "app", digest, await sigstore.sign(digest));
    const moved = world.double.push("app", "v1", { content: "evil" });
    await world.sync();
    digestId = await idOf(moved);
    await expect(askedNow()).rejects.toThrow("has no signature");
    // Nor where its signature is put beside the other image.
    pushBundle(world.double, "app", moved, await sigstore.sign(digest));
    await expect(askedNow()).rejects.toThrow("has only a signature of another image");
  });

  test("a control plane without the trust root lets nothing through", async () => {
    pushBundle(world.double, "app", digest, await sigstore.sign(digest));
    await expect(asked()).rejects.toThrow(/there is no trust root to check that with/);
  });

  test("the audit says whose signatures count", async () => {
    const [entry] = await rig.database`
      select details from audit_logs where action = 'set_signature_rule'
        and resource_id = ${world.imageId}`;
    expect(entry).toMatchObject({ details: { identities: [`${testSubject} (${testIssuer})`] } });
  });
});

test("what signs a digest is shown where no rule asks for any", async () => {
  const path = `/container-images/${world.imageId}/digests/${digestId}/signatures`;
  expect((await api.get(path)).body).toEqual({ signature: null, seen: [], error: null });
  pushSimple(world.double, "app", signer, digest);
  expect((await api.get(path)).body).toMatchObject({
    signature: null,
    seen: [{ counts: false, why: "It is by a key that no rule of this image names." }],
  });
  world.double.faults.push((_, response) => {
    response.writeHead(503).end();
    return true;
  });
  expect((await api.get(path)).body).toMatchObject({ seen: [], error: expect.stringMatching(/./) });
});

test("the nearest rule counts: the image's, else its registry's, else its environment's", async () => {
  const effective = async () => (await api.get(imagePath())).body.effective;
  expect(await effective()).toBeNull();
  expect(await asked()).toBeNull();
  const environment = `/environments/${world.environmentId}/signature-rule`;
  const registry = `/registries/${world.registryId}/signature-rule`;
  await require_({ mode: "require", keys: [release] }, environment);
  expect(await effective()).toMatchObject({ mode: "require", from: "environment" });
  await require_({ mode: "warn", keys: [release] }, registry);
  expect(await effective()).toMatchObject({ mode: "warn", from: "registry" });
  await require_({ mode: "none" });
  expect(await effective()).toMatchObject({ mode: "none", from: "image" });
  expect(await asked()).toBeNull();
  await api.delete(imagePath());
  await api.delete(registry);
  expect(await effective()).toMatchObject({ mode: "require", from: "environment" });
});

test.each([
  [{ mode: "require", keys: [] }, /give at least one/],
  [{ mode: "warn" }, /give at least one/],
  [{ mode: "require", keys: [{ name: "x", publicKey: "y" }] }, /keys\.0\.publicKey: .*cosign\.pub/],
  [{ mode: "require", keys: [release, release] }, /same name/],
  [{ mode: "always", keys: [release] }, /mode/],
  [
    { mode: "require", identities: [{ issuer: "x", subject: "*" }] },
    /identities\.0: the issuer "x"/,
  ],
  [
    { mode: "require", identities: [{ issuer: testIssuer, subject: "*" }] },
    /identities\.0: the subject "\*" may mean every user/,
  ],
  [
    { mode: "require", identities: [{ issuer: testIssuer, subject: testSubject }] },
    /no trust root .* BRIDGEPORT_SIGSTORE_TRUST_ROOT/,
  ],
])("a rule that nothing could meet is refused: %#", async (body, message) => {
  const answer = await require_(body);
  expect(answer.status).toBe(400);
  expect(answer.body.error).toMatch(message);
});

test("no plan is made of what is not signed, and one that waits is looked at again", async () => {
  const plans = await newWorld(rig.database);
  const parts = {
    database: rig.database,
    images: { repositoryOf: () => world.sources.repositoryOf(world.imageId) },
  };
  const waiting = await createPlan(parts, system, deployOf(plans, { execute: false }));
  await setRule(rig.database, "image", plans.imageId, {
    ...{ mode: "require", keys: [release], identities: [] },
  });
  const refused = { code: "signature_required" };
  await expect(createPlan(parts, system, deployOf(plans))).rejects.toMatchObject(refused);
  await expect(executePlan(parts, system, waiting)).rejects.toMatchObject(refused);
  // Nor is it looked at less closely when the digest is no longer among the image's.
  await rig.database`update deployment_plans set image_digest_id = null where id = ${waiting}`;
  await expect(executePlan(parts, system, waiting)).rejects.toMatchObject(refused);
  pushSimple(world.double, "app", signer, plans.digests[1]?.manifestDigest ?? "");
  await executePlan(parts, system, waiting);
  expect((await readPlan(rig.database, waiting))?.plan).toMatchObject({
    status: "running",
    signature: { verdict: "signed", signedBy: ["release"] },
  });
});

test("a change of a rule is in the audit, with the keys' fingerprints", async () => {
  await require_();
  const [entry] = await rig.database`
    select details from audit_logs where action = 'set_signature_rule'
      and resource_id = ${world.imageId}`;
  expect(entry).toMatchObject({
    details: { mode: "require", keys: [expect.stringMatching(/^release [0-9a-f]{64}$/)] },
  });
});
