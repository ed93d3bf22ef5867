import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { watchEvents } from "../harness/engine-events.ts";
import type { Plan } from "../harness/resources.ts";
import { type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";
import { waitFor } from "../harness/wait.ts";

/* While the gate of one service is open, the next one is prepared and nothing of it is changed. */

let site: Site;
let rolling: Rollout;
/** names of containers that were created since the test began */
const created: string[] = [];
let stopWatching: () => void;

beforeAll(async () => {
  site = await startSite();
  rolling = rollout(site, (await site.connect()).id);
  stopWatching = await watchEvents(site.engine.socket, ({ Action, Actor }) => {
    if (Action === "create") created.push(Actor.Attributes.name ?? "");
  });
});
afterEach(async () => {
  created.length = 0;
  await site.engine.clear();
});
afterAll(async () => {
  stopWatching?.();
  await site?.remove();
});

/** Deploys an image to two services whose gates pass when the test says so, up to the first gate. */
async function firstGate(repository: string, names: [string, string]) {
  const { image, two } = await rolling.versions(repository, names, {
    health: { test: "test -e /tmp/go" },
    // The engine's own check says nothing meanwhile.
    healthInterval: 3600,
  });
  const second = await site.docker.inspect(names[1]);
  const { id } = await rolling.start(image, two);
  await waitFor(() => created.some((name) => name.startsWith(`${names[1]}-bp-new-`)), {
    what: "the second service to be prepared",
  });
  await gateOpen(id, names[0]);
  const { plan } = await site.api.get<{ plan: Plan }>(`/api/deployment-plans/${id}`);
  const deploy = plan.steps.find(
    ({ action, service }) => action === "deploy" && service?.name === names[1],
  );
  expect(deploy).toMatchObject({ status: "pending", startedAt: null });
  await rolling.expectUntouched([second]);
  return { id, two, second };
}

const gateOpen = (id: string, name: string) =>
  site.api.until<{ plan: Plan }>(`/api/deployment-plans/${id}`, ({ plan }) =>
    plan.steps.some(
      ({ action, status, service }) =>
        action === "health_check" && status === "running" && service?.name === name,
    ),
  );

test("the next deploy goes on when the gate has passed", async () => {
  const { id, two } = await firstGate("ahead/good", ["a1", "b1"]);
  await site.docker.run("exec", "a1", "touch", "/tmp/go");
  await gateOpen(id, "b1");
  await site.docker.run("exec", "b1", "touch", "/tmp/go");
  const plan = await site.api.planEnd(id);
  expect(plan).toMatchObject({ status: "completed", error: null });
  const [, , gate, next] = plan.steps;
  expect((next?.startedAt ?? "") >= (gate?.completedAt ?? "never")).toBe(true);
  for (const name of ["a1", "b1"]) await rolling.expectRuns(name, two);
  await rolling.expectOnly(["a1", "b1"]);
});

test("where the gate does not pass, the next service is untouched and nothing is left", async () => {
  const { id, second } = await firstGate("ahead/bad", ["c1", "d1"]);
  await site.docker.run("kill", "c1");
  expect((await site.api.planEnd(id)).status).toBe("rolled_back");
  await rolling.expectUntouched([second]);
  await rolling.expectOnly(["c1", "d1"]);
});

test("a cancel while the gate is open keeps the next deploy from beginning", async () => {
  const { id, second } = await firstGate("ahead/cancelled", ["e1", "f1"]);
  await site.api.post(`/api/deployment-plans/${id}/cancel`);
  await site.docker.run("exec", "e1", "touch", "/tmp/go");
  expect((await site.api.planEnd(id)).status).toBe("cancelled");
  await rolling.expectUntouched([second]);
  await rolling.expectOnly(["e1", "f1"]);
});
