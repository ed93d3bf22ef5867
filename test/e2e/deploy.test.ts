import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { pushImage, pushTag } from "../harness/images.ts";
import type { ContainerImage, HistoryEntry, Plan } from "../harness/resources.ts";
import { digestRow, type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";

let site: Site;
let rolling: Rollout;
let connection: string;

beforeAll(async () => {
  site = await startSite();
  connection = (await site.connect()).id;
  rolling = rollout(site, connection);
});
afterEach(() => site.engine.clear());
afterAll(() => site?.remove());

describe("a digest is moved to every service of an image", () => {
  test("what runs is that digest, and nothing of the container's own settings is lost", async () => {
    const one = await pushImage(site.registry, "shop/web", ["v1.0.0", "latest"], {
      version: "1",
      env: { FROM_IMAGE: "old", COLOUR: "red" },
      volumes: ["/data"],
      health: "healthy",
      created: "2026-01-01T00:00:00Z",
    });
    await site.docker.run("network", "create", "back");
    await site.docker.run(
      ...["run", "-d", "--name", "web", "--restart", "unless-stopped"],
      ...["-e", "OWN=kept", "-e", "COLOUR=green", "-p", "127.0.0.1:18431:8080"],
      ...["-v", "named:/named", "-l", "owner=ann", "--network", "back", "--network-alias", "shop"],
      ...["--memory", "64m", "--ulimit", "nofile=1000:2000", one.reference],
    );
    await site.docker.run(
      "exec",
      "web",
      "sh",
      "-c",
      "echo precious > /data/file; echo 2 > /named/file",
    );
    const before = await site.docker.inspect("web");
    const two = await pushImage(site.registry, "shop/web", ["v2.0.0", "latest"], {
      version: "2",
      env: { FROM_IMAGE: "new", COLOUR: "blue" },
      volumes: ["/data"],
      health: "healthy",
      created: "2026-02-01T00:00:00Z",
    });
    await site.service("web");
    const image = await rolling.synced(one.name);
    expect(digestRow(image, two).tags.sort()).toEqual(["latest", "v2.0.0"]);
    expect(digestRow(image, one).tags).toEqual(["v1.0.0"]);

    const plan = await rolling.deploy(image.id, { imageDigestId: digestRow(image, two).id });

    expect(plan).toMatchObject({ status: "completed", imageDigest: two.digest, error: null });
    expect(plan.steps.map(({ action, status }) => `${action} ${status}`)).toEqual([
      "pull success",
      "deploy success",
      "health_check success",
    ]);
    await rolling.expectRuns("web", two, "v2.0.0");
    const after = await site.docker.inspect("web");
    expect(after.Id).not.toBe(before.Id);
    expect(after.Config.Env).toContain("OWN=kept");
    expect(after.Config.Env).toContain("COLOUR=green");
    expect(after.Config.Env).toContain("FROM_IMAGE=new");
    expect(after.Config.Labels).toMatchObject({ owner: "ann", version: "2" });
    expect(after.HostConfig.PortBindings).toEqual(before.HostConfig.PortBindings);
    expect(after.HostConfig.RestartPolicy).toEqual(before.HostConfig.RestartPolicy);
    expect(after.HostConfig.Memory).toBe(before.HostConfig.Memory);
    expect(after.HostConfig.Ulimits).toEqual(before.HostConfig.Ulimits);
    expect(after.NetworkSettings.Networks.back?.Aliases).toContain("shop");
    const volumes = ({ Mounts }: typeof after) =>
      Mounts.map((m) => `${m.Name} ${m.Destination}`).sort();
    expect(volumes(after)).toEqual(volumes(before));
    expect(await site.docker.run("exec", "web", "cat", "/data/file", "/named/file")).toBe(
      "precious\n2",
    );
    expect(await (await fetch("http://127.0.0.1:18431/")).text()).toBe("2\n");
    await rolling.expectOnly(["web"]);

    const service = await site.service("web");
    expect(service).toMatchObject({
      runningDigest: two.digest,
      deployedDigest: two.digest,
      drift: null,
    });
    const deployed = await site.image(one.name);
    expect(deployed).toMatchObject({
      deployedDigest: two.digest,
      deployed: { manifestDigest: two.digest, deployed: true },
      updateAvailable: false,
    });
    const { history } = await site.api.get<{ history: HistoryEntry[] }>(
      `/api/container-images/${image.id}/history`,
    );
    expect(history).toMatchObject([
      {
        digest: two.digest,
        tag: "v2.0.0",
        status: "success",
        deployedBy: site.system.admin.email,
        planId: plan.id,
        services: [{ id: service.id, name: "web", serverName: site.server.name }],
      },
    ]);
  });

  test("an old digest is deployed although its tag has moved, and an update is offered then", async () => {
    const one = await pushImage(site.registry, "shop/moved", "latest", {
      version: "1",
      health: "healthy",
      created: "2026-01-01T00:00:00Z",
    });
    await site.docker.run("run", "-d", "--name", "moved", one.reference);
    await site.service("moved");
    const { digests } = await rolling.synced(one.name);
    const two = await pushImage(site.registry, "shop/moved", "latest", {
      version: "2",
      health: "healthy",
      created: "2026-02-01T00:00:00Z",
    });
    const image = await rolling.synced(one.name);
    expect(digestRow(image, two).tags).toEqual(["latest"]);
    expect(digestRow(image, one).tags).toEqual([]);
    await rolling.deploy(image.id, { imageDigestId: digestRow(image, two).id });
    await rolling.expectRuns("moved", two);

    const plan = await rolling.deploy(image.id, { imageDigestId: digests[0]?.id });

    expect(plan.status).toBe("completed");
    await rolling.expectRuns("moved", one);
    expect((await site.image(one.name)).updateAvailable).toBe(true);
  });

  test("a multi-platform image is pinned by its index and runs the server's platform", async () => {
    const platforms = ["linux/arm64/v8", "linux/amd64"];
    const one = await pushImage(site.registry, "shop/multi", "v1", { version: "1", platforms });
    await site.docker.run("run", "-d", "--name", "multi", one.reference);
    await site.service("multi");
    const two = await pushImage(site.registry, "shop/multi", "v2", {
      version: "2",
      health: "healthy",
      platforms,
      format: "oci",
      created: "2026-02-01T00:00:00Z",
    });
    const image = await rolling.synced(one.name);
    const row = digestRow(image, two);
    expect([...row.platforms].sort()).toEqual(["linux/amd64", "linux/arm64"]);
    expect(row.size).toBe(two.platforms[1]?.size);

    const plan = await rolling.deploy(image.id, { imageDigestId: row.id });

    expect(plan.status).toBe("completed");
    const inspected = await site.docker.inspect("multi");
    expect(inspected.Image).toBe(site.engine.imageId(two, 1));
    expect(inspected.Config.Image).toBe(`${two.name}:v2@${two.digest}`);
    expect(await site.service("multi")).toMatchObject({ runningDigest: two.digest, drift: null });
    expect((await site.image(one.name)).updateAvailable).toBe(false);
  });

  test("a tag outside the filter is resolved once and deployed by its digest", async () => {
    const one = await pushImage(site.registry, "shop/hotfix", "v1.0.0", { version: "1" });
    const hotfix = await pushImage(site.registry, "shop/hotfix", "hotfix-7", {
      version: "hotfix",
      health: "healthy",
      created: "2026-03-01T00:00:00Z",
    });
    await site.docker.run("run", "-d", "--name", "hot", one.reference);
    await site.service("hot");
    const image = await rolling.synced(one.name, "v*.*.*");
    expect(image.digests.map(({ manifestDigest }) => manifestDigest)).toEqual([one.digest]);
    const { tags } = await site.api.get<{ tags: { tag: string; matchesFilter: boolean }[] }>(
      `/api/container-images/${image.id}/tags`,
    );
    expect(tags).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ tag: "hotfix-7", digest: hotfix.digest, matchesFilter: false }),
        expect.objectContaining({ tag: "v1.0.0", digest: one.digest, matchesFilter: true }),
      ]),
    );

    const plan = await rolling.deploy(image.id, { tag: "hotfix-7" });

    expect(plan).toMatchObject({ status: "completed", imageDigest: hotfix.digest });
    await rolling.expectRuns("hot", hotfix, "hotfix-7");
  });
});

