import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Health } from "../harness/image-build.ts";
import { type PushedImage, pushImage } from "../harness/images.ts";
import { type Receiver, startReceiver } from "../harness/receiver.ts";
import { type Registry, startRegistry } from "../harness/registry.ts";
import type {
  ContainerImage,
  HistoryEntry,
  Plan,
  SyncResult,
  UpdateStatus,
} from "../harness/resources.ts";
import { digestRow, type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";
import { waitFor } from "../harness/wait.ts";

// One image's life, stage by stage: each test goes on where the one before it ended.
const secret = "between registry and product";
const signing = "between product and receiver";
const containers = ["one", "two"];
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

let site: Site;
let registry: Registry;
let receiver: Receiver;
let webhookId: string;
let rolling: Rollout;
let image: ContainerImage;
const versions: PushedImage[] = [];

beforeAll(async () => {
  [site, receiver] = await Promise.all([
    startSite({ env: { WEBHOOK_SECRET: secret } }),
    startReceiver(),
  ]);
  registry = await startRegistry({
    notifications: {
      url: `${site.system.url}/api/webhooks/registry`,
      headers: { Authorization: `Bearer ${secret}` },
    },
  });
  rolling = rollout(site, (await site.connect(registry.host)).id);
  const first = await push("2026-01-01T00:00:00Z");
  for (const name of containers) {
    await site.docker.run("run", "-d", "--name", name, first.reference);
    await site.service(name);
  }
  image = await rolling.synced(first.name, "latest");
  expect((await rolling.deploy(image.id, { tag: "latest" })).status).toBe("completed");
  const { webhook } = await site.api.post<{ webhook: { id: string } }>("/api/admin/webhooks", {
    name: "watcher",
    url: `${receiver.url}/watcher`,
    secret: signing,
    events: [
      "image.update_available",
      "deployment.started",
      "deployment.succeeded",
      "deployment.rolled_back",
    ],
  });
  webhookId = webhook.id;
});
afterAll(async () => {
  await registry?.remove();
  await receiver?.close();
  await site?.remove();
});

/** The next version, as a build of just now; the registry tells the product of it. */
async function push(created = new Date().toISOString(), health: Health = "healthy") {
  const pushed = await pushImage(registry, "shop/auto", "latest", {
    version: String(versions.length + 1),
    health,
    created,
  });
  versions.push(pushed);
  return pushed;
}

const change = (body: Record<string, unknown>) =>
  site.api.patch(`/api/container-images/${image.id}`, body);

const policy = (body: Record<string, unknown>) =>
  site.api.patch(`/api/container-images/${image.id}/update-policy`, body);

const quarantine = async () =>
  (
    await site.api.get<{ quarantine: { digestId: string; planId: string; reason: string }[] }>(
      `/api/container-images/${image.id}/quarantine`,
    )
  ).quarantine;

/** Waits until the image says this of itself. */
async function untilStatus(reason: string): Promise<UpdateStatus> {
  const { status } = await site.api.until<{ status: UpdateStatus }>(
    `/api/container-images/${image.id}/update-status`,
    (body) => body.status.reason === reason,
    { what: `the update to be ${reason}` },
  );
  return status;
}

/** Plans that auto-update made, the latest first. */
async function ownPlans(): Promise<Plan[]> {
  const { plans } = await site.api.get<{ plans: Plan[] }>(
    `/api/environments/${site.environment.id}/deployment-plans?limit=100`,
  );
  return plans.filter(({ triggerType }) => triggerType === "auto_update");
}

/** The end of the plan that auto-update makes next, after so many. */
async function nextPlan(before: number): Promise<Plan> {
  const plan = await waitFor(
    async () => {
      const plans = await ownPlans();
      return plans.length > before && plans[0];
    },
    { what: "auto-update to make a plan" },
  );
  return site.api.planEnd(plan.id);
}

const expectRun = (version: PushedImage | undefined) =>
  Promise.all(containers.map((name) => rolling.expectRuns(name, version as PushedImage, "latest")));

describe("an update that may not be applied yet", () => {
  test("is shown, with auto-update off as the reason", async () => {
    const two = await push();
    const status = await untilStatus("auto_update_off");
    expect(status).toMatchObject({
      autoUpdate: false,
      updating: false,
      digest: { manifestDigest: two.digest, bestTag: "latest" },
    });
    expect((await site.image(two.name)).updateAvailable).toBe(true);
    expect(await ownPlans()).toEqual([]);
  });

  test("waits for its window", async () => {
    const day = (new Date().getUTCDay() + 3) % 7;
    await policy({ windows: [{ days: [days[day]], from: "02:00", to: "03:00" }] });
    await change({ autoUpdate: true });
    const { until, message } = await untilStatus("outside_window");
    const opens = new Date(until ?? "");
    expect([opens.getUTCDay(), opens.getUTCHours(), opens.getUTCMinutes()]).toEqual([day, 2, 0]);
    expect(message).toMatch(/window/);
  });

  test("and for its age", async () => {
    await policy({ windows: [], minimumAgeMinutes: 60 });
    // Not from its build date, which is months ago.
    const { until, digest } = await untilStatus("too_young");
    expect(Date.parse(until ?? "") - Date.parse(digest?.since ?? "")).toBe(3_600_000);
    expect(await ownPlans()).toEqual([]);
  });
});

test("is deployed to every service by itself as soon as nothing speaks against it", async () => {
  await policy({ minimumAgeMinutes: 0 });
  const plan = await nextPlan(0);
  expect(plan).toMatchObject({
    status: "completed",
    autoRollback: true,
    imageDigest: versions[1]?.digest,
  });
  await expectRun(versions[1]);
  await untilStatus("up_to_date");
  const { history } = await site.api.get<{ history: HistoryEntry[] }>(
    `/api/container-images/${image.id}/history`,
  );
  expect(history[0]).toMatchObject({ status: "success", planId: plan.id, deployedBy: "system" });
  expect(history[0]?.services.map(({ name }) => name).sort()).toEqual(containers);
});

describe("an update that fails", () => {
  let bad: PushedImage;

  test("is rolled back everywhere and put into quarantine", async () => {
    bad = await push(undefined, "unhealthy");
    const plan = await nextPlan(1);
    expect(plan).toMatchObject({ status: "rolled_back", imageDigest: bad.digest });
    await expectRun(versions[1]);
    const { message } = await untilStatus("quarantined");
    expect(message).toMatch(/rolled back.*release/);
    expect(await quarantine()).toMatchObject([{ planId: plan.id, reason: expect.any(String) }]);
    expect(await site.image(bad.name)).toMatchObject({
      updateAvailable: false,
      updateReason: "quarantined",
    });
  });

  test("is not tried again, however often the registry is asked", async () => {
    for (let round = 0; round < 3; round++) {
      await site.api.post<SyncResult>(`/api/container-images/${image.id}/check-updates`);
    }
    await change({ autoUpdate: false });
    await change({ autoUpdate: true });
    expect((await untilStatus("quarantined")).updating).toBe(false);
    expect(await ownPlans()).toHaveLength(2);
  });

  test("until a person releases it", async () => {
    const { id } = digestRow(await site.image(bad.name), bad);
    await site.api.delete(`/api/container-images/${image.id}/quarantine/${id}`);
    const plan = await nextPlan(2);
    expect(plan).toMatchObject({ status: "rolled_back", imageDigest: bad.digest });
    await untilStatus("quarantined");
    expect(await quarantine()).toMatchObject([{ digestId: id, planId: plan.id }]);
    const { logs } = await site.api.get<{ logs: unknown[] }>(
      "/api/audit-logs?action=release_digest",
    );
    expect(logs).toMatchObject([{ resourceId: image.id, actorName: site.system.admin.email }]);
  });

  test("or something newer appears", async () => {
    const good = await push();
    expect(await nextPlan(3)).toMatchObject({ status: "completed", imageDigest: good.digest });
    await expectRun(good);
    await untilStatus("up_to_date");
    expect(await ownPlans()).toHaveLength(4);
  });
});

test("all of it was told, in order, once, and signed", async () => {
  const expected = [
    "image.update_available 2",
    "deployment.started 2",
    "deployment.succeeded 2",
    "image.update_available 3",
    "deployment.started 3",
    "deployment.rolled_back 3",
    // Released from quarantine it is an update again, of which everybody has been told.
    "deployment.started 3",
    "deployment.rolled_back 3",
    "image.update_available 4",
    "deployment.started 4",
    "deployment.succeeded 4",
  ];
  const told = await waitFor(
    () => {
      const all = receiver.at("/watcher");
      return all.length >= expected.length && all;
    },
    { what: "all events", explain: () => receiver.received.map(({ text }) => text).join("\n") },
  );
  const payloads = told.map(({ text }) => JSON.parse(text));
  expect(
    payloads.map(({ event, data }) => {
      const at = versions.findIndex(({ digest }) => digest === data.digest);
      return `${event} ${at + 1}`;
    }),
  ).toEqual(expected);
  for (const { headers, text } of told) {
    expect(headers["x-webhook-signature"]).toBe(
      `sha256=${createHmac("sha256", signing).update(text).digest("hex")}`,
    );
  }
  expect(payloads[0]).toMatchObject({
    environment: { id: site.environment.id },
    data: { image: { id: image.id }, tag: "latest" },
  });
  await site.api.until<{ deliveries: { status: string; attempts: number }[] }>(
    `/api/admin/webhooks/${webhookId}/deliveries?limit=100`,
    ({ deliveries }) =>
      deliveries.length === expected.length &&
      deliveries.every(({ status, attempts }) => status === "succeeded" && attempts === 1),
  );
});
