import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type PushedImage, pushImage } from "../harness/images.ts";
import type { Plan, Service, UpdateStatus } from "../harness/resources.ts";
import { digestRow, type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";
import { waitFor } from "../harness/wait.ts";

let site: Site;
let rolling: Rollout;

beforeAll(async () => {
  site = await startSite();
  rolling = rollout(site, (await site.connect()).id);
});
afterEach(() => site.engine.clear());
afterAll(() => site?.remove());

/** Removes the service's container by hand, and waits until the product has noticed. */
async function removeByHand(service: Service): Promise<void> {
  await site.docker.run("rm", "--force", service.containerName);
  await site.api.until<{ service: Service }>(
    `/api/services/${service.id}`,
    (body) => body.service.discoveryStatus === "missing",
    { what: `${service.name} to be missing` },
  );
}

describe("a container that was removed by hand", () => {
  test("is left out of a deploy of its image and named, and the digest is not blamed", async () => {
    const { two, image, services } = await rolling.versions("gone/image", ["left", "lone"]);
    await removeByHand(services[1] as Service);

    const plan = await site.api.planEnd((await rolling.start(image, two)).id);

    expect(plan).toMatchObject({ status: "completed", error: null });
    expect(plan.leftOut).toEqual([
      {
        service: { id: services[1]?.id, name: "lone", serverName: site.server.name },
        reason: expect.stringContaining("gone"),
      },
    ]);
    await rolling.expectRuns("left", two);
    await rolling.expectOnly(["left"]);
    const { quarantine } = await site.api.get<{ quarantine: unknown[] }>(
      `/api/container-images/${image.id}/quarantine`,
    );
    expect(quarantine).toEqual([]);
  });

  test("comes back by its name alone where it is described, and only if it is asked for", async () => {
    const { two, image, services } = await rolling.versions("gone/name", ["web", "api"]);
    const [left, lone] = services as [Service, Service];
    const deploy = (service: Service, more: object = {}) =>
      site.api.request<{ error: string; plan: Plan }>(
        "POST",
        `/api/services/${service.id}/deploy`,
        {
          imageDigestId: digestRow(image, two).id,
          ...more,
        },
      );
    // One of them has been deployed by us, so that it is known how to make it.
    expect((await site.api.planEnd((await deploy(lone)).body.plan.id)).status).toBe("completed");
    await removeByHand(left);
    await removeByHand(lone);

    for (const [service, more] of [
      [left, {}],
      [lone, {}],
      [left, { create: true }],
    ] as const) {
      const { status, body } = await deploy(service, more);
      expect(status, service.name).toBe(400);
      expect(body.error).toContain(`${service.name} on ${site.server.name}`);
    }
    const everything = await site.api.request<{ error: string }>(
      "POST",
      `/api/container-images/${image.id}/deploy`,
      { imageDigestId: digestRow(image, two).id },
    );
    expect(everything.status).toBe(400);
    expect(everything.body.error).toMatch(/nothing to deploy to.*api on .*web on /);
    await rolling.expectOnly([]);

    const { body } = await deploy(lone, { create: true });
    expect(await site.api.planEnd(body.plan.id)).toMatchObject({ status: "completed" });
    await rolling.expectRuns("api", two);
    await rolling.expectOnly(["api"]);
  });

  test("is not brought back by an automatic update, which the others get", async () => {
    const { one, two, image, services } = await rolling.versions("gone/auto", ["one", "two"]);
    expect((await site.api.planEnd((await rolling.start(image, one)).id)).status).toBe("completed");
    await removeByHand(services[1] as Service);

    await site.api.patch(`/api/container-images/${image.id}`, { autoUpdate: true });
    const plan = await waitFor(
      async () => {
        const { plans } = await site.api.get<{ plans: Plan[] }>(
          `/api/environments/${site.environment.id}/deployment-plans?containerImageId=${image.id}`,
        );
        return plans.find(({ triggerType }) => triggerType === "auto_update");
      },
      { what: "the update to be deployed" },
    );

    expect(await site.api.planEnd(plan.id)).toMatchObject({ status: "completed" });
    expect(plan.leftOut).toMatchObject([{ service: { name: "two" } }]);
    await rolling.expectRuns("one", two);
    await rolling.expectOnly(["one"]);
    const { status } = await site.api.get<{ status: UpdateStatus }>(
      `/api/container-images/${image.id}/update-status`,
    );
    expect(status.reason).toBe("up_to_date");
  });
});

describe("two lines of tags of one repository", () => {
  test("are told apart by a deploy of the image, and a service goes where it is sent by name", async () => {
    const versions = await Promise.all(
      ["15", "16"].map((version) => pushImage(site.registry, "lines/pg", version, { version })),
    );
    const [fifteen, sixteen] = versions as [PushedImage, PushedImage];
    await site.docker.run("run", "-d", "--name", "old-line", fifteen.reference);
    await site.service("old-line");
    await site.docker.run("run", "-d", "--name", "new-line", sixteen.reference);
    const { id } = await site.service("new-line");
    const before = await site.docker.inspect("new-line");
    const fix = { version: "15.1", created: "2026-02-01T00:00:00Z" };
    const fixed = await pushImage(site.registry, "lines/pg", "15", fix);
    const image = await rolling.synced(fifteen.name, "15");

    const plan = await rolling.deploy(image.id, { tag: "15" });

    expect(plan).toMatchObject({
      status: "completed",
      leftOut: [{ service: { id, name: "new-line" }, reason: expect.stringContaining("16") }],
    });
    await rolling.expectRuns("old-line", fixed, "15");
    await rolling.expectUntouched([before]);

    const named = await rolling.deploy(image.id, { tag: "15", serviceIds: [id] });
    expect(named).toMatchObject({ status: "completed", leftOut: [] });
    await rolling.expectRuns("new-line", fixed, "15");
  });
});

test("one run of its own by Compose is shown, is no service, and is left alone", async () => {
  const { two, image } = await rolling.versions("left/compose", ["web"]);
  const oneOff = [
    ...["--label", "com.docker.compose.project=shop", "--label", "com.docker.compose.service=web"],
    ...["--label", "com.docker.compose.oneoff=True", "--name", "shop_web_run_0123456789ab"],
  ];
  await site.docker.run("run", "-d", ...oneOff, `${image.imageName}:v1`);
  const before = await site.docker.inspect("shop_web_run_0123456789ab");
  await site.api.until<{ containers: { name: string; service: null; noServiceReason: string }[] }>(
    `/api/servers/${site.server.id}/containers`,
    ({ containers }) =>
      containers.some(
        ({ name, service, noServiceReason }) =>
          name === "shop_web_run_0123456789ab" && service === null && noServiceReason === "one_off",
      ),
  );

  const plan = await site.api.planEnd((await rolling.start(image, two)).id);

  expect(plan).toMatchObject({ status: "completed", leftOut: [] });
  await rolling.expectRuns("web", two);
  await rolling.expectUntouched([before]);
});

test("a job that has ended is updated and not run, says so, and runs when it is told to", async () => {
  const one = await pushImage(site.registry, "left/job", "v1", { version: "1" });
  await site.docker.run("run", "--name", "job", "--entrypoint", "/bin/true", one.reference);
  const { id } = await site.service("job");
  const two = await pushImage(site.registry, "left/job", "v2", { version: "2" });
  const image = await rolling.synced(one.name);

  const plan = await site.api.planEnd((await rolling.start(image, two)).id);

  const detail = "Updated, not run: it had ended with code 0.";
  expect(plan).toMatchObject({ status: "completed", error: null });
  expect(plan.steps.slice(1)).toMatchObject([
    { action: "deploy", status: "success", detail, logs: expect.stringContaining(detail) },
    { action: "health_check", status: "skipped", detail, error: null },
  ]);
  const { receipt } = await site.api.get<{ receipt: { services: object[] } }>(
    `/api/deployment-plans/${plan.id}/receipt`,
  );
  expect(receipt.services).toMatchObject([
    { note: detail, before: { running: false, exitCode: 0 }, after: { running: false } },
  ]);
  await site.api.post(`/api/services/${id}/start`);
  await waitFor(async () => (await site.docker.inspect("job")).State.Status === "exited", {
    what: "the job to have run",
  });
  expect((await site.docker.inspect("job")).Config.Image).toContain(two.digest);
});
