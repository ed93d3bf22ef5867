import type { Sql } from "../database/connection.ts";

/** One plan that deployed a service, as it went for that service. */
export interface ServiceHistoryRow {
  planId: string;
  tag: string | null;
  digest: string;
  status: "success" | "failed" | "rolled_back" | "cancelled";
  triggerType: string;
  deployedAt: Date;
  deployedBy: string;
  /** of the service's own steps, without the idle time before a rollback */
  totalDurationMs: number;
  serviceName: string;
  serverName: string;
}

/** Plans that touched a service, newest first, from the plans themselves. */
export async function historyOf(
  sql: Sql,
  serviceId: string,
  page: { limit: number; offset: number },
): Promise<{ history: ServiceHistoryRow[]; total: number }> {
  const touched = sql`
    from plan_services
    join deployment_plans as plan on plan.id = plan_services.plan_id
    join plan_targets as target on target.plan_id = plan_services.plan_id
      and target.position = plan_services.target_position
    join lateral (
      select min(started_at) as started_at, max(completed_at) as completed_at,
        max(completed_at) filter (where action <> 'rollback') as forward_end,
        min(started_at) filter (where action = 'rollback') as rollback_start,
        bool_and(status in ('success')) filter (where action <> 'rollback') as succeeded,
        bool_or(status = 'success') filter (where action = 'rollback') as went_back
      from plan_steps
      where plan_steps.plan_id = plan_services.plan_id
        and service_position = plan_services.position and started_at is not null
    ) as steps on steps.started_at is not null
    where plan_services.service_id = ${serviceId} and plan.completed_at is not null`;
  const history = await sql<ServiceHistoryRow[]>`
    select plan.id as plan_id, target.image_tag as tag, target.image_digest as digest,
      case when steps.went_back then 'rolled_back' when steps.succeeded then 'success'
        when plan.status = 'cancelled' then 'cancelled' else 'failed' end as status,
      plan.trigger_type, coalesce(steps.completed_at, plan.completed_at) as deployed_at,
      plan.triggered_by as deployed_by,
      round(extract(epoch from coalesce(steps.completed_at, plan.completed_at) - steps.started_at
        - case when steps.rollback_start > steps.forward_end
            then steps.rollback_start - steps.forward_end else interval '0' end) * 1000)::bigint
        as total_duration_ms,
      plan_services.service_name, plan_services.server_name
    ${touched}
    order by plan.completed_at desc, plan.id desc limit ${page.limit} offset ${page.offset}`;
  const [count] = await sql<{ total: number }[]>`select count(*) as total ${touched}`;
  return { history, total: count?.total ?? 0 };
}
