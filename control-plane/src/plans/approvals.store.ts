import type { EnvironmentRole } from "../actor.ts";
import type { Sql } from "../database/connection.ts";
import { rolesOf } from "../identity/users.store.ts";
import { approvalDays } from "./approvals.ts";

/** How many approvals the environment asks for; it asks for no others until the transaction ends. */
export async function keepRequiredApprovals(sql: Sql, environmentId: string): Promise<number> {
  const [row] = await sql<{ requiredApprovals: number }[]>`
    select required_approvals from environments where id = ${environmentId} for share`;
  return row?.requiredApprovals ?? 0;
}

/** Plans of the environment that wait need so many from now on. None of them starts by that. */
export async function setApprovalsRequired(
  sql: Sql,
  environmentId: string,
  required: number,
): Promise<void> {
  await sql`
    update deployment_plans set approvals_required = ${required}
    where environment_id = ${environmentId} and status = 'waiting_for_approval'`;
}

/** Of those users who are still there. */
export async function rolesOfUsers(
  sql: Sql,
  ids: readonly string[],
): Promise<Map<string, EnvironmentRole[]>> {
  const rows = await sql<{ id: string; roles: EnvironmentRole[] }[]>`
    select id, ${rolesOf(sql)} as roles from users where id = any(${[...ids]}::uuid[])`;
  return new Map(rows.map(({ id, roles }) => [id, roles]));
}

/** Plans that have waited for too long. */
export async function plansNotApproved(sql: Sql): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from deployment_plans where status = 'waiting_for_approval'
      and waiting_since <= now() - make_interval(days => ${approvalDays})`;
  return rows.map(({ id }) => id);
}

/** Plans of auto-update that wait for approval and share an image with this plan, in any of their targets. */
export async function waitingUpdates(sql: Sql, planId: string): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from deployment_plans p
    where status = 'waiting_for_approval' and trigger_type = 'auto_update' and id <> ${planId}
      and exists (
        select from plan_targets waiting
        join plan_targets newer on newer.container_image_id = waiting.container_image_id
        where waiting.plan_id = p.id and newer.plan_id = ${planId}
      )`;
  return rows.map(({ id }) => id);
}
