import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { pushImage } from "../harness/images.ts";
import { type Receiver, startReceiver } from "../harness/receiver.ts";
import type { Plan } from "../harness/resources.ts";
import { digestRow, type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";
import { waitFor } from "../harness/wait.ts";

/* Hooks of a plan, called by the control plane on loopback. */

let site: Site;
let rolling: Rollout;
let receiver: Receiver;

beforeAll(async () => {
  [site, receiver] = await Promise.all([startSite(), startReceiver()]);
  rolling = rollout(site, (await site.connect()).id);
});
afterEach(() => site.engine.clear());
afterAll(async () => {
  await receiver?.close();
  await site?.remove();
});

/** A service that runs the first version of an image of its own, and what deploys the second one. */
async function app(name: string, health: "healthy" | "unhealthy") {
  const push = (version: string, state: "healthy" | "unhealthy") =>
    pushImage(site.registry, `hooks/${name}`, `v${version}`, {
      ...{ version, health: state, created: `2026-0${version}-01T00:00:00Z` },
    });
  const one = await push("1", "healthy");
  await site.docker.run("run", "-d", "--name", name, one.reference);
  const two = await push("2", health);
  await site.service(name);
  const image = await rolling.synced(one.name);
  const start = async (hooks: object): Promise<Plan> => {
    const body = { imageDigestId: digestRow(image, two).id, hooks };
    const path = `/api/container-images/${image.id}/deploy`;
    return (await site.api.post<{ plan: Plan }>(path, body)).plan;
  };
  const deploy = async (hooks: object) => site.api.planEnd((await start(hooks)).id);
  return { image, two, start, deploy, before: await site.docker.inspect(name) };
}

const bodies = (path: string) => receiver.at(path).map(({ text }) => JSON.parse(text));

test("a hook before that says no: nothing is touched, and those after hear why", async () => {
  const { image, deploy, before } = await app("refused", "healthy");
  receiver.refuse("/window", 409, 1);
  const given = await site.api.request("PUT", `/api/container-images/${image.id}/hooks`, {
    before: [{ name: "window", url: `${receiver.url}/window` }],
  });
  expect(given.status).toBe(200);
  const after = [{ name: "tell", url: `${receiver.url}/tell-refused` }];
  const plan = await deploy({ after });
  expect(plan).toMatchObject({
    status: "failed",
    error: `The hook window failed: ${receiver.url}/window: It answered 409.`,
  });
  expect(plan.steps.filter(({ startedAt }) => startedAt !== null)).toHaveLength(2);
  const now = await site.docker.inspect("refused");
  expect([now.Id, now.State.StartedAt]).toEqual([before.Id, before.State.StartedAt]);
  expect(bodies("/tell-refused")).toMatchObject([
    { hook: { name: "tell", when: "after" }, plan: { id: plan.id, status: "failed" } },
  ]);
  const again = await deploy({ after });
  expect(again.status).toBe("completed");
});

test("a plan that goes back by itself tells it to the hooks after", async () => {
  const { deploy, before } = await app("ill", "unhealthy");
  const plan = await deploy({ after: [{ name: "tell", url: `${receiver.url}/tell-ill` }] });
  expect(plan.status).toBe("rolled_back");
  expect((await site.docker.inspect("ill")).Id).toBe(before.Id);
  expect(bodies("/tell-ill")).toMatchObject([
    { plan: { id: plan.id, status: "rolled_back", error: plan.error } },
  ]);
  const [call] = receiver.at("/tell-ill");
  expect(call?.headers["x-bridgeport-plan"]).toBe(plan.id);
});

test("a control plane that is killed in the middle of calls makes them again, and its plans end right", async () => {
  const [asks, tells] = [await app("asks", "healthy"), await app("tells", "healthy")];
  const hook = (path: string) => ({
    ...{ name: path, url: `${receiver.url}/${path}`, timeoutMs: 600_000 },
  });
  receiver.hold("/may-we", 1);
  receiver.hold("/done", 1);
  const asking = await asks.start({ before: [hook("may-we")] });
  const telling = await tells.start({ before: [hook("began")], after: [hook("done")] });
  await waitFor(() => receiver.at("/may-we").length === 1 && receiver.at("/done").length === 1, {
    what: "both calls to be under way",
  });
  const untouched = await site.docker.inspect("asks");
  expect(untouched.Id).toBe(asks.before.Id);
  const moved = await site.docker.inspect("tells");

  await site.system.kill(["agent", "postgres"]);
  await site.system.start();
  await site.refresh();
  for (const { id } of [asking, telling]) {
    expect(await site.api.planEnd(id)).toMatchObject({ status: "completed", error: null });
  }
  const keys = (path: string) => receiver.at(path).map(({ headers }) => headers["idempotency-key"]);
  expect(keys("/may-we")).toEqual([`${asking.id}:0`, `${asking.id}:0`]);
  expect(keys("/began")).toEqual([`${telling.id}:0`]);
  const [first, second, ...more] = keys("/done");
  expect([second, more]).toEqual([first, []]);
  expect(bodies("/done").map(({ plan }) => plan.status)).toEqual(["completed", "completed"]);
  const now = await Promise.all(["asks", "tells"].map((name) => site.docker.inspect(name)));
  expect(now.map(({ Config }) => Config.Image.split("@")[1])).toEqual([
    asks.two.digest,
    tells.two.digest,
  ]);
  // What had been replaced before was not replaced again.
  expect(now[1]?.Id).toBe(moved.Id);
});
