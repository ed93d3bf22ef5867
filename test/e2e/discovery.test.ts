import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PushedImage, pushImage } from "../harness/images.ts";
import type { Server, Service } from "../harness/resources.ts";
import { type Site, startSite } from "../harness/site.ts";

let site: Site;
let image: PushedImage;

beforeAll(async () => {
  site = await startSite();
  image = await pushImage(site.registry, "team/app", ["v1", "latest"], { version: "1" });
});
afterAll(() => site?.remove());

const services = async (): Promise<Service[]> =>
  (await site.api.get<{ services: Service[] }>(`/api/servers/${site.server.id}/services?limit=100`))
    .services;

describe("containers show up by themselves", () => {
  test("one that is started is a service, with its image and running digest", async () => {
    await site.docker.run("run", "-d", "--name", "web", image.reference);
    const service = await site.service("web");
    expect(service).toMatchObject({
      name: "web",
      containerName: "web",
      containerStatus: "running",
      runningDigest: image.digest,
      environmentId: site.environment.id,
    });
    const known = await site.image(image.name);
    expect(service.containerImageId).toBe(known.id);
    expect(known.services.map(({ id }) => id)).toEqual([service.id]);
  });

  test.each([12, 20, 64])(
    "one of an image's id, of %i digits, has the image's name and tag",
    async (digits) => {
      const id = await site.docker.run("image", "inspect", "--format", "{{.Id}}", image.reference);
      const name = `by-id-${digits}`;
      await site.docker.run(
        "run",
        "-d",
        "--name",
        name,
        id.replace("sha256:", "").slice(0, digits),
      );
      const known = await site.image(image.name);
      const service = await site.service(name);
      expect(service).toMatchObject({ containerImageId: known.id, imageTag: "v1" });
      await site.docker.run("rm", "-f", name);
      await site.api.until<{ service: Service }>(
        `/api/services/${service.id}`,
        (body) => body.service.discoveryStatus === "missing",
      );
      await site.api.delete(`/api/services/${service.id}`);
    },
  );

  test("one that is stopped, removed and started again is the same service", async () => {
    const before = await site.service("web");
    await site.docker.run("stop", "web");
    await site.api.until<{ service: Service }>(
      `/api/services/${before.id}`,
      ({ service }) => service.containerStatus === "exited",
    );
    await site.docker.run("rm", "web");
    await site.api.until<{ service: Service }>(
      `/api/services/${before.id}`,
      ({ service }) => service.discoveryStatus === "missing",
    );
    await site.docker.run("run", "-d", "--name", "web", image.reference);
    expect((await site.service("web")).id).toBe(before.id);
  });

  test("a renamed service still matches its container", async () => {
    const { id } = await site.service("web");
    await site.api.patch(`/api/services/${id}`, { name: "Front door" });
    await site.docker.run("restart", "-t", "1", "web");
    const { services: found } = await site.api.post<{ services: Service[] }>(
      `/api/servers/${site.server.id}/discover`,
    );
    expect(found.filter(({ containerName }) => containerName === "web")).toMatchObject([
      { id, name: "Front door" },
    ]);
  });

  test("the same image started by digest and by platform digest is one container image", async () => {
    const multi = await pushImage(site.registry, "team/multi", "v1", {
      platforms: ["linux/amd64", "linux/arm64/v8"],
    });
    const platform = multi.platforms[0]?.manifest.digest ?? "";
    await site.docker.run("run", "-d", "--name", "by-tag", multi.reference);
    await site.docker.run("run", "-d", "--name", "by-index", `${multi.name}@${multi.digest}`);
    await site.docker.run("run", "-d", "--name", "by-platform", `${multi.name}@${platform}`);
    const found = await Promise.all(
      ["by-tag", "by-index", "by-platform"].map((name) => site.service(name)),
    );
    expect(new Set(found.map(({ containerImageId }) => containerImageId)).size).toBe(1);
    for (const { runningDigest } of found)
      expect([multi.digest, platform]).toContain(runningDigest);
  });

  test("what is not a service is not made one", async () => {
    const short = "0123456789ab";
    await site.docker.run(
      "create",
      "--name",
      "left-alone",
      "--label",
      "bridgeport.ignore=true",
      image.reference,
    );
    await site.docker.run("create", "--name", `${short}_web`, image.reference);
    await site.docker.run("run", "--rm", image.reference, "true");
    await site.docker.run("run", "-d", "--name", "last", image.reference);
    await site.service("last");
    const names = (await services()).map(({ containerName }) => containerName);
    expect(names).not.toContain("left-alone");
    expect(names).not.toContain(`${short}_web`);
    expect(names.sort()).toEqual(["by-index", "by-platform", "by-tag", "last", "web"]);
  });

  test("services that a compose file made keep their names", async () => {
    const file = {
      version: "3",
      services: { db: { image: image.reference }, api: { image: image.reference } },
    };
    await site.docker.compose("shop", file, "up", "-d");
    // Compose 1 joins the parts of a name by underscores, Compose 2 by hyphens.
    const names = (await site.docker.names()).filter((name) => /^shop[-_]/.test(name));
    expect(names.map((name) => name.replaceAll("_", "-"))).toEqual(["shop-api-1", "shop-db-1"]);
    for (const name of names) await site.service(name);
    await site.docker.compose("shop", file, "down");
    await site.api.until<{ services: Service[] }>(
      `/api/servers/${site.server.id}/services?limit=100`,
      ({ services }) =>
        services.filter(
          ({ containerName, discoveryStatus }) =>
            names.includes(containerName) && discoveryStatus === "missing",
        ).length === 2,
    );
  });

  test("an image that only exists on the engine is shown too", async () => {
    await site.docker.run("tag", image.reference, "handmade:1");
    await site.docker.run("run", "-d", "--name", "handmade", "handmade:1");
    const service = await site.service("handmade");
    expect((await site.image("handmade")).id).toBe(service.containerImageId);
  });

  test("the server tells about its engine and counts its services", async () => {
    const { server } = await site.api.get<{ server: Server }>(`/api/servers/${site.server.id}`);
    expect(server).toMatchObject({ status: "online", architecture: expect.any(String) });
    expect(server.dockerVersion).toMatch(/^\d+\./);
    expect(server.serviceCount).toBe((await services()).length);
  });
});

describe("an engine that goes away", () => {
  test("is seen, and seen again when it comes back", async () => {
    const before = await site.service("last");
    await site.engine.shutdown();
    await site.engine.start();
    await site.docker.run("start", "last");
    await site.api.until<{ service: Service }>(
      `/api/services/${before.id}`,
      ({ service }) => service.containerStatus === "running",
    );
    await site.docker.run("run", "-d", "--name", "after", image.reference);
    await site.service("after");
  });
});
