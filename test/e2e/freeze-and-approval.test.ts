import { afterAll, beforeAll, expect, test } from "vitest";
import { type PushedImage, pushImage } from "../harness/images.ts";
import type { Plan } from "../harness/resources.ts";
import { type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";

/* What keeps a plan from starting: a freeze, and an approval that is missing. */

let site: Site;
let rolling: Rollout;

beforeAll(async () => {
  site = await startSite();
  rolling = rollout(site, (await site.connect()).id);
});
afterAll(() => site?.remove());

const environment = () => `/api/environments/${site.environment.id}`;
const plansOf = async () =>
  (await site.api.get<{ plans: Plan[] }>(`${environment()}/deployment-plans`)).plans;

test("a frozen environment refuses a deploy with the reason, and lets one of before go back", async () => {
  const { one, two, image } = await rolling.versions("frozen/app", ["frozen"]);
  const plan = await site.api.planEnd((await rolling.start(image, two)).id);
  expect(plan.status).toBe("completed");
  const until = "2999-01-31T17:00:00.000Z";
  await site.api.request("PUT", `${environment()}/freeze`, { until, reason: "release week" });

  const refused = await site.api.request<{ error: string; code: string }>(
    "POST",
    `/api/container-images/${image.id}/deploy`,
    { tag: "v1" },
  );
  expect([refused.status, refused.body.code]).toEqual([409, "environment_frozen"]);
  expect(refused.body.error).toContain(`frozen until ${until}`);
  expect(refused.body.error).toContain("release week");
  await rolling.expectRuns("frozen", two);

  expect((await rolling.rollBack(plan)).status).toBe("rolled_back");
  expect((await site.docker.inspect("frozen")).Image).toBe(site.engine.imageId(one));
  await site.api.delete(`${environment()}/freeze`);
});

test("of an image's updates that wait for approval only the newest is left, and is what is deployed", async () => {
  await site.api.patch(`${environment()}/settings/operations`, { requiredApprovals: 1 });
  const { image } = await rolling.versions("waits/app", ["waits"]);
  await site.api.patch(`/api/container-images/${image.id}`, { autoUpdate: true });
  const waits = async (digest: string): Promise<Plan> => {
    const { plans } = await site.api.until<{ plans: Plan[] }>(
      `${environment()}/deployment-plans`,
      ({ plans }) =>
        plans.some((plan) => plan.status === "waiting_for_approval" && plan.imageDigest === digest),
      { what: `a plan for ${digest} that waits for approval` },
    );
    return plans.find(({ imageDigest }) => imageDigest === digest) as Plan;
  };
  const digestOf = (tag: string) => image.digests.find(({ tags }) => tags.includes(tag));
  const first = await waits(digestOf("v2")?.manifestDigest ?? "");

  const three: PushedImage = await pushImage(site.registry, "waits/app", "v3", {
    ...{ version: "3", health: "healthy", volumes: ["/data"], created: "2026-03-01T00:00:00Z" },
  });
  await site.api.post(`/api/container-images/${image.id}/check-updates`);
  const second = await waits(three.digest);
  const superseded = await site.api.planEnd(first.id);
  expect(superseded).toMatchObject({
    status: "cancelled",
    error: expect.stringContaining(second.id),
  });
  const approved = await site.api.request<{ error: string }>(
    "POST",
    `/api/deployment-plans/${first.id}/approve`,
    {},
  );
  expect(approved).toMatchObject({
    status: 400,
    body: { error: "Cannot approve plan with status: cancelled" },
  });

  await site.api.post(`/api/deployment-plans/${second.id}/approve`, {});
  expect((await site.api.planEnd(second.id)).status).toBe("completed");
  await rolling.expectRuns("waits", three, "v3");
  expect((await plansOf()).some(({ status }) => status === "waiting_for_approval")).toBe(false);
});
