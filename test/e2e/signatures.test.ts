import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Content, type PushedImage, pushImage } from "../harness/images.ts";
import { digestRow, type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";

/** Rules on signatures, with keys and signatures as cosign makes them, in a real registry. */

let site: Site;
let rolling: Rollout;
const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const publicKey = pair.publicKey.export({ type: "spki", format: "pem" }).toString();

beforeAll(async () => {
  site = await startSite();
  rolling = rollout(site, (await site.connect()).id);
});
afterEach(async () => {
  await site.api.delete(rule());
  await site.engine.clear();
});
afterAll(() => site?.remove());

const rule = () => `/api/environments/${site.environment.id}/signature-rule`;
const requireIt = () =>
  site.api.request("PUT", rule(), { mode: "require", keys: [{ name: "release", publicKey }] });

function content(mediaType: string, value: object): Content {
  const data = Buffer.from(JSON.stringify(value));
  const digest = `sha256:${createHash("sha256").update(data).digest("hex")}`;
  return { digest, mediaType, data };
}

/** What `cosign sign --key` pushes. */
async function pushSignature(image: PushedImage): Promise<void> {
  const payload = content("application/vnd.dev.cosign.simplesigning.v1+json", {
    critical: {
      identity: { "docker-reference": image.name },
      image: { "docker-manifest-digest": image.digest },
      type: "cosign container image signature",
    },
    optional: null,
  });
  const config = content("application/vnd.oci.image.config.v1+json", {
    architecture: "",
    os: "",
    rootfs: { type: "layers", diff_ids: [] },
  });
  const named = ({ mediaType, digest, data }: Content) => ({
    mediaType,
    digest,
    size: data.length,
  });
  const signature = sign("sha256", payload.data, pair.privateKey).toString("base64");
  const manifest = content("application/vnd.oci.image.manifest.v1+json", {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: named(config),
    layers: [
      {
        ...named(payload),
        annotations: { "dev.cosignproject.cosign/signature": signature },
      },
    ],
  });
  await pushImage(site.registry, image.repository, `${image.digest.replace(":", "-")}.sig`, {
    digest: manifest.digest,
    mediaType: manifest.mediaType,
    manifests: [manifest],
    blobs: [payload, config],
    platforms: [],
  });
}

test("what is not signed is refused before anything is touched, and goes once it is signed", async () => {
  const { two, image } = await rolling.versions("signed/app", ["signed-app"]);
  const before = await site.docker.inspect("signed-app");
  await requireIt();
  const refused = await site.api.request<{ error: string; code: string }>(
    "POST",
    `/api/container-images/${image.id}/deploy`,
    { imageDigestId: digestRow(image, two).id },
  );
  expect(refused).toMatchObject({
    status: 400,
    body: {
      code: "signature_required",
      error: expect.stringMatching(/has no signature, .* wants one by "release"/),
    },
  });
  await rolling.expectUntouched([before]);

  await pushSignature(two);
  const plan = await site.api.planEnd((await rolling.start(image, two)).id);
  expect(plan).toMatchObject({
    status: "completed",
    signature: { mode: "require", verdict: "signed", signedBy: ["release"] },
  });
  await rolling.expectRuns("signed-app", two);

  // Going back to what ran before asks for nothing.
  expect((await rolling.rollBack(plan)).status).toBe("rolled_back");
  expect((await site.docker.inspect("signed-app")).Image).toBe(before.Image);
});

test("a tag that moves after it was signed is refused", async () => {
  const { two, image } = await rolling.versions("signed/moved", ["signed-moved"]);
  const before = await site.docker.inspect("signed-moved");
  await pushSignature(two);
  await requireIt();
  await pushImage(site.registry, two.repository, "v2", {
    version: "evil",
    created: "2026-03-01T00:00:00Z",
  });
  const refused = await site.api.request<{ code: string }>(
    "POST",
    `/api/container-images/${image.id}/deploy`,
    { tag: "v2" },
  );
  expect(refused).toMatchObject({ status: 400, body: { code: "signature_required" } });
  await rolling.expectUntouched([before]);
});