describe("many services of one image", () => {
  test.each([false, true])("parallel execution: %s", async (parallelExecution) => {
    const repository = `shop/many-${parallelExecution}`;
    const one = await pushImage(site.registry, repository, "v1", {
      version: "1",
      health: "healthy",
    });
    const names = ["a1", "a2", "a3", "a4", "a5"];
    for (const name of names) {
      await site.docker.run("run", "-d", "--name", name, "-v", `${name}:/own`, one.reference);
    }
    await Promise.all(names.map((name) => site.service(name)));
    const two = await pushImage(site.registry, repository, "v2", {
      version: "2",
      health: "healthy",
      created: "2026-02-01T00:00:00Z",
    });
    const image = await rolling.synced(one.name);
    const plan = await rolling.deploy(image.id, {
      imageDigestId: digestRow(image, two).id,
      parallelExecution,
    });
    expect(plan.status).toBe("completed");
    for (const name of names) {
      await rolling.expectRuns(name, two, "v2");
      expect((await site.docker.inspect(name)).Mounts).toMatchObject([
        { Name: name, Destination: "/own" },
      ]);
    }
    await rolling.expectOnly(names);
    const order = plan.steps.filter(({ action }) => action === "deploy");
    expect(new Set(order.map(({ service }) => service?.name))).toEqual(new Set(names));
    const overlaps = order.some((step, at) => {
      const next = order[at + 1];
      return next?.startedAt && step.completedAt && next.startedAt < step.completedAt;
    });
    expect(overlaps).toBe(parallelExecution);
  });
});

