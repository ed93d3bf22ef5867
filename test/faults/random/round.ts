import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Plan } from "../../harness/resources.ts";
import { waitFor } from "../../harness/wait.ts";
import { chance, type Most } from "../chance.ts";
import { containersOf, imageOf } from "./containers.ts";
import { drawFaults, type Fault, pidsOf, startPart } from "./faults.ts";
import { drawPlan, type PlanKind, start } from "./plans.ts";
import { countRecords } from "./records.ts";
import { atRest } from "./rest.ts";
import { expectTruth } from "./truth.ts";
import { type AppName, parts, type World } from "./world.ts";

/** A plan, and what breaks while it runs: all of it follows from the seed. */
export interface Round {
  seed: number;
  plan: PlanKind;
  faults: Fault[];
  /** in words */
  what: string;
}

export function drawRound(seed: number, most: Most): Round {
  const random = chance(seed);
  const plan = drawPlan(random);
  const faults = drawFaults(random, plan.records, most);
  const told = faults.map(({ what, after, holdMs }) => `${what} at ${after} for ${holdMs} ms`);
  return { seed, plan, faults, what: `${plan.what}; ${told.join("; ")}` };
}

/** How a round went. */
export interface Played {
  status: Plan["status"];
  error: string | null;
  /** what broke; the plan was over before the others came */
  broken: string[];
  /** what had to be started again though nobody had killed it */
  died: string[];
  records: number;
}

/** Plays a round: fails unless the plan ends, and all that is said of it is true. */
export async function playRound(world: World, { plan, faults }: Round): Promise<Played> {
  const records = countRecords(join(world.agent.stateDir, "journal"));
  const played: Played = { status: "pending", error: null, broken: [], died: [], records: 0 };
  try {
    const begun = await plan.begin(world, records.restart);
    const over = new AbortController();
    let mended = false;
    const ended = planEnd(world, begun.id, played, () => mended).finally(() => over.abort());
    const breaking = breakAll(world, faults, { reach: records.reach, over: over.signal, played });
    await Promise.all([breaking.finally(() => (mended = true)), ended]);
    const end = await ended;
    played.status = end.status;
    played.error = end.error;
    played.records = records.count();
    // Whoever has died after the plan's end.
    await startAll(world, played);
    await atRest(world);
    await expectTruth(world, begun, end);
    await level(world);
  } finally {
    records.stop();
  }
  return played;
}

/** Breaks one thing after the other in each place, and mends them. */
async function breakAll(
  world: World,
  faults: readonly Fault[],
  { reach, over, played }: { reach(n: number): Promise<void>; over: AbortSignal; played: Played },
): Promise<void> {
  const places = new Map<string, Promise<void>>();
  const isOver = new Promise<void>((resolve) => {
    over.addEventListener("abort", () => resolve(), { once: true });
  });
  const tasks = faults.map(async ({ what, where, after, holdMs, begin }) => {
    await Promise.race([reach(after), isOver]);
    if (over.aborted) return;
    const before = places.get(where) ?? Promise.resolve();
    const own = before.then(async () => {
      played.broken.push(what);
      const mend = await begin(world);
      await pause(holdMs);
      await mend();
    });
    places.set(
      where,
      own.catch(() => undefined),
    );
    await own;
  });
  await Promise.all(tasks);
}

/** As a service manager would. */
async function startAll(world: World, played: Played): Promise<void> {
  for (const part of parts) {
    if (pidsOf(world, part).length > 0) continue;
    played.died.push(part);
    await startPart(world, part);
  }
}

async function planEnd(
  world: World,
  id: string,
  played: Played,
  isMended: () => boolean,
): Promise<Plan> {
  const path = `/api/deployment-plans/${id}`;
  let last: Plan | undefined;
  return waitFor(
    async () => {
      if (isMended()) await startAll(world, played);
      const { plan } = await world.site.api.get<{ plan: Plan }>(path);
      last = plan;
      // It asks for a person where it does not know how a server was.
      if (plan.status === "paused") await world.site.api.post(`${path}/resume`);
      return ["completed", "failed", "rolled_back", "cancelled"].includes(plan.status) && plan;
    },
    { what: "the plan to end", everyMs: 100, explain: () => JSON.stringify(last, null, 1) },
  );
}

/** Brings all services of an image to the same version again where a plan has ended half-way. */
async function level(world: World): Promise<void> {
  const containers = await containersOf(world);
  for (const [name, { names, well }] of Object.entries(world.apps)) {
    const running = names.map((one) => imageOf(world, containers.get(one)));
    if (running.every((one) => one === running[0]) && well.some((one) => one === running[0]))
      continue;
    const { id } = await start(world, [name as AppName], {});
    const { status, error } = await world.site.api.planEnd(id);
    if (status !== "completed") {
      throw new Error(`With everything mended, the next plan is ${status}: ${error}`);
    }
    await atRest(world);
  }
}
