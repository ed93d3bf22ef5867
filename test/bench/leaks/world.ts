import type { Sql } from "postgres";
import type { Api } from "../../harness/api.ts";
import { joinAgents } from "../../harness/fleet/fleet.ts";
import type { JoinedAgent } from "../../harness/fleet/messages.ts";
import { embeddedDatabase } from "../../harness/host-commands.ts";
import { type Receiver, startReceiver } from "../../harness/receiver.ts";
import { startRegistry } from "../../harness/registry.ts";
import type {
  ContainerImage,
  Environment,
  ImageDigest,
  Plan,
  RegistryConnection,
  Server,
  Service,
} from "../../harness/resources.ts";
import { type System, startAgent, startSystem } from "../../harness/system.ts";
import { waitFor } from "../../harness/wait.ts";
import { newWorld } from "../plan-scale.ts";
import { type ScriptedEngine, scriptedEngine } from "../scripted-engine.ts";
import { startBrokenRegistry } from "./broken-registry.ts";
import { type Inspected, inspect, inspectable } from "./inspected.ts";
import { type Linked, startLinked } from "./linked.ts";

/** The product with everything around it that a load needs. */
export interface LeakWorld {
  system: System;
  api: Api;
  sql: Sql;
  environment: Environment;
  /** the built agent, beside the scripted engine */
  agentServerId: string;
  agentServices: Service[];
  engine: ScriptedEngine;
  linked: Linked;
  /** a server whose certificate strangers have */
  stranger: JoinedAgent;
  image: ContainerImage;
  digests: ImageDigest[];
  /** an image whose registry never answers as it should */
  brokenImageId: string;
  receiver: Receiver;
  /** the secret of incoming webhooks */
  secret: string;
  /** outgoing webhooks: one that is taken, one that nobody listens for */
  webhookIds: string[];
  /** the processes of the product, by what they are */
  inspected: Record<"control plane" | "agent" | "linked agents", Inspected>;
  /** Waits until all servers' agents are there, as a copy of the memory holds everything up. */
  allThere(): Promise<void>;
  /** Deploys the other digest to all services, and waits for the end. @param cancel in its middle */
  deploy(cancel: boolean): Promise<void>;
  remove(): Promise<void>;
}

const secret = "a secret of incoming webhooks";
const containers = 20;

/** @param linkedAgents how many links the process of linked agents has */
export async function startLeakWorld(linkedAgents: number): Promise<LeakWorld> {
  const ends: (() => Promise<void> | void)[] = [];
  const remove = async () => {
    for (const end of ends.reverse()) await end();
  };
  try {
    const registry = await startRegistry();
    ends.push(() => registry.remove());
    const system = await startSystem({
      env: { ...inspectable, WEBHOOK_SECRET: secret, LOG_LEVEL: "warn" },
    });
    ends.push(() => system.remove());
    const world = await newWorld({ services: 8, servers: 4 }, registry, system);
    const { api, environment, agents } = world;
    ends.push(() => agents.leave());

    const engine = await scriptedEngine(containers, 0);
    ends.push(() => engine.remove());
    const added = await api.post<{ server: Server; join: { token: string } }>(
      `/api/environments/${environment.id}/servers`,
      { name: "beside an engine" },
    );
    const agent = await startAgent({
      ...{ url: system.url, token: added.join.token, dockerHost: engine.host, env: inspectable },
    });
    ends.push(() => agent.remove());
    const { services: agentServices } = await api.until<{ services: Service[] }>(
      `/api/servers/${added.server.id}/services?limit=100`,
      ({ services }) => services.length === containers,
    );
    const [stranger, ...joined] = await joinAgents(api, 1 + linkedAgents);
    if (stranger === undefined) throw new Error("No server was added.");
    const linked = await startLinked(joined);
    ends.push(() => linked.close());

    const broken = await startBrokenRegistry();
    ends.push(() => broken.close());
    const brokenImageId = await addImage(api, environment, broken.host);
    const receiver = await startReceiver();
    ends.push(() => receiver.close());
    const webhookIds = [
      await addWebhook(api, "taken", receiver.url),
      await addWebhook(api, "not taken", "http://127.0.0.1:1"),
    ];
    const sql = embeddedDatabase(system);
    if (sql === null) throw new Error("The embedded PostgreSQL does not run.");
    ends.push(() => sql.end());
    const inspected = {
      "control plane": await inspect(system.pid() ?? 0, system.output),
      agent: await inspect(agent.pid() ?? 0, agent.output),
      "linked agents": await inspect(linked.pid, linked.output),
    };
    for (const one of Object.values(inspected)) ends.push(() => one.close());

    let to = 0;
    return {
      ...{ system, api, sql, environment, engine, linked, stranger, brokenImageId, receiver },
      ...{ agentServerId: added.server.id, agentServices, secret, webhookIds, inspected, remove },
      ...{ image: world.image, digests: world.digests },
      async allThere() {
        await waitFor(
          async () => {
            const [row] = await sql<{ away: number }[]>`
              select count(*)::int as away from servers where status = 'offline'`;
            return row?.away === 0;
          },
          { what: "all agents", everyMs: 200 },
        );
      },
      async deploy(cancel) {
        to = 1 - to;
        const { plan } = await api.post<{ plan: Plan }>(
          `/api/container-images/${world.image.id}/deploy`,
          { imageDigestId: world.digests[to]?.id, parallelExecution: true },
        );
        // It may have ended already.
        if (cancel) await api.request("POST", `/api/deployment-plans/${plan.id}/cancel`);
        await api.planEnd(plan.id);
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function addImage(api: Api, { id }: Environment, host: string): Promise<string> {
  const { registry } = await api.post<{ registry: RegistryConnection }>(
    `/api/environments/${id}/registries`,
    { name: "broken", type: "generic", registryUrl: `http://${host}` },
  );
  const { image } = await api.post<{ image: ContainerImage }>(
    `/api/environments/${id}/container-images`,
    ...[
      {
        name: "broken",
        imageName: `${host}/broken/app`,
        tagFilter: "*",
        registryConnectionId: registry.id,
      },
    ],
  );
  return image.id;
}

async function addWebhook(api: Api, name: string, url: string): Promise<string> {
  const { webhook } = await api.post<{ webhook: { id: string } }>("/api/admin/webhooks", {
    ...{ name, url, events: ["deployment.succeeded"] },
  });
  return webhook.id;
}