describe("what a deploy refuses", () => {
  test("an image without services, and a service that is in a running plan", async () => {
    const one = await pushImage(site.registry, "shop/busy", "v1", { version: "1" });
    const { image: created } = await site.api.post<{ image: ContainerImage }>(
      `/api/environments/${site.environment.id}/container-images`,
      { name: "Busy", imageName: one.name, tagFilter: "*", registryConnectionId: connection },
    );
    await site.api.post(`/api/container-images/${created.id}/check-updates`);
    const refused = await site.api.request("POST", `/api/container-images/${created.id}/deploy`, {
      tag: "v1",
    });
    expect(refused).toMatchObject({
      status: 400,
      body: { error: "No services linked to this image" },
    });

    await site.docker.run("run", "-d", "--name", "busy", one.reference);
    await site.service("busy");
    const slow = await pushImage(site.registry, "shop/busy", "v2", {
      version: "2",
      health: { slow: 4 },
      created: "2026-02-01T00:00:00Z",
    });
    const image = await rolling.synced(one.name);
    const { plan } = await site.api.post<{ plan: Plan }>(
      `/api/container-images/${image.id}/deploy`,
      { imageDigestId: digestRow(image, slow).id },
    );
    const second = await site.api.request<{ error: string }>(
      "POST",
      `/api/container-images/${image.id}/deploy`,
      { imageDigestId: digestRow(image, one).id },
    );
    expect(second.status).toBe(409);
    expect(second.body.error).toContain(plan.id);
    expect((await site.api.planEnd(plan.id)).status).toBe("completed");
    await rolling.expectRuns("busy", slow, "v2");
  });

  test("a tag that the registry does not have", async () => {
    const one = await pushImage(site.registry, "shop/typo", "v1", { version: "1" });
    await site.docker.run("run", "-d", "--name", "typo", one.reference);
    await site.service("typo");
    const image = await rolling.synced(one.name);
    await pushTag(site.registry, one, "v1.1");
    const answer = await site.api.request("POST", `/api/container-images/${image.id}/deploy`, {
      tag: "v1.11",
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: expect.stringContaining("v1.11") });
  });
});
