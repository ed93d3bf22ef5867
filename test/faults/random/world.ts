import { fileURLToPath } from "node:url";
import { type Clock, createClock } from "../../harness/clock.ts";
import { dockerCli } from "../../harness/docker-cli.ts";
import { startEngine } from "../../harness/engine.ts";
import { type FaultyWire, startFaultyWire } from "../../harness/faulty-wire.ts";
import { type PushedImage, pushImage } from "../../harness/images.ts";
import { freePort } from "../../harness/ports.ts";
import { type Postgres, startPostgres } from "../../harness/postgres.ts";
import { type Receiver, startReceiver } from "../../harness/receiver.ts";
import { startRegistry } from "../../harness/registry.ts";
import type { ContainerImage, Server } from "../../harness/resources.ts";
import { type Rollout, rollout } from "../../harness/rollout.ts";
import { createScratch } from "../../harness/scratch.ts";
import { type Site, siteOf } from "../../harness/site.ts";
import { type JoinedAgent, startAgent, startSystem } from "../../harness/system.ts";

/** What runs, each a process of its own. */
export const parts = ["control plane", "agent", "database", "engine"] as const;
export type Part = (typeof parts)[number];

/** An image with its versions, of which the first two are well, and the containers that run it. */
export interface App {
  names: readonly string[];
  image: ContainerImage;
  well: readonly [PushedImage, PushedImage];
  ill: PushedImage;
}

export type AppName = "web" | "mail" | "store";

/**
 * An installation whose parts can be broken one by one: the agent reaches the control plane, and that one its
 * database, through a wire that can fail; agent and database have small disks of their own.
 */
export interface World {
  site: Site;
  rolling: Rollout;
  agent: JoinedAgent;
  /** `host:port` of the control plane's agent port, beside the wire */
  agentAddress: string;
  database: Postgres;
  wires: { agent: FaultyWire; database: FaultyWire };
  clocks: { agent: Clock; "control plane": Clock };
  receiver: Receiver;
  apps: Record<AppName, App>;
  /** Names of all containers, sorted. */
  names: readonly string[];
  remove(): Promise<void>;
}

const program = fileURLToPath(new URL("../../../agent/dist/agent.cjs", import.meta.url));

/** Which containers run which image; `web-2` needs `web-1`, and `store` has a job and hooks. */
const containers: Record<AppName, readonly string[]> = {
  web: ["web-1", "web-2"],
  mail: ["mail"],
  store: ["store"],
};

/** Starts everything. */
export async function startWorld(): Promise<World> {
  const undo: (() => Promise<unknown>)[] = [];
  const remove = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  async function kept<T>(started: Promise<T>, end: (one: T) => Promise<unknown>): Promise<T> {
    const one = await started;
    undo.push(() => end(one));
    return one;
  }
  try {
    const [engine, registry, database, receiver] = await Promise.all([
      kept(startEngine(), (one) => one.remove()),
      kept(startRegistry(), (one) => one.remove()),
      kept(startPostgres({ diskMegabytes: 256 }), (one) => one.remove()),
      kept(startReceiver(), (one) => one.close()),
    ]);
    const scratch = createScratch("clocks");
    undo.push(() => scratch.remove());
    const agentPort = await freePort();
    const wires = {
      agent: await kept(startFaultyWire(agentPort), (one) => one.close()),
      database: await kept(startFaultyWire(database.port), (one) => one.close()),
    };
    const through = new URL(database.url);
    through.port = String(wires.database.port);
    const clocks = {
      agent: createClock(scratch.path("agent")),
      "control plane": createClock(scratch.path("control-plane")),
    };
    const agentAddress = `127.0.0.1:${agentPort}`;
    const system = await kept(
      startSystem({
        env: {
          ...clocks["control plane"].environment,
          DATABASE_URL: through.href,
          BRIDGEPORT_MASTER_KEY: "5a".repeat(32),
          BRIDGEPORT_AGENT_ADDR: agentAddress,
        },
      }),
      (one) => one.remove(),
    );
    const api = await system.login();
    const { environments } = await api.get<{ environments: { id: string }[] }>("/api/environments");
    const { join } = await api.post<{ server: Server; join: { token: string } }>(
      `/api/environments/${environments[0]?.id}/servers`,
      { name: "server" },
    );
    const agent = await kept(
      startAgent({
        ...{ url: system.url, token: join.token, dockerHost: engine.host, diskMegabytes: 256 },
        agentAddress: `127.0.0.1:${wires.agent.port}`,
        program: () => program,
        env: clocks.agent.environment,
      }),
      (one) => one.remove(),
    );
    const docker = dockerCli(engine.host);
    undo.push(() => docker.remove());
    const site = await siteOf({ engine, docker, registry, system, remove });
    const rolling = rollout(site, (await site.connect()).id);
    const apps = await deployApps(site, rolling);
    await describeStore(site, apps.store, receiver);
    return {
      ...{ site, rolling, agent, agentAddress, database, wires, clocks, receiver, apps, remove },
      names: Object.values(containers).flat().sort(),
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function deployApps(site: Site, rolling: Rollout): Promise<World["apps"]> {
  const entries = Object.entries(containers) as [AppName, readonly string[]][];
  const pushed = await Promise.all(
    entries.map(async ([app, names]) => {
      const push = (version: number, more: Parameters<typeof pushImage>[3]) =>
        pushImage(site.registry, `shop/${app}`, `v${version}`, {
          ...{ version: `${app} ${version}`, created: `2026-0${version}-01T00:00:00Z` },
          ...{ volumes: ["/data"], ...more },
        });
      const well = [await push(1, { health: "healthy" }), await push(2, { health: "healthy" })];
      return { app, names, well, ill: await push(3, { crash: 7 }) };
    }),
  );
  for (const { names, well } of pushed) {
    for (const name of names) {
      const run = ["run", "-d", "--name", name, "--restart", "always"];
      await site.docker.run(...run, well[0]?.reference ?? "");
    }
  }
  const apps: Partial<World["apps"]> = {};
  for (const { app, names, well, ill } of pushed) {
    for (const name of names) await site.service(name);
    const image = await rolling.synced(well[0]?.name ?? "");
    apps[app] = { names, image, ill, well: well as [PushedImage, PushedImage] };
  }
  const [first, second] = await Promise.all([site.service("web-1"), site.service("web-2")]);
  await site.api.post(`/api/services/${second.id}/dependencies`, {
    ...{ dependsOnId: first.id, type: "health_before" },
  });
  const mail = await site.service("mail");
  await site.api.patch(`/api/services/${mail.id}`, { deployOrder: "start-first" });
  return apps as World["apps"];
}

/** The file in which the store's job counts how often it has begun. */
export const runsFile = "/data/runs";

async function describeStore(site: Site, { image }: App, receiver: Receiver): Promise<void> {
  const { id } = await site.service("store");
  const put = async (what: string, body: unknown): Promise<void> => {
    const path = `/api/container-images/${image.id}/${what}`;
    const { status, body: answer } = await site.api.request("PUT", path, body);
    if (status !== 200) throw new Error(`PUT ${path}: ${status} ${JSON.stringify(answer)}`);
  };
  const script = `echo "$HOSTNAME" >> ${runsFile}`;
  const command = ["/bin/sh", "-c", script];
  await put("job", { command, serviceId: id, timeoutMs: 600_000 });
  await put("hooks", {
    before: [{ name: "may we", url: `${receiver.url}/before` }],
    after: [{ name: "tell", url: `${receiver.url}/after` }],
  });
}
