import { afterAll, beforeAll, expect, test } from "vitest";
import type { Api } from "../harness/api.ts";
import { type ContainerState, type Fleet, joinAgents, startFleet } from "../harness/fleet/fleet.ts";
import { connectLive } from "../harness/live.ts";
import type { Environment } from "../harness/resources.ts";
import { type System, startSystem } from "../harness/system.ts";
import { waitFor } from "../harness/wait.ts";

/*
 * The short form of `npm run bench:fleet`: what arrives, and not how soon.
 */

const agents = 50;
const containers = 20;

let system: System;
let api: Api;
let fleet: Fleet;

beforeAll(async () => {
  system = await startSystem({ env: { BRIDGEPORT_RATE_LIMIT: "0" } });
  api = await system.login();
  fleet = await startFleet(await joinAgents(api, agents), { containers });
  await fleet.connect();
});
afterAll(async () => {
  await fleet?.remove();
  await system?.remove();
});

interface Listed {
  name: string;
  state: string;
}

const inOrder = (states: string[]): string[] => states.toSorted();

/** Waits until the API tells of every container what its agent knows of it. */
async function untilTheSame(): Promise<ContainerState[]> {
  const states = await fleet.states();
  for (const serverId of fleet.serverIds) {
    const wanted = inOrder(
      states
        .filter((each) => each.serverId === serverId)
        .map(({ name, state }) => `${name} ${state}`),
    );
    await api.until<{ containers: Listed[] }>(
      `/api/servers/${serverId}/containers?limit=100`,
      ({ containers: listed }) =>
        inOrder(listed.map(({ name, state }) => `${name} ${state}`)).join() === wanted.join(),
    );
  }
  return states;
}

test("every event of fifty agents arrives, and the last state of each container is the right one", async () => {
  expect(await untilTheSame()).toHaveLength(agents * containers);
  const { environments } = await api.get<{ environments: Environment[] }>("/api/environments");
  const live = await connectLive(api, `environment:${environments[0]?.id}`);
  // Twice of each container but the first, and once more of some: those change, and change back.
  fleet.burst(agents * (containers - 1) * 2 + 300);
  const states = await untilTheSame();
  expect(states.filter(({ restartCount }) => restartCount >= 2)).toHaveLength(
    agents * (containers - 1),
  );
  // Who only listens has heard of each container, too.
  const heard = () =>
    new Set(
      live.heard
        .filter(({ event }) => event === "container.changed")
        .map(({ data }) => Object.values(data as { id: string; serverId: string }).join()),
    );
  await waitFor(() => heard().size === agents * (containers - 1), {
    what: "every container to be told of",
  });
  live.close();
});

test("what happened while the control plane was killed is there when it is back", async () => {
  fleet.burst(agents * 7);
  await system.kill();
  fleet.burst(agents * 5);
  await system.start();
  await fleet.connected();
  fleet.burst(agents * 3);
  const states = await untilTheSame();
  const services = await api.get<{ total: number }>(
    `/api/servers/${fleet.serverIds[0]}/services?limit=1`,
  );
  expect(services.total).toBe(containers);
  expect(states).toHaveLength(agents * containers);
});
