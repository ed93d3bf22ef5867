import { type Api, login } from "./api.ts";
import { type DockerCli, dockerCli } from "./docker-cli.ts";
import { type Engine, type EngineOptions, startEngine } from "./engine.ts";
import { type Registry, type RegistryOptions, startRegistry } from "./registry.ts";
import type {
  ContainerImage,
  Environment,
  RegistryConnection,
  Server,
  Service,
} from "./resources.ts";
import { type JoinedAgent, type System, startAgent, startSystem } from "./system.ts";

/** A whole installation: an engine, a registry, and the product with its local agent connected. */
export interface Site {
  engine: Engine;
  docker: DockerCli;
  registry: Registry;
  system: System;
  api: Api;
  environment: Environment;
  /** The local engine's server. */
  server: Server;
  /** Tells the product about a registry. */
  connect(host?: string, more?: Record<string, unknown>): Promise<RegistryConnection>;
  /** Waits until the container is known as a service that is found, and returns that. */
  service(container: string, serverId?: string): Promise<Service>;
  /** The product's image of that name; waits until it exists. */
  image(imageName: string): Promise<ContainerImage>;
  /** Logs in again, e.g. after the product was started again. */
  refresh(): Promise<void>;
  remove(): Promise<void>;
}

/** What to start, where it differs from one engine with an open registry. */
export interface SiteOptions {
  registry?: RegistryOptions;
  env?: Record<string, string>;
  engine?: EngineOptions;
  /** Where the local agent reaches the engine. Default: the engine's own address. */
  dockerHost?(engine: Engine): Promise<string>;
  /** What is started in place of the product's start command. */
  program?: () => string;
}

/** Starts an installation and waits until its server is online. */
export async function startSite(options: SiteOptions = {}): Promise<Site> {
  const [engine, registry] = await Promise.all([
    startEngine(options.engine),
    startRegistry(options.registry),
  ]);
  const docker = dockerCli(engine.host);
  let system: System | undefined;
  const remove = async (): Promise<void> => {
    await system?.remove();
    await Promise.all([docker.remove(), engine.remove(), registry.remove()]);
  };
  try {
    system = await startSystem({
      dockerHost: (await options.dockerHost?.(engine)) ?? engine.host,
      ...(options.env ? { env: options.env } : {}),
      ...(options.program ? { program: options.program } : {}),
    });
    return await siteOf({ engine, docker, registry, system, remove });
  } catch (error) {
    const output = system?.output();
    await remove();
    throw output ? new Error(`The product said:\n${output.slice(-3000)}`, { cause: error }) : error;
  }
}

/** What is started already, as a site; waits until its server is online. */
export async function siteOf(
  parts: Pick<Site, "engine" | "docker" | "registry" | "system" | "remove">,
): Promise<Site> {
  const { system, registry } = parts;
  const api = await system.login();
  const { environments } = await api.get<{ environments: Environment[] }>("/api/environments");
  const environment = environments[0];
  if (!environment) throw new Error("A first start creates no environment.");
  const { servers } = await api.until<{ servers: Server[] }>(
    `/api/environments/${environment.id}/servers`,
    ({ servers }) => servers[0]?.status === "online",
    { what: "the local server to be online" },
  );
  const server = servers[0] as Server;

  const site: Site = {
    ...parts,
    api,
    environment,
    server,
    async connect(host = registry.host, more = {}) {
      const { registry: connection } = await site.api.post<{ registry: RegistryConnection }>(
        `/api/environments/${environment.id}/registries`,
        { name: host, type: "generic", registryUrl: `http://${host}`, ...more },
      );
      return connection;
    },
    async service(container, serverId = server.id) {
      const found = (service: Service): boolean =>
        service.containerName === container && service.discoveryStatus === "found";
      const { services } = await site.api.until<{ services: Service[] }>(
        `/api/servers/${serverId}/services?limit=100`,
        ({ services }) => services.some(found),
        { what: `the container ${container} to be discovered` },
      );
      return services.find(found) as Service;
    },
    async image(imageName) {
      const { images } = await site.api.until<{ images: ContainerImage[] }>(
        `/api/environments/${environment.id}/container-images?limit=100`,
        ({ images }) => images.some((image) => image.imageName === imageName),
        { what: `the image ${imageName} to be known` },
      );
      const image = images.find((one) => one.imageName === imageName) as ContainerImage;
      return (await site.api.get<{ image: ContainerImage }>(`/api/container-images/${image.id}`))
        .image;
    },
    async refresh() {
      site.api = await login(system.url, system.admin.email, system.admin.password);
    },
  };
  return site;
}

/** A second engine whose agent was joined by hand. */
export interface JoinedServer {
  engine: Engine;
  docker: DockerCli;
  agent: JoinedAgent;
  server: Server;
  remove(): Promise<void>;
}

/**
 * Starts another engine and joins it to the site, as the README says.
 *
 * @param options `environmentId`: where it joins, default: the site's environment; `policy`: what is in its
 *   host's policy file; `program`: which agent is started; `agentAddress`: `host:port` by which it connects,
 *   default: what the site announces
 */
export async function joinServer(
  site: Site,
  name: string,
  {
    environmentId = site.environment.id,
    policy,
    program,
    agentAddress,
  }: {
    environmentId?: string;
    policy?: object;
    program?: () => string;
    agentAddress?: string;
  } = {},
): Promise<JoinedServer> {
  const engine = await startEngine();
  const docker = dockerCli(engine.host);
  const { server, join } = await site.api.post<{ server: Server; join: { token: string } }>(
    `/api/environments/${environmentId}/servers`,
    { name },
  );
  const agent = await startAgent({
    url: site.system.url,
    token: join.token,
    dockerHost: engine.host,
    ...(policy ? { policy } : {}),
    ...(program ? { program } : {}),
    ...(agentAddress ? { agentAddress } : {}),
  });
  const remove = async (): Promise<void> => {
    await agent.remove();
    await docker.remove();
    await engine.remove();
  };
  try {
    const { server: online } = await site.api.until<{ server: Server }>(
      `/api/servers/${server.id}`,
      (body) => body.server.status === "online",
      { what: `the server ${name} to be online`, explain: agent.output },
    );
    return { engine, docker, agent, server: online, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
