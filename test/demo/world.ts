import { randomBytes } from "node:crypto";
import type { Api } from "../harness/api.ts";
import { freePort } from "../harness/ports.ts";
import type {
  ContainerImage,
  Environment,
  Plan,
  RegistryConnection,
  Server,
  Service,
} from "../harness/resources.ts";
import { startAgent, startSystem } from "../harness/system.ts";
import type { Belongings } from "./belongings.ts";
import { findBusybox } from "./busybox.ts";
import { type App, apps, type DemoService, dependencies, services } from "./catalogue.ts";
import { findGround, type Ground, owner, type Place, platformOf } from "./ground.ts";
import { type DemoRegistry, demoLabel, startDemoRegistry } from "./registry.ts";

/** What a person has to know to use the demo. */
export interface World {
  url: string;
  email: string;
  password: string;
  /** The page of the service that is published. */
  shopUrl: string;
}

/** What the parts of the making share. */
interface Making {
  api: Api;
  environment: Environment;
  registry: DemoRegistry;
  ground: Ground[];
  /** By the name of its ground. */
  servers: Map<string, Server>;
  say: (line: string) => void;
}

/**
 * Makes the demo's world: engines, registry, product, agents, containers, and a first deploy of
 * each app. What is started goes into `belongings` at once.
 */
export async function makeWorld(
  { place, address }: { place: Place; address: string },
  belongings: Belongings,
  say: (line: string) => void,
): Promise<World> {
  const many = place.kind === "own";
  say(many ? "Starting three Docker Engines and the console ..." : "Starting the console ...");
  const admin = { email: "demo@example.com", password: randomBytes(9).toString("base64url") };
  const [ground, system] = await Promise.all([
    findGround(place, belongings),
    belongings.keep("product", () => startSystem({ httpAddress: address, admin })),
  ]);
  const first = ground[0];
  if (!first) throw new Error("There is no engine.");
  const busybox = await findBusybox(first, belongings);
  const platform = await platformOf(first);
  const registry = await belongings.keep("ground", () => startDemoRegistry({ platform, busybox }));
  const api = await system.login();
  const { environments } = await api.get<{ environments: Environment[] }>("/api/environments");
  const environment = environments[0];
  if (!environment) throw new Error("A first start creates no environment.");

  say(many ? "Joining them as servers ..." : "Joining this machine's Docker Engine ...");
  const joined = await Promise.all(
    ground.map(async (one) => [one.serverName, await join(api, environment, one, belongings)]),
  );
  const servers = new Map(joined as [string, Server][]);
  const making = { api, environment, registry, ground, servers, say };

  say("Connecting the registry and starting six services ...");
  const { registry: connection } = await api.post<{ registry: RegistryConnection }>(
    `/api/environments/${environment.id}/registries`,
    {
      name: "Demo registry",
      type: "generic",
      registryUrl: `http://${registry.host}`,
      autoLinkPattern: `${registry.host}/demo/*`,
    },
  );
  const port = await freePort();
  await Promise.all(services.map((service) => runContainer(making, service, port)));
  const found = await Promise.all(services.map((service) => discovered(making, service)));
  const ids = new Map(found.map((service, at) => [services[at]?.name, service.id]));
  for (const { service, dependsOn, type } of dependencies) {
    await api.post(`/api/services/${ids.get(service)}/dependencies`, {
      dependsOnId: ids.get(dependsOn),
      type,
    });
  }

  say("Deploying a first version of each ...");
  const images = await Promise.all(apps.map((app) => filtered(making, app)));
  await api.post(`/api/registries/${connection.id}/check-updates`);
  await Promise.all(apps.map((app, at) => firstDeploy(api, app, images[at] as ContainerImage)));
  return { url: system.url, ...admin, shopUrl: `http://127.0.0.1:${port}` };
}

