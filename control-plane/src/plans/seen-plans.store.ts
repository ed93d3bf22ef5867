import type { Transaction } from "../database/connection.ts";
import type { PlanRow, PlanServiceRow, StepRow, WholePlan } from "./plans.store.ts";
import {
  cleanUpRows,
  isWatched,
  leanSteps,
  seenRows,
  serverFacts,
  serviceRows,
  targetRows,
  withSeen,
} from "./plans.store.ts";

/** How its container is now is asked each time. */
type ServiceRow = Omit<PlanServiceRow, "seen">;

/** Rows as they were read last, by position, and of which version each was. */
interface Seen {
  services: Map<number, ServiceRow>;
  steps: Map<number, StepRow>;
  versions: Versions;
}
interface Versions {
  services: Map<number, string>;
  steps: Map<number, string>;
}

/** Plans that are under way at the same time; those beyond are read whole. */
const mostPlans = 50;

/**
 * A plan of thousands of steps is looked at for each of them, and little of it has changed since. This
 * remembers the rows that a process has read, and reads those again of which the database has another
 * version by now, whoever has written it. What is remembered may be forgotten at any time.
 */
export class SeenPlans {
  readonly #plans = new Map<string, Seen>();

  /** The plan as `loadPlan` has it with `lock` and `lean`. */
  async load(sql: Transaction, id: string): Promise<WholePlan | null> {
    // What is read after the lock has to see what it waited for, so it is not sent before that is there.
    const [plan] = await sql<PlanRow[]>`
      select * from deployment_plans where id = ${id} for update`;
    if (!plan) return null;
    const versions = await versionsOf(sql, id);
    const seen = this.#plans.get(id);
    const [targets, services, steps, servers, [cleanUp], containers] = await Promise.all([
      targetRows(sql, [id]),
      serviceRows(sql, [id], changedServices(seen, versions)),
      leanSteps(sql, [id], changedSteps(seen, versions)),
      serverFacts(sql, id),
      cleanUpRows(sql, [id]),
      isWatched(plan) ? seenRows(sql, [id]) : [],
    ]);
    const now: Seen = {
      services: together(seen?.services, services, versions.services),
      steps: together(seen?.steps, steps, versions.steps),
      versions,
    };
    this.#keep(id, now);
    const factsOf = new Map(servers.map((server) => [server.id, server]));
    return {
      plan,
      targets,
      services: withSeen([...now.services.values()], containers),
      steps: [...now.steps.values()].map((step) => {
        const { online, holdsBack } = factsOf.get(step.serverId ?? "") ?? nobody;
        return { ...step, serverOnline: online, agentHoldsBack: holdsBack };
      }),
      cleanUp: cleanUp ? { open: cleanUp.open, orderedAt: cleanUp.orderedAt } : null,
    };
  }

  forget(id: string): void {
    this.#plans.delete(id);
  }

  /** Forgets all but these: another replica may have ended a plan that was looked at here. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#plans.keys()) if (!ids.has(id)) this.#plans.delete(id);
  }

  /** How many plans are remembered. */
  get size(): number {
    return this.#plans.size;
  }

  #keep(id: string, seen: Seen): void {
    this.#plans.delete(id);
    this.#plans.set(id, seen);
    const [oldest] = this.#plans.keys();
    if (this.#plans.size > mostPlans && oldest !== undefined) this.#plans.delete(oldest);
  }
}

const nobody = { online: false, holdsBack: false };

/**
 * By position: which version of a step's row and its command's there is, and of a service's. A transaction
 * may write a row several times, each time to another place.
 */
async function versionsOf(sql: Transaction, planId: string): Promise<Versions> {
  const [row] = await sql<{ services: string | null; steps: string | null }[]>`
    select
      (select string_agg(concat_ws(':', position, concat(xmin, ctid)), ' ' order by position)
        from plan_services where plan_id = ${planId}) as services,
      (select string_agg(concat_ws(':', plan_steps.position,
          concat(plan_steps.xmin, plan_steps.ctid, commands.xmin, commands.ctid)), ' ' order by plan_steps.position)
        from plan_steps left join commands on commands.id = plan_steps.command_id
        where plan_steps.plan_id = ${planId}) as steps`;
  const parsed = (text: string | null) =>
    new Map(
      (text ?? "").split(" ").map((one) => {
        const [position, version] = one.split(":");
        return [Number(position), version ?? ""];
      }),
    );
  return { services: parsed(row?.services ?? null), steps: parsed(row?.steps ?? null) };
}

/** Positions of services to read: also those about which more is asked than their own rows. null: all */
function changedServices(seen: Seen | undefined, { services }: Versions): number[] | null {
  if (!seen) return null;
  return [...services.keys()].filter((position) => {
    const row = seen.services.get(position);
    return (
      row === undefined ||
      seen.versions.services.get(position) !== services.get(position) ||
      row.outside.length > 0
    );
  });
}

/** Positions of steps to read: also those that are under way, of which other commands tell. null: all */
function changedSteps(seen: Seen | undefined, { steps }: Versions): number[] | null {
  if (!seen) return null;
  return [...steps.keys()].filter((position) => {
    const row = seen.steps.get(position);
    return (
      row === undefined ||
      seen.versions.steps.get(position) !== steps.get(position) ||
      row.status === "running" ||
      (row.status === "pending" && row.commandStatus !== null)
    );
  });
}

/** What was read now before what was read earlier, by position. */
function together<Row extends { position: number }>(
  earlier: ReadonlyMap<number, Row> | undefined,
  now: readonly Row[],
  versions: ReadonlyMap<number, string>,
): Map<number, Row> {
  const read = new Map(now.map((row) => [row.position, row]));
  const all = new Map<number, Row>();
  for (const position of versions.keys()) {
    const row = read.get(position) ?? earlier?.get(position);
    if (row) all.set(position, row);
  }
  return all;
}
