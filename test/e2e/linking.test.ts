import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PushedImage, pushImage } from "../harness/images.ts";
import type {
  ContainerImage,
  Environment,
  Plan,
  RegistryConnection,
  Service,
} from "../harness/resources.ts";
import { type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";

let site: Site;
let connection: RegistryConnection;
let rolling: Rollout;
let pushed: PushedImage;

beforeAll(async () => {
  site = await startSite();
  connection = await site.connect();
  rolling = rollout(site, connection.id);
  pushed = await pushImage(site.registry, "link/app", ["v1.2.0", "v1", "latest"], {
    version: "1",
    health: "healthy",
  });
});
afterAll(() => site?.remove());

const images = () => `/api/environments/${site.environment.id}/container-images`;

/** An answer that refuses, as its status and sentence. */
async function refused(method: string, path: string, body?: unknown): Promise<string> {
  const answer = await site.api.request<{ error: string }>(method, path, body);
  return `${answer.status} ${answer.body.error}`;
}

async function create(name: string, more: Record<string, unknown> = {}): Promise<ContainerImage> {
  const { image } = await site.api.post<{ image: ContainerImage }>(images(), {
    name,
    imageName: `${site.registry.host}/link/${name}`,
    ...more,
  });
  return image;
}

const link = (image: ContainerImage, service: Service) =>
  `/api/container-images/${image.id}/link/${service.id}`;

describe("an image that a person creates", () => {
  test("is one for its name, however that is written", async () => {
    const image = await create("app", { tagFilter: "v*.*.*, latest" });
    expect(image).toMatchObject({ tagFilter: "v*.*.*, latest", updateReason: "no_registry" });
    const taken = { name: "again", imageName: `${site.registry.host}/link/app` };
    expect(await refused("POST", images(), taken)).toBe(
      "409 A container image for this image name already exists",
    );
    await create("nginx", { imageName: "nginx" });
    expect(
      await refused("POST", images(), { name: "hub", imageName: "docker.io/library/nginx" }),
    ).toBe("409 A container image for this image name already exists");
  });

  test("says what it lacks", async () => {
    const { id } = await site.image(pushed.name);
    const check = `/api/container-images/${id}/check-updates`;
    expect(await refused("POST", check)).toBe(
      "400 No registry connection configured for this image",
    );
    await rolling.synced(pushed.name, "v*.*.*, latest");
    expect(await refused("POST", `/api/container-images/${id}/deploy`, { tag: "latest" })).toBe(
      "400 No services linked to this image",
    );
  });
});

describe("services", () => {
  test("one that is created before its container gets that by its first deploy", async () => {
    const image = await site.image(pushed.name);
    const { service } = await site.api.post<{ service: Service }>(
      `/api/servers/${site.server.id}/services`,
      {
        name: "planned",
        containerName: "planned",
        containerImageId: image.id,
        spec: { env: { COLOUR: "green" }, restartPolicy: { name: "unless-stopped" } },
      },
    );
    expect(service).toMatchObject({ status: "not_created", runningDigest: null });
    expect((await rolling.deploy(image.id, { tag: "latest" })).status).toBe("completed");
    await rolling.expectRuns("planned", pushed);
    const { Config } = await site.docker.inspect("planned");
    expect(Config.Env).toContain("COLOUR=green");
    expect(await site.service("planned")).toMatchObject({ id: service.id, drift: null });
  });

  test("move to another image and take its tag along", async () => {
    const other = await pushImage(site.registry, "link/other", "edge", { version: "other" });
    await site.docker.run("run", "-d", "--name", "moving", other.reference);
    const service = await site.service("moving");
    const from = await site.image(other.name);
    const to = await site.image(pushed.name);
    const linkable = async (image: ContainerImage): Promise<string[]> => {
      const path = `/api/container-images/${image.id}/linkable-services`;
      const { services } = await site.api.get<{ services: Service[] }>(path);
      return services.map(({ name }) => name);
    };
    expect(await linkable(to)).toEqual(["moving"]);
    expect(await linkable(from)).toEqual(["planned"]);

    const answer = await site.api.post<{ service: Service }>(link(to, service));

    // The best tag of what is deployed: a filter's exact name goes before a pattern's match.
    expect(answer.service).toMatchObject({ containerImageId: to.id, imageTag: "latest" });
    expect(await linkable(to)).toEqual([]);
    expect((await site.image(other.name)).services).toEqual([]);
    // It stays linked although its container still runs the other image.
    await site.api.post(`/api/servers/${site.server.id}/discover`);
    expect((await site.service("moving")).containerImageId).toBe(to.id);
    const plan = await rolling.deploy(to.id, { tag: "latest", serviceIds: [service.id] });
    expect(plan.status).toBe("completed");
    await rolling.expectRuns("moving", pushed);
  });

  test("never to an image of another environment", async () => {
    const { environment } = await site.api.post<{ environment: Environment }>("/api/environments", {
      name: "elsewhere",
    });
    const { image } = await site.api.post<{ image: ContainerImage }>(
      `/api/environments/${environment.id}/container-images`,
      { name: "app", imageName: pushed.name },
    );
    const service = await site.service("moving");
    expect(await refused("POST", link(image, service))).toMatch(/^400 .*environment/);
    const wrong = { registryConnectionId: connection.id };
    expect(await refused("PATCH", `/api/container-images/${image.id}`, wrong)).toMatch(/^40[04] /);
  });

  test("one whose container is gone is kept, and found again when it returns", async () => {
    const { id } = await site.service("moving");
    const status = (wanted: string) =>
      site.api.until<{ service: Service }>(
        `/api/services/${id}`,
        ({ service }) => service.discoveryStatus === wanted,
      );
    await site.docker.run("rm", "-f", "moving");
    expect((await status("missing")).service).toMatchObject({ runningDigest: null, drift: null });
    await site.docker.run("run", "-d", "--name", "moving", `${pushed.name}@${pushed.digest}`);
    expect((await status("found")).service).toMatchObject({
      deployedDigest: pushed.digest,
      runningDigest: pushed.digest,
    });
  });
});

describe("what is in use is not deleted", () => {
  test("images, registries, environments and connected servers", async () => {
    const image = await site.image(pushed.name);
    expect(await refused("DELETE", `/api/container-images/${image.id}`)).toBe(
      "400 Cannot delete container image: 2 service(s) are still linked",
    );
    expect(await refused("DELETE", `/api/registries/${connection.id}`)).toBe(
      "400 Cannot delete registry connection with 1 container image(s) attached",
    );
    expect(await refused("DELETE", `/api/environments/${site.environment.id}`)).toMatch(
      /^400 .*server/,
    );
    expect(await refused("DELETE", `/api/servers/${site.server.id}`)).toMatch(/^4\d\d .*force/);
  });

  test("once nothing uses them they go, and history keeps the names", async () => {
    const image = await site.image(pushed.name);
    for (const name of ["planned", "moving"]) {
      const { id } = await site.service(name);
      await site.docker.run("rm", "-f", name);
      await site.api.until<{ service: Service }>(
        `/api/services/${id}`,
        ({ service }) => service.discoveryStatus === "missing",
      );
      await site.api.delete(`/api/services/${id}`);
    }
    const { history } = await site.api.get<{
      history: { services: { id: string | null; name: string }[] }[];
    }>(`/api/container-images/${image.id}/history`);
    expect(history.map(({ services }) => services)).toMatchObject([
      [{ id: null, name: "moving" }],
      [{ id: null, name: "planned" }],
    ]);
    const { plans } = await site.api.get<{ plans: Plan[] }>(
      `/api/environments/${site.environment.id}/deployment-plans`,
    );
    expect(plans).toHaveLength(2);
    await site.api.delete(`/api/container-images/${image.id}`);
    await site.api.delete(`/api/registries/${connection.id}`);
    const { logs } = await site.api.get<{ logs: { action: string; resourceName: string }[] }>(
      "/api/audit-logs?limit=4",
    );
    expect(logs.map(({ action }) => action)).toEqual([
      "delete_registry",
      "delete_container_image",
      "delete_service",
      "delete_service",
    ]);
  });
});
