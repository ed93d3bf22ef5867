import { afterAll, beforeAll, expect, test } from "vitest";
import { type PushedImage, pushImage } from "../harness/images.ts";
import type { ContainerImage, Plan } from "../harness/resources.ts";
import { type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";

/*
 * One day of an image with versions and a rolling tag, as its updates tell it. Each test goes on where
 * the one before it ended. Dates are the builders', and lie.
 */

interface Update {
  digestId: string;
  bestTag: string | null;
  kind: string;
  reason: string;
}
interface Behind {
  image: { id: string; servicesCurrent: number; servicesTotal: number };
  update: Update & { manifestDigest: string };
  automatic: { reason: string; message: string };
  services: { name: string; update: Update }[];
}
type Image = ContainerImage & {
  update: Update | null;
  verdict: { kind: string; tag: string | null; digest: string | null; registryHost: string | null };
  newerOutsideFilter: { tags: string[]; suggestedFilter: string } | null;
  servicesCurrent: number;
  servicesTotal: number;
};

const repository = "shop/day";
let site: Site;
let rolling: Rollout;
let imageId: string;
const pushed = new Map<string, PushedImage>();

async function push(tags: string | string[], version: string, created: string): Promise<void> {
  const image = await pushImage(site.registry, repository, tags, {
    version,
    health: "healthy",
    created,
  });
  pushed.set(version, image);
}
const image = async (): Promise<Image> =>
  (await site.api.get<{ image: Image }>(`/api/container-images/${imageId}`)).image;
const check = () => site.api.post(`/api/container-images/${imageId}/check-updates`);
const updates = async (): Promise<Behind[]> =>
  (
    await site.api.get<{ updates: Behind[] }>(
      `/api/environments/${site.environment.id}/updates?limit=100`,
    )
  ).updates;
const policy = (body: object) =>
  site.api.patch(`/api/container-images/${imageId}/update-policy`, body);
const autoUpdate = (on: boolean) =>
  site.api.patch(`/api/container-images/${imageId}`, { autoUpdate: on });
const ownPlans = async (): Promise<Plan[]> => {
  const { plans } = await site.api.get<{ plans: Plan[] }>(
    `/api/environments/${site.environment.id}/deployment-plans?limit=100`,
  );
  return plans.filter(({ triggerType }) => triggerType === "auto_update");
};

beforeAll(async () => {
  site = await startSite();
  await push(["v1.0.0", "latest"], "1.0.0", "2026-01-01T00:00:00Z");
  for (const name of ["web-a", "web-b", "web-c"]) {
    await site.docker.run("run", "-d", "--name", name, pushed.get("1.0.0")?.reference ?? "");
    await site.service(name);
  }
  await push(["v1.0.1", "latest"], "1.0.1", "2026-02-01T00:00:00Z");
  rolling = rollout(site, (await site.connect()).id);
  imageId = (await rolling.synced(pushed.get("1.0.0")?.name ?? "", "v1.*.*")).id;
});
afterAll(() => site?.remove());

test("morning: what nobody deployed through us is behind, and the evidence is named", async () => {
  const [behind] = await updates();
  expect(behind).toMatchObject({
    image: { servicesCurrent: 3, servicesTotal: 3 },
    update: { bestTag: "v1.0.1", kind: "patch", manifestDigest: pushed.get("1.0.1")?.digest },
    automatic: { reason: "auto_update_off" },
    services: [{ name: "web-a" }, { name: "web-b" }, { name: "web-c" }],
  });
  expect(await image()).toMatchObject({
    verdict: {
      kind: "update",
      tag: "v1.0.1",
      digest: pushed.get("1.0.1")?.digest,
      registryHost: site.registry.host,
    },
  });
});

test("a deploy to one of three leaves two behind, and auto-update brings those along", async () => {
  const b = await site.service("web-b");
  const plan = await rolling.deploy(imageId, { tag: "v1.0.1", serviceIds: [b.id] });
  expect(plan.status).toBe("completed");
  expect(await image()).toMatchObject({
    updateAvailable: true,
    servicesCurrent: 1,
    servicesTotal: 3,
  });
  const container = await site.docker.inspect("web-b");
  await autoUpdate(true);
  await site.api.until<{ image: Image }>(
    `/api/container-images/${imageId}`,
    ({ image: now }) => now.servicesCurrent === 3 && !now.updateAvailable,
    { what: "all three to be current" },
  );
  const [own] = await ownPlans();
  const deployed = own?.steps.filter(({ action }) => action === "deploy");
  expect(deployed?.map(({ service }) => service?.name)).toEqual(["web-a", "web-c"]);
  await rolling.expectUntouched([container]);
});

test("noon: a major version is outside the filter, and only hinted at", async () => {
  await push("v2.0.0", "2.0.0", "2026-03-01T00:00:00Z");
  await check();
  expect(await image()).toMatchObject({
    updateAvailable: false,
    verdict: { kind: "none" },
    newerOutsideFilter: { tags: ["v2.0.0"], suggestedFilter: "v*.*.*" },
  });
});

test("a policy without major versions leaves it alone inside the filter, and says so", async () => {
  await policy({ kinds: ["rebuild", "patch", "minor"] });
  await site.api.patch(`/api/container-images/${imageId}`, { tagFilter: "v*.*.*" });
  await check();
  const [behind] = await updates();
  expect(behind).toMatchObject({
    update: { bestTag: "v2.0.0", kind: "major" },
    automatic: { reason: "kind_not_allowed" },
  });
  expect(await image()).toMatchObject({ newerOutsideFilter: null });
});

test("a backport is deployed where the policy stops at it, and the major version stays shown", async () => {
  await push("v1.0.2", "1.0.2", "2026-04-01T00:00:00Z");
  await check();
  await site.api.until<{ image: Image }>(
    `/api/container-images/${imageId}`,
    ({ image: now }) => now.deployedDigest === pushed.get("1.0.2")?.digest,
    { what: "the backport to be deployed" },
  );
  for (const name of ["web-a", "web-b", "web-c"]) {
    await rolling.expectRuns(name, pushed.get("1.0.2") as PushedImage, "v1.0.2");
  }
});

test("afternoon: a lower version that is pushed last is shown and never installed", async () => {
  await policy({ kinds: ["rebuild", "patch", "minor", "major"] });
  const plan = await rolling.deploy(imageId, { tag: "v2.0.0" });
  expect(plan.status).toBe("completed");
  const before = (await ownPlans()).length;
  await push("v1.0.3", "1.0.3", "2026-05-01T00:00:00Z");
  await check();
  const [behind] = await updates();
  expect(behind).toMatchObject({
    update: { bestTag: "v1.0.3", kind: "older" },
    automatic: { reason: "older_version" },
  });
  await check();
  expect((await ownPlans()).length).toBe(before);
  await rolling.expectRuns("web-a", pushed.get("2.0.0") as PushedImage, "v2.0.0");
});

test("evening: a rolling tag that steps back is followed, and called an older build", async () => {
  await autoUpdate(false);
  await site.api.patch(`/api/container-images/${imageId}`, { tagFilter: "latest" });
  await check();
  const deployed = await rolling.deploy(imageId, { tag: "latest" });
  expect(deployed.status).toBe("completed");
  await push("latest", "back", "2025-06-01T00:00:00Z");
  await check();
  expect(await image()).toMatchObject({
    updateAvailable: true,
    update: { bestTag: "latest", kind: "rebuild", reason: expect.stringContaining("older") },
  });
});

test("night: a minimum age counts from when it was seen, and a skip ends it for this digest", async () => {
  await policy({ minimumAgeMinutes: 60 });
  await autoUpdate(true);
  const [behind] = await updates();
  expect(behind).toMatchObject({ automatic: { reason: "too_young" } });
  const digestId = behind?.update.digestId ?? "";
  const path = `/api/container-images/${imageId}/digests/${digestId}/skip`;
  await site.api.post(path, { reason: "It is last year's." });
  expect(await updates()).toEqual([]);
  expect(await image()).toMatchObject({ verdict: { kind: "skipped" } });
});
