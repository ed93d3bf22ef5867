import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Api } from "../harness/api.ts";
import { connectLive, type LiveClient } from "../harness/live.ts";
import { type Postgres, startPostgres } from "../harness/postgres.ts";
import type { Plan, Service } from "../harness/resources.ts";
import { outline, type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";
import { type System, startSystem } from "../harness/system.ts";

/*
 * Two control planes on one database. The agent is connected to the first one, whatever is asked
 * is asked of the second.
 */

let database: Postgres;
let site: Site;
let second: System;
let api: Api;
let rolling: Rollout;

beforeAll(async () => {
  database = await startPostgres();
  const env = { DATABASE_URL: database.url, BRIDGEPORT_MASTER_KEY: "5a".repeat(32) };
  site = await startSite({ env });
  second = await startSystem({ env });
  api = await second.login();
  // From here on the site's requests go to the second one, too.
  site.api = api;
  rolling = rollout(site, (await site.connect()).id);
});
afterEach(() => site.engine.clear());
afterAll(async () => {
  await second?.remove();
  await site?.remove();
  await database?.remove();
});

describe("a control plane that does not hold the agent's stream", () => {
  let live: LiveClient | undefined;
  afterEach(() => live?.close());

  test("deploys, tells about it live, and rolls back", async () => {
    const { one, two, image } = await rolling.versions("replicas/deploy", ["app"]);
    live = await connectLive(api, `environment:${site.environment.id}`);

    const plan = await api.planEnd((await rolling.start(image, two)).id);

    expect(plan).toMatchObject({ status: "completed", error: null });
    await rolling.expectRuns("app", two, "v2");
    await live.hear(
      ({ event, data }) =>
        event === "plan.changed" && (data as { id: string } | undefined)?.id === plan.id,
    );
    expect((await rolling.rollBack(plan)).status).toBe("rolled_back");
    await rolling.expectRuns("app", one);
    await rolling.expectOnly(["app"]);
  });

  test("does what is asked of a container, and follows its log", async () => {
    const { services } = await rolling.versions("replicas/acts", ["app"]);
    const [service] = services as [Service];
    const { health } = await api.post<{ health: { containerStatus: string } }>(
      `/api/services/${service.id}/health`,
    );
    expect(health.containerStatus).toBe("running");
    live = await connectLive(api, `logs:${service.id}`);
    const said = (text: string) =>
      live?.hear(({ event, data }) => event === "lines" && JSON.stringify(data).includes(text));
    await said("version 1 listens");

    await api.post(`/api/services/${service.id}/stop`);
    await live.hear(({ event }) => event === "end");
    live.close();
    await api.post(`/api/services/${service.id}/start`);
    const { lines } = await api.get<{ lines: { text: string }[] }>(
      `/api/services/${service.id}/logs?tail=50`,
    );
    expect(lines.filter(({ text }) => text.startsWith("version 1 listens"))).toHaveLength(2);
    const { services: found } = await api.post<{ services: Service[] }>(
      `/api/servers/${site.server.id}/discover`,
    );
    expect(found.map(({ containerName }) => containerName)).toContain("app");
  });

  test("goes on with a plan when the other one is killed, and is back with its agent", async () => {
    const names = ["a1", "a2", "a3"];
    const { two, image } = await rolling.versions("replicas/killed", names, {
      health: { slow: 1 },
    });
    const { id } = await rolling.start(image, two);
    await api.until<{ plan: Plan }>(`/api/deployment-plans/${id}`, ({ plan }) =>
      outline(plan).includes("health_check a1 running"),
    );

    await site.system.kill();
    const { plan: waiting } = await api.get<{ plan: Plan }>(`/api/deployment-plans/${id}`);
    expect(waiting.status).toBe("running");
    await site.system.start();

    expect(await api.planEnd(id)).toMatchObject({ status: "completed", error: null });
    for (const name of names) await rolling.expectRuns(name, two, "v2");
    await rolling.expectOnly(names);
  });
});
