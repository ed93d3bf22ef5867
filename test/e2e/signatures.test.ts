import { generateKeyPairSync, sign } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type PushedImage, pushImage } from "../harness/images.ts";
import { digestRow, type Rollout, rollout } from "../harness/rollout.ts";
import { pushSignature } from "../harness/signatures.ts";
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

const signed = (image: PushedImage) =>
  pushSignature(site.registry, image, (bytes) =>
    sign("sha256", bytes, pair.privateKey).toString("base64"),
  );
const rule = () => `/api/environments/${site.environment.id}/signature-rule`;
const requireIt = () =>
  site.api.request("PUT", rule(), { mode: "require", keys: [{ name: "release", publicKey }] });

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

  await signed(two);
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
  await signed(two);
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
