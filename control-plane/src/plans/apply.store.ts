import { brokenConstraint, json, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { carryOutEffects } from "./effects.store.ts";
import type { AskedAction } from "./plan.ts";
import {
  insertSteps,
  type PlanRow,
  type PlanServiceRow,
  ServiceBusy,
  type StepRow,
  type WholePlan,
} from "./plans.store.ts";
import { saveRenewed } from "./renewed.store.ts";
import type { Changed } from "./transition/rows.ts";
import { transition } from "./transition.ts";

/**
 * Does what a person has asked for, inside the transaction that holds the plan's lock. Whichever replica
 * hears it first goes on with the plan, once this transaction is committed.
 * @param whole the plan with everything of it
 * @returns the plan after that
 * @throws {ServiceBusy} where another plan is active for one of its services; the transaction is lost
 */
export async function apply(sql: Sql, whole: WholePlan, action: AskedAction): Promise<WholePlan> {
  // Plans of several replicas are compared by when they began.
  const [clock] = await sql<{ now: Date }[]>`select now()`;
  const changed = transition(whole, action, clock?.now ?? new Date(), newId);
  await save(sql, whole, changed);
  await sql`select pg_notify('plan_wake', ${whole.plan.id})`;
  return changed.rows;
}

/**
 * Writes what has changed of a plan, and carries out what is to be done beside that, inside the transaction
 * that holds the plan's lock. Commands are rows: they go out when this commits, and not at all when it does
 * not. The number of statements does not depend on how many steps have changed.
 * @param before the rows as they are in the database
 * @throws {ServiceBusy} where another plan is active for one of its services; the transaction is lost
 */
export async function save(
  sql: Sql,
  before: WholePlan,
  { rows: after, effects }: Changed,
): Promise<void> {
  if (after.plan !== before.plan) await savePlan(sql, after.plan);
  await saveActive(sql, before.services, after.services);
  const known = new Map(before.steps.map((step) => [step.id, step]));
  const added = after.steps.filter(({ id }) => !known.has(id));
  if (added.length > 0) await insertSteps(sql, after.plan.id, added.map(builtStep));
  await saveSteps(
    sql,
    after.steps.filter((step) => {
      const was = known.get(step.id);
      return was === undefined ? step.status !== "pending" : isChanged(was, step);
    }),
  );
  await saveRenewed(sql, known, after.steps);
  await carryOutEffects(sql, after.plan, effects);
}

async function savePlan(sql: Sql, plan: PlanRow): Promise<void> {
  await sql`
    update deployment_plans set status = ${plan.status}, error = ${plan.error},
      blames_digest = ${plan.blamesDigest}, cancel_requested_at = ${plan.cancelRequestedAt},
      rollback_started_at = ${plan.rollbackStartedAt}, started_at = ${plan.startedAt},
      completed_at = ${plan.completedAt}, asked_by = ${plan.askedBy},
      asked_by_id = ${plan.askedById}, waiting_since = ${plan.waitingSince},
      approvals_required = ${plan.approvalsRequired}, approvals = ${json(sql, plan.approvals)},
      paused_at = ${plan.pausedAt}, paused_reason = ${plan.pausedReason},
      paused_by = ${plan.pausedBy}, rollback_requested_at = ${plan.rollbackRequestedAt}
    where id = ${plan.id}`;
}

/** The database allows one active plan for each service. */
async function saveActive(
  sql: Sql,
  before: readonly PlanServiceRow[],
  after: readonly PlanServiceRow[],
): Promise<void> {
  const changed = after.filter(({ active }, at) => active !== before[at]?.active);
  const [first] = changed;
  if (!first) return;
  try {
    await sql`
      update plan_services set active = ${first.active}
      where plan_id = ${first.planId} and position = any(${changed.map(({ position }) => position)})`;
  } catch (error) {
    if (brokenConstraint(error) === "plan_services_one_active") throw new ServiceBusy(changed);
    throw error;
  }
}

/** What of a step's row changes; the rest of it is of its command, or was fixed when it was made. */
const changing = [
  "status",
  "error",
  "note",
  "startedAt",
  "completedAt",
  "deadlineAt",
] as const satisfies readonly (keyof StepRow)[];

function isChanged(before: StepRow, after: StepRow): boolean {
  return before !== after && changing.some((column) => before[column] !== after[column]);
}

async function saveSteps(sql: Sql, steps: readonly StepRow[]): Promise<void> {
  if (steps.length === 0) return;
  const rows = steps.map(({ id, status, error, note, startedAt, completedAt, deadlineAt }) => ({
    ...{ id, status, error, note, startedAt, completedAt, deadlineAt },
  }));
  await sql`
    update plan_steps set status = changed.status, error = changed.error, note = changed.note,
      started_at = changed."startedAt", completed_at = changed."completedAt",
      deadline_at = changed."deadlineAt"
    from jsonb_to_recordset(${json(sql, rows)}) as changed(id uuid, status text, error text,
      note text, "startedAt" timestamptz, "completedAt" timestamptz, "deadlineAt" timestamptz)
    where plan_steps.id = changed.id`;
}

/** A step as it is inserted. */
function builtStep(step: StepRow): Parameters<typeof insertSteps>[2][number] {
  const { id, position, level, batch, action, servicePosition, targetPosition } = step;
  const { serverId, serverName } = step;
  const { targetDigest, previousDigest, timeoutMs, commandId, body, registryId } = step;
  return {
    ...{
      id,
      position,
      level,
      batch,
      action,
      servicePosition,
      targetPosition,
      serverId,
      serverName,
    },
    ...{ targetDigest, previousDigest, timeoutMs, commandId, body, registryId },
  };
}