async function join(
  api: Api,
  environment: Environment,
  { serverName, host }: Ground,
  belongings: Belongings,
): Promise<Server> {
  const { server, join } = await api.post<{ server: Server; join: { token: string } }>(
    `/api/environments/${environment.id}/servers`,
    { name: serverName },
  );
  const agent = await belongings.keep("product", () =>
    startAgent({ url: api.url, token: join.token, dockerHost: host }),
  );
  const { server: online } = await api.until<{ server: Server }>(
    `/api/servers/${server.id}`,
    (body) => body.server.status === "online",
    { what: `the server ${serverName} to be online`, explain: agent.output },
  );
  return online;
}

/** The engine that a service belongs to: where there is one only, that. */
function groundOf({ ground }: Making, service: DemoService): Ground {
  const found = ground[ground.length > 1 ? service.server : 0];
  if (!found) throw new Error(`There is no engine for ${service.name}.`);
  return found;
}

function containerName({ ground }: Making, { name }: DemoService): string {
  return ground.length > 1 ? name : `demo-${name}`;
}

async function runContainer(making: Making, service: DemoService, port: number): Promise<void> {
  const { api, host } = groundOf(making, service);
  const app = apps.find(({ repository }) => repository === service.app);
  const reference = `${making.registry.host}/${service.app}:${app?.started}`;
  const pulled = await api.request(
    "POST",
    `/images/create?fromImage=${encodeURIComponent(reference)}`,
  );
  const image = await api.request("GET", `/images/${reference}/json`);
  if (image.status !== 200) {
    throw new Error(
      `The Docker Engine at ${host} cannot pull from the demo's registry at ` +
        `${making.registry.host}: one that runs rootless or in a virtual machine cannot reach this ` +
        `machine's loopback. Run the demo as root instead. It said: ${JSON.stringify(pulled.body)}`,
    );
  }
  const ports = { "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: String(port) }] };
  const { Id } = await api.call<{ Id: string }>(
    "POST",
    `/containers/create?name=${containerName(making, service)}`,
    {
      Image: reference,
      Env: Object.entries(service.env).map(([key, value]) => `${key}=${value}`),
      Labels: { [demoLabel]: owner },
      HostConfig: {
        RestartPolicy: { Name: "unless-stopped" },
        ...(service.published ? { PortBindings: ports } : {}),
      },
    },
  );
  await api.call("POST", `/containers/${Id}/start`);
}

async function discovered(making: Making, service: DemoService): Promise<Service> {
  const server = making.servers.get(groundOf(making, service).serverName);
  const name = containerName(making, service);
  const own = (one: Service): boolean =>
    one.containerName === name && one.discoveryStatus === "found";
  const { services: found } = await making.api.until<{ services: Service[] }>(
    `/api/servers/${server?.id}/services?limit=100`,
    (body) => body.services.some(own),
    { what: `the container ${name} to be discovered` },
  );
  return found.find(own) as Service;
}

/** The image that was found with the containers, with the app's tag filter. */
async function filtered(
  { api, environment, registry }: Making,
  { repository, tagFilter }: App,
): Promise<ContainerImage> {
  const { images } = await api.get<{ images: ContainerImage[] }>(
    `/api/environments/${environment.id}/container-images?limit=100`,
  );
  const found = images.find(({ imageName }) => imageName === `${registry.host}/${repository}`);
  if (!found) throw new Error(`The image ${repository} was not found by itself.`);
  const path = `/api/container-images/${found.id}`;
  return (await api.patch<{ image: ContainerImage }>(path, { tagFilter })).image;
}

async function firstDeploy(api: Api, app: App, image: ContainerImage): Promise<void> {
  const path = `/api/container-images/${image.id}`;
  const { plan } = await api.post<{ plan: Plan }>(`${path}/deploy`, { tag: app.deployed });
  const { status, error } = await api.planEnd(plan.id);
  if (status !== "completed") {
    throw new Error(`The first deploy of ${app.repository} ended as ${status}: ${error}`);
  }
  if (app.autoUpdate) await api.patch(path, { autoUpdate: true });
}
