import { afterAll, beforeAll, expect, test } from "vitest";
import { type Api, apiClient } from "../harness/api.ts";
import { type Balancer, startBalancer } from "../harness/balancer.ts";
import { watchEvents } from "../harness/engine-events.ts";
import { connectLive } from "../harness/live.ts";
import { freePort } from "../harness/ports.ts";
import { type Postgres, startPostgres } from "../harness/postgres.ts";
import { isAlive, signal } from "../harness/processes.ts";
import type { Plan } from "../harness/resources.ts";
import { outline, rollout } from "../harness/rollout.ts";
import { type JoinedServer, joinServer, type Site, startSite } from "../harness/site.ts";
import { type System, startSystem } from "../harness/system.ts";
import { waitFor } from "../harness/wait.ts";

/* Two replicas behind a balancer, by which people, programs and the agent reach them. */

let database: Postgres;
let site: Site;
let first: System;
let second: System;
let balancer: Balancer;
let api: Api;
let joined: JoinedServer;

beforeAll(async () => {
  database = await startPostgres();
  const shared = {
    DATABASE_URL: database.url,
    BRIDGEPORT_MASTER_KEY: "5a".repeat(32),
    BRIDGEPORT_DRAIN_SECONDS: "1",
  };
  const agentAddresses = [
    `127.0.0.1:${await freePort()}`,
    `127.0.0.1:${await freePort()}`,
  ] as const;
  site = await startSite({ env: { ...shared, BRIDGEPORT_AGENT_ADDR: agentAddresses[0] } });
  first = site.system;
  second = await startSystem({ env: { ...shared, BRIDGEPORT_AGENT_ADDR: agentAddresses[1] } });
  balancer = await startBalancer([
    { url: first.url, agentAddress: agentAddresses[0] },
    { url: second.url, agentAddress: agentAddresses[1] },
  ]);
  api = apiClient(balancer.url, site.api.token);
  site.api = api;
  joined = await joinServer(site, "joined", { agentAddress: balancer.agentAddress });
});
afterAll(async () => {
  await joined?.remove();
  await balancer?.close();
  await second?.remove();
  await site?.remove();
  await database?.remove();
});

/** Asks the same again and again. @returns stops it, and tells what was not answered with 200 */
function asking(path: string): () => Promise<{ answered: number; failures: string[] }> {
  let going = true;
  let answered = 0;
  const failures: string[] = [];
  const loop = (async () => {
    while (going) {
      await api.request("GET", path).then(
        ({ status, body }) => {
          answered++;
          if (status !== 200) failures.push(`${status} ${JSON.stringify(body)}`);
        },
        (error: Error) => failures.push(`${error} (${error.cause})`),
      );
    }
  })();
  return async () => {
    going = false;
    await loop;
    return { answered, failures };
  };
}

/** Reads a plan's event stream to its end. @returns the names of its events */
async function streamOf(planId: string): Promise<string[]> {
  const answer = await fetch(`${first.url}/api/deployment-plans/${planId}/stream`, {
    headers: { authorization: `Bearer ${api.token}` },
  });
  const text = await answer.text();
  return [...text.matchAll(/^event: (.+)$/gm)].map(([, name]) => name as string);
}

test("replicas are replaced while a plan runs, and nobody notices", async () => {
  const names = ["a1", "a2", "a3"];
  const rolling = rollout(
    {
      ...site,
      docker: joined.docker,
      engine: joined.engine,
      service: (name) => site.service(name, joined.server.id),
    },
    (await site.connect()).id,
  );
  const { two, image } = await rolling.versions("rolling/upgrade", names, { health: { slow: 3 } });
  // From the beginning: the engine remembers its last 256 events only.
  const started: string[] = [];
  const stopWatching = await watchEvents(joined.engine.socket, ({ Action, Actor }) => {
    if (Action === "start") started.push(Actor.Attributes.image ?? "");
  });
  const startsOf = (digest: string) => started.filter((used) => used.includes(digest)).length;
  const { id } = await rolling.start(image, two);
  await api.until<{ plan: Plan }>(`/api/deployment-plans/${id}`, ({ plan }) =>
    outline(plan).includes("health_check a1 running"),
  );
  const live = await connectLive(apiClient(first.url, api.token), `plan:${id}`);
  const stream = streamOf(id);
  const stops = [`/api/deployment-plans/${id}`, "/api/environments", "/"].map(asking);

  expect(await first.stop()).toBe(0);
  // Who follows goes elsewhere: a whole answer without an end of the plan, and "service restart".
  const events = await stream;
  expect(events).toContain("plan");
  expect(events).not.toContain("done");
  await waitFor(() => live.closed() !== undefined, { what: "the WebSocket to be closed" });
  expect(live.closed()).toBe(1012);
  await first.start();
  await waitFor(() => balancer.ready().includes(first.url), { what: "the balancer to notice" });
  expect(await second.stop()).toBe(0);
  await second.start();

  expect(await api.planEnd(id)).toMatchObject({ status: "completed", error: null });
  for (const stop of stops) {
    const { answered, failures } = await stop();
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(0);
  }
  // What the balancer had to send once more was nothing that a replica took while it drained, and nothing
  // was sent to one that it knew to drain.
  const hidden = balancer.hidden();
  expect(hidden.filter(({ kind, heard }) => kind === "lost" && heard.since)).toEqual([]);
  expect(hidden.filter(({ heard }) => heard.before)).toEqual([]);
  for (const name of names) await rolling.expectRuns(name, two, "v2");
  await rolling.expectOnly(names);
  await waitFor(() => startsOf(two.digest) >= names.length, {
    what: "the engine to tell of each start",
  });
  expect(startsOf(two.digest)).toBe(names.length);
  stopWatching();
});

test("a process that drains says so, and ends at once when it is told again", async () => {
  const slow = await startSystem({
    env: {
      DATABASE_URL: database.url,
      BRIDGEPORT_MASTER_KEY: "5a".repeat(32),
      BRIDGEPORT_DRAIN_SECONDS: "3600",
    },
  });
  try {
    const pid = slow.pid() as number;
    signal(pid, "SIGTERM");
    const state = async () => {
      const answer = await fetch(`${slow.url}/readyz`);
      return { status: answer.status, body: await answer.json(), headers: answer.headers };
    };
    await waitFor(async () => (await state()).status === 503, { what: "it to drain" });
    const { body, headers } = await state();
    expect(body).toEqual({ status: "draining" });
    expect(headers.get("connection")).toBe("close");
    expect((await fetch(`${slow.url}/healthz`)).status).toBe(200);
    // It works as before, for those who have not noticed yet.
    await (await slow.login()).get("/api/environments");

    await waitFor(
      () => {
        signal(pid, "SIGTERM");
        return !isAlive(pid);
      },
      { what: "it to end", everyMs: 200 },
    );
  } finally {
    await slow.remove();
  }
});
