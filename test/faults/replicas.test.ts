import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Api, apiClient } from "../harness/api.ts";
import { type Fleet, joinAgents, startFleet } from "../harness/fleet/fleet.ts";
import { type Haproxy, startHaproxy } from "../harness/haproxy.ts";
import { connectLive } from "../harness/live.ts";
import { freePort } from "../harness/ports.ts";
import { type Postgres, startPostgres } from "../harness/postgres.ts";
import type { Plan } from "../harness/resources.ts";
import { type Rollout, rollout } from "../harness/rollout.ts";
import { type JoinedServer, joinServer, type Site, startSite } from "../harness/site.ts";
import { type System, startSystem } from "../harness/system.ts";
import { waitFor } from "../harness/wait.ts";

/*
 * Three control planes behind a real HAProxy, by which people and agents reach them. The tests follow one another.
 */

const fleetSize = 8;
let primary: Postgres;
let site: Site;
let replicas: readonly [System, System, System];
let haproxy: Haproxy;
let joined: JoinedServer;
let fleet: Fleet;
let api: Api;
let rolling: Rollout;

beforeAll(async () => {
  primary = await startPostgres();
  const env = { DATABASE_URL: primary.url, BRIDGEPORT_MASTER_KEY: "5a".repeat(32) };
  const addresses = [await freePort(), await freePort(), await freePort()].map(
    (port) => `127.0.0.1:${port}`,
  ) as [string, string, string];
  site = await startSite({ env: { ...env, BRIDGEPORT_AGENT_ADDR: addresses[0] } });
  const [second, third] = await Promise.all([
    startSystem({ env: { ...env, BRIDGEPORT_AGENT_ADDR: addresses[1] } }),
    startSystem({ env: { ...env, BRIDGEPORT_AGENT_ADDR: addresses[2] } }),
  ]);
  replicas = [site.system, second, third];
  haproxy = await startHaproxy([
    { url: site.system.url, agentAddress: addresses[0] },
    { url: second.url, agentAddress: addresses[1] },
    { url: third.url, agentAddress: addresses[2] },
  ]);
  api = apiClient(haproxy.url, site.api.token);
  site.api = api;
  joined = await joinServer(site, "joined", { agentAddress: haproxy.agentAddress });
  rolling = rollout(
    {
      ...site,
      docker: joined.docker,
      engine: joined.engine,
      service: (name) => site.service(name, joined.server.id),
    },
    (await site.connect()).id,
  );
});
afterAll(async () => {
  await fleet?.remove();
  await joined?.remove();
  await haproxy?.remove();
  await Promise.all((replicas ?? []).slice(1).map((system) => system.remove()));
  await site?.remove();
  await primary?.remove();
});

/**
 * The replica that holds the stream of the joined server's agent.
 * @param killed one that could not say any more that it had lost it
 */
const holder = (killed?: System): Promise<System> =>
  waitFor(
    () =>
      replicas.find((system) => {
        if (system === killed) return false;
        const own = system
          .output()
          .split("\n")
          .filter((line) => line.includes(joined.server.id) && /agent (dis)?connected/.test(line));
        return own.at(-1)?.includes("agent connected");
      }),
    { what: "the agent to be connected" },
  );

const planOf = async (id: string) =>
  (await api.get<{ plan: Plan }>(`/api/deployment-plans/${id}`)).plan;
const ended = ({ steps }: Plan) => steps.filter(({ completedAt }) => completedAt !== null).length;

/** A plan whose image has been pulled, and whose first service takes some seconds to be healthy. */
async function underWay(repository: string, names: string[]) {
  const versions = await rolling.versions(repository, names, { health: { slow: 3 } });
  const { id } = await rolling.start(versions.image, versions.two);
  await waitFor(async () => ended(await planOf(id)) > 0, { what: "the image to be pulled" });
  return { ...versions, id };
}

/** Says a figure, which no test depends on. */
const say = (what: string, since: number): void =>
  console.log(`${what}: ${Math.round(performance.now() - since)} ms`);

describe("replicas", () => {
  let killed: System;

  test("a plan goes on elsewhere when the replica is killed that holds the agent's stream", async () => {
    const names = ["a1", "a2"];
    const { two, id } = await underWay("replicas/killed", names);
    killed = await holder();
    const before = ended(await planOf(id));
    const lost = await connectLive(apiClient(killed.url, api.token), `plan:${id}`);

    await killed.kill();
    const since = performance.now();
    await waitFor(
      async () => {
        const plan = await planOf(id);
        return ended(plan) > before || plan.status !== "running";
      },
      { what: "the plan to go on" },
    );
    say("a plan goes on after its replica was killed", since);
    await waitFor(() => lost.closed() !== undefined, { what: "the WebSocket to break" });
    const live = await connectLive(api, `environment:${site.environment.id}`);
    await api.patch(`/api/servers/${joined.server.id}`, { tags: ["seen"] });
    await live.hear(({ event }) => event === "server.changed");
    live.close();

    expect(await api.planEnd(id)).toMatchObject({ status: "completed", error: null });
    for (const name of names) await rolling.expectRuns(name, two, "v2");
    await rolling.expectOnly(names);
    expect(await holder(killed)).toBeDefined();
  });

  test("a replica that comes back gets its share of the agents", async () => {
    const agents = await joinAgents(api, fleetSize);
    fleet = await startFleet(
      agents.map((agent) => ({ ...agent, agentAddr: haproxy.agentAddress })),
      { containers: 2 },
    );
    await fleet.connect();
    await killed.start();
    const since = performance.now();
    const held = async (): Promise<number> => {
      const { body } = await apiClient(killed.url, api.token).request<string>("GET", "/metrics");
      return Number(/^bridgeport_agents_connected (\d+)/m.exec(body)?.[1] ?? 0);
    };
    // Of nine or ten agents; one of them may be its own.
    await waitFor(async () => (await held()) >= 2, { what: "agents to come", everyMs: 100 });
    say("a replica that came back has agents", since);
    await fleet.connected();
    expect(replicas.map((system) => system.output()).join()).toContain(
      "another replica has fewer agents",
    );
  });
});
