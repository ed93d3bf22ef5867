import { strict as assert } from "node:assert";
import postgres from "postgres";
import type { Api } from "../harness/api.ts";
import { pushImage } from "../harness/images.ts";
import { processorTime } from "../harness/processes.ts";
import { type Registry, startRegistry } from "../harness/registry.ts";
import type {
  ContainerImage,
  Environment,
  ImageDigest,
  Plan,
  RegistryConnection,
} from "../harness/resources.ts";
import { type System, startSystem } from "../harness/system.ts";
import { joinAgents, nameOf, type PlanAgents } from "./plan-agents.ts";

/** How large the plans are. */
export interface PlanScale {
  services: number;
  servers: number;
}

/** What one plan over all services took; all in milliseconds. */
export interface PlanFigures {
  what: string;
  /** until the request that makes and starts it was answered */
  made: number;
  /** until it had ended */
  whole: number;
  /** commands that agents carried out */
  commands: number;
  /** processor time of the control plane and of PostgreSQL, for each command */
  product: number;
  database: number;
  /** how long all agents were idle, each time, until the next command came */
  pauses: number[];
}

/** Rows that are inserted and updated twice, each in a transaction of its own: what an order needs at least. */
export interface Floor {
  rows: number;
  whole: number;
  /** processor time of PostgreSQL for each row */
  each: number;
}

export interface World extends PlanScale {
  /** called with each plan's figures when it has ended */
  told(figures: PlanFigures): void;
  system: System;
  api: Api;
  agents: PlanAgents;
  image: ContainerImage;
  environment: Environment;
  /** v1 and v2 */
  digests: ImageDigest[];
}

/**
 * Plans over all services at once: in parallel, one after the other, one that is cancelled in its middle,
 * and one whose last deploy fails, so that everything goes back. It asserts what becomes of them.
 */
export async function measurePlans(
  scale: PlanScale,
  told: (figures: PlanFigures) => void = () => undefined,
): Promise<{ plans: PlanFigures[]; floor: Floor }> {
  const registry = await startRegistry();
  const system = await startSystem({ env: { BRIDGEPORT_RATE_LIMIT: "0" } });
  let agents: PlanAgents | undefined;
  try {
    const world = { told, ...(await newWorld(scale, registry, system)) };
    agents = world.agents;
    const all = { services: scale.services, reverted: 0 };
    const plans = [
      await measure(world, "in parallel", "completed", { parallel: true, to: 1 }, all),
      await measure(world, "one after another", "completed", { parallel: false, to: 0 }, all),
      await cancelled(world),
      await failing(world),
    ];
    return { plans, floor: await bareRows(system, plans[1]?.commands ?? 0) };
  } catch (error) {
    console.error(system.output().slice(-3000));
    throw error;
  } finally {
    agents?.leave();
    await system.remove();
    await registry.remove();
  }
}

/** An image of which all services run v1, and agents of all their servers. */
export async function newWorld(
  scale: PlanScale,
  registry: Registry,
  system: System,
): Promise<Omit<World, "told">> {
  const api = await system.login();
  const first = await pushImage(registry, "bench/plan", "v1", { version: "1" });
  await pushImage(registry, "bench/plan", "v2", { version: "2" });
  const { environments } = await api.get<{ environments: Environment[] }>("/api/environments");
  const [environment] = environments;
  assert(environment);
  const { registry: connection } = await api.post<{ registry: RegistryConnection }>(
    `/api/environments/${environment.id}/registries`,
    { name: "bench", type: "generic", registryUrl: `http://${registry.host}` },
  );
  const agents = await joinAgents(api, environment, first, scale);
  const { images } = await api.until<{ images: ContainerImage[] }>(
    `/api/environments/${environment.id}/container-images`,
    ({ images }) => images[0]?.services.length === scale.services,
  );
  const [image] = images;
  assert(image);
  await api.patch(`/api/container-images/${image.id}`, {
    ...{ tagFilter: "v*", registryConnectionId: connection.id },
  });
  await api.post(`/api/container-images/${image.id}/check-updates`);
  const { digests } = await api.get<{ digests: ImageDigest[] }>(
    `/api/container-images/${image.id}/digests`,
  );
  const tagged = ["v1", "v2"].map((tag) => digests.find(({ tags }) => tags.includes(tag)));
  return {
    ...{ ...scale, system, api, agents, environment, image },
    digests: tagged.filter((digest) => digest !== undefined),
  };
}

