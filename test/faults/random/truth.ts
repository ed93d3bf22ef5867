import { readdirSync } from "node:fs";
import { expect } from "vitest";
import { journaledResults } from "../../harness/fleet/agent-double.ts";
import type { HistoryEntry, Plan } from "../../harness/resources.ts";
import { type Container, containersOf, imageOf } from "./containers.ts";
import { type Begun, jobRuns } from "./plans.ts";
import { journalsOf, query } from "./rest.ts";
import type { World } from "./world.ts";

/** Fails unless all that is said of an ended plan is what is there. Everything is at rest. */
export async function expectTruth(world: World, begun: Begun, plan: Plan): Promise<void> {
  if (begun.ill) expect(plan.status).not.toBe("completed");
  expect(plan.completedAt, "when it ended").not.toBeNull();
  for (const { action, status } of plan.steps) {
    expect(["pending", "running"], `status of the step ${action}`).not.toContain(status);
  }
  const found = await containersOf(world);
  for (const [name, claim] of claims(begun, plan)) {
    const image = imageOf(world, found.get(name));
    expect(claim, `${name} after ${plan.status}`).toContain(image.digest);
  }
  await expectReceipt(world, plan, found);
  await expectHistory(world, begun, plan);
  await expectOneEffect(world, begun, plan);
  await expectNothingLeft(world);
}

/** Of each container, the digests that it may run by what the plan says. */
function claims({ moves }: Begun, { status, steps }: Plan): Map<string, string[]> {
  const claimed = new Map<string, string[]>();
  for (const [name, { to, from }] of moves) {
    const own = steps.filter(({ service }) => service?.name === name);
    const back = own.findLast(({ action }) => action === "rollback")?.status;
    const deploy = own.find(({ action }) => action === "deploy")?.status;
    let may = [to.digest, from.digest];
    if (status === "completed") may = [to.digest];
    else if (status === "rolled_back" || back === "success") may = [from.digest];
    else if (back === undefined && deploy === "success") may = [to.digest];
    else if (back === undefined && deploy === "skipped") may = [from.digest];
    claimed.set(name, may);
  }
  return claimed;
}

interface Seen {
  containerId: string;
  imageId: string;
}
interface Receipt {
  final: boolean;
  status: string;
  services: {
    containerName: string;
    before: Seen | null;
    after: Seen | null;
    afterRollback: Seen | null;
    rollback: string | null;
  }[];
}

/** What the receipt says to be there last is there. */
async function expectReceipt(
  { site }: World,
  plan: Plan,
  found: Map<string, Container>,
): Promise<void> {
  const { receipt } = await site.api.get<{ receipt: Receipt }>(
    `/api/deployment-plans/${plan.id}/receipt`,
  );
  const { final, status, services } = receipt;
  expect({ final, status }).toEqual({ final: true, status: plan.status });
  for (const { containerName, before, after, afterRollback, rollback } of services) {
    if (plan.status === "failed" || rollback === "failed") continue;
    const last = rollback === null ? (after ?? before) : afterRollback;
    const { id, image } = found.get(containerName) as Container;
    expect({ name: containerName, id: last?.containerId, image: last?.imageId }).toEqual({
      ...{ name: containerName, id, image },
    });
  }
}

const inHistory: Record<string, string> = { completed: "success" };

/** History, audit and services say the same as the plan. */
async function expectHistory({ site }: World, begun: Begun, plan: Plan): Promise<void> {
  for (const id of begun.imageIds) {
    const { history } = await site.api.get<{ history: HistoryEntry[] }>(
      `/api/container-images/${id}/history?limit=100`,
    );
    const own = history.filter(({ planId }) => planId === plan.id);
    expect(own.map(({ status }) => status)).toEqual([inHistory[plan.status] ?? plan.status]);
  }
  const { logs } = await site.api.get<{ logs: { action: string }[] }>(
    `/api/audit-logs?resourceId=${plan.id}&limit=100`,
  );
  const actions = logs.map(({ action }) => action).filter((one) => one !== "resume_plan");
  expect(actions.sort(), "the audit").toEqual(begun.audited.toSorted());
  expect(await site.api.get("/api/audit-logs/verify")).toMatchObject({
    verification: { whole: true },
  });
  for (const name of plan.status === "failed" ? [] : begun.moves.keys()) {
    const { drift } = await site.service(name);
    expect(drift, `drift of ${name}`).toBeNull();
  }
}

/** No command was carried out twice, and each has the outcome that its agent has told. */
async function expectOneEffect(world: World, begun: Begun, plan: Plan): Promise<void> {
  const journals = journalsOf(world.agent.stateDir);
  for (const { file, records, phases } of journals) {
    expect(records.filter((one) => one === "result").length, `results in ${file}`).toBe(1);
    const prepared = phases.filter((one) => one === "prepare").length;
    expect(prepared, `attempts in ${file}`).toBeLessThanOrEqual(2);
  }
  const told = new Map(
    journaledResults(world.agent.stateDir).map(({ commandId, outcome }) => [commandId, outcome.ok]),
  );
  const rows = await query<{ id: string; kind: string; ok: boolean }>(
    world,
    "select id, kind, (outcome->>'ok')::boolean as ok from commands where plan_id = $1",
    [plan.id],
  );
  const others = rows.filter(({ id, ok }) => told.has(id) && told.get(id) !== ok);
  expect(others, "commands whose agent told another outcome").toEqual([]);
  if (begun.runsBefore === null) return;
  const runs = await jobRuns(world);
  expect(runs.slice(0, begun.runsBefore.length)).toEqual(begun.runsBefore);
  const times = runs.length - begun.runsBefore.length;
  expect(plan.status === "completed" ? [1] : [0, 1], "runs of the job").toContain(times);
  const calls = world.receiver.received.filter(
    ({ headers }) => headers["x-bridgeport-plan"] === plan.id,
  );
  const keys = (path: string) =>
    new Set(calls.filter((one) => one.path === path).map((one) => one.headers["idempotency-key"]));
  expect([keys("/before").size, keys("/after").size], "hooks that were called").toEqual([1, 1]);
}

/** No containers, volumes, names of images, or files of what is over. */
async function expectNothingLeft({ site, names, agent }: World): Promise<void> {
  const { api } = site.engine;
  const { Volumes } = await api.call<{ Volumes: unknown[] | null }>("GET", "/volumes");
  expect(Volumes, "volumes").toHaveLength(names.length);
  const services = await Promise.all(names.map((name) => site.service(name)));
  const keeps = services.flatMap(({ id }) =>
    ["current", "previous"].map((tag) => `bridgeport.local/keep/${id}:${tag}`),
  );
  const images = await api.call<{ RepoTags: string[] | null }[]>("GET", "/images/json");
  const tags = images.flatMap(({ RepoTags }) => RepoTags ?? []);
  const own = tags.filter((tag) => tag.startsWith("bridgeport.local/"));
  expect(own.filter((tag) => !keeps.includes(tag))).toEqual([]);
  const files = readdirSync(agent.stateDir, { recursive: true }).map(String);
  expect(files.filter((file) => /\.tmp$|unreadable/.test(file))).toEqual([]);
}