/** A plan is asked for, and ends as it should. */
async function measure(
  { system, api, agents, image, digests, told }: World,
  what: string,
  status: Plan["status"],
  { parallel, to }: { parallel: boolean; to: 0 | 1 },
  expected: { services: number; reverted: number },
  alongside: (plan: Plan) => void = () => undefined,
): Promise<PlanFigures> {
  const before = { done: total(agents), ...spent(system), at: performance.now() };
  agents.pauses.length = 0;
  const { plan } = await api.post<{ plan: Plan }>(`/api/container-images/${image.id}/deploy`, {
    ...{ imageDigestId: digests[to]?.id, parallelExecution: parallel, autoRollback: true },
  });
  const made = performance.now() - before.at;
  alongside(plan);
  const ended = await api.until<{ plan: Plan }>(
    `/api/deployment-plans/${plan.id}`,
    ({ plan }) => !["running", "pending"].includes(plan.status),
    // Reading the whole of a large plan is work, too.
    { what: `the plan ${what}`, everyMs: 2000, timeoutMs: 3_600_000, explain: () => "" },
  );
  const whole =
    Date.parse(ended.plan.completedAt ?? "") - Date.parse(ended.plan.startedAt ?? "") || 0;
  const after = { done: total(agents), ...spent(system) };
  assert.equal(ended.plan.status, status, `${what}: ${ended.plan.error}`);
  const of = (action: string, is: string) =>
    ended.plan.steps.filter((step) => step.action === action && step.status === is).length;
  assert.equal(of("deploy", "success") + of("deploy", "rolled_back"), expected.services, what);
  assert.equal(of("rollback", "success"), expected.reverted, what);
  const commands = after.done - before.done;
  const figures: PlanFigures = {
    ...{ what, made, whole, commands, pauses: [...agents.pauses] },
    product: (after.product - before.product) / commands,
    database: (after.database - before.database) / commands,
  };
  told(figures);
  return figures;
}

/** It is cancelled while half of its services are deployed and one more is: what is deployed stays. */
async function cancelled(world: World): Promise<PlanFigures> {
  const { api, agents, services } = world;
  const half = Math.ceil(services / 2);
  const started = pending<Plan>();
  let deployed = 0;
  agents.beforeResult(async ({ kind }) => {
    if (kind !== "run") return true;
    deployed += 1;
    if (deployed === half) {
      const { id } = await started.promise;
      await api.post(`/api/deployment-plans/${id}/cancel`);
    }
    return true;
  });
  const how = { parallel: false, to: 1 } as const;
  const expected = { services: half, reverted: 0 };
  const figures = await measure(world, "cancelled", "cancelled", how, expected, started.resolve);
  agents.beforeResult(null);
  return figures;
}

/** Its last service fails when all others are well: all go back. */
async function failing(world: World): Promise<PlanFigures> {
  const { agents, services } = world;
  const othersWell = pending<void>();
  let well = 0;
  agents.beforeResult(async (body) => {
    if (body.kind === "probe") well += 1;
    if (well === services - 1) othersWell.resolve();
    if (body.kind !== "run" || body.containerName !== nameOf(services - 1)) return true;
    await othersWell.promise;
    return false;
  });
  const how = { parallel: true, to: 0 } as const;
  const expected = { services: services - 1, reverted: services };
  const figures = await measure(world, "last one fails", "rolled_back", how, expected);
  agents.beforeResult(null);
  return figures;
}

async function bareRows(system: System, rows: number): Promise<Floor> {
  const database = postgres({
    ...{
      host: `${system.dataDir}/postgres/socket`,
      username: "bridgeport",
      database: "bridgeport",
      max: 1,
    },
  });
  try {
    await database`create temporary table bare (id int primary key, status text, body jsonb)`;
    const body = { reference: "x".repeat(200) };
    const before = spent(system).database;
    const began = performance.now();
    for (let id = 0; id < rows; id++) {
      await database`insert into bare values (${id}, 'queued', ${database.json(body)})`;
      await database`update bare set status = 'sent' where id = ${id}`;
      await database`update bare set status = 'done' where id = ${id}`;
    }
    const whole = performance.now() - began;
    return { rows, whole, each: (spent(system).database - before) / rows };
  } finally {
    await database.end();
  }
}

const total = ({ done }: PlanAgents): number => [...done.values()].reduce((sum, n) => sum + n, 0);

/** Milliseconds of processor time so far. */
function spent(system: System): { product: number; database: number } {
  return {
    product: processorTime(system.pid() ?? 0),
    database: system.pidsOf("postgres").reduce((sum, pid) => sum + processorTime(pid), 0),
  };
}

/** A promise that is settled from outside. */
function pending<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
