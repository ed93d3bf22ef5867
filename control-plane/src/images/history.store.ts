import type { Sql } from "../database/connection.ts";

/** One deployment of an image that has ended, as its plan recorded it. */
export interface HistoryRow {
  planId: string;
  /** which of the plan's targets it was */
  targetPosition: number;
  tag: string | null;
  digest: string;
  status: "success" | "failed" | "rolled_back" | "cancelled";
  deployedAt: Date;
  /** a name: it outlives the user */
  deployedBy: string;
  /** services that were touched */
  deploymentCount: number;
  /** without the time in which it lay idle before a rollback by hand */
  totalDurationMs: number;
  /** `id` is null once the service is deleted */
  services: { id: string | null; name: string; serverName: string }[];
}

/**
 * An image's deployments, the latest first: of each plan what it moved of this image, in more than one row
 * where it moved services of it to different digests. One that was cancelled before it touched a service of
 * it is none.
 */
export async function imageHistory(
  sql: Sql,
  imageId: string,
  page: { limit: number; offset: number },
): Promise<{ history: HistoryRow[]; total: number }> {
  const ended = sql`
    from plan_targets t join deployment_plans p on p.id = t.plan_id
    where t.container_image_id = ${imageId} and (p.status in ('completed', 'failed', 'rolled_back')
      or p.status = 'cancelled' and exists (
        select from plan_services v
        join plan_steps s on s.plan_id = v.plan_id and s.service_position = v.position
        where v.plan_id = p.id and v.target_position = t.position
          and s.action = 'deploy' and s.started_at is not null))`;
  const history = await sql<HistoryRow[]>`
    select p.id as plan_id, p.target_position, p.tag, p.digest,
      case p.status when 'completed' then 'success' else p.status end as status,
      coalesce(p.completed_at, p.created_at) as deployed_at, p.triggered_by as deployed_by,
      (select count(*) from plan_services v
        join plan_steps s on s.plan_id = v.plan_id and s.service_position = v.position
        where v.plan_id = p.id and v.target_position = p.target_position
          and s.action = 'deploy' and s.started_at is not null
      ) as deployment_count,
      coalesce(round(extract(epoch from p.completed_at - p.started_at
        - case when p.rollback_started_at > steps.forward_end
            then p.rollback_started_at - steps.forward_end else interval '0' end) * 1000), 0)::bigint
        as total_duration_ms,
      coalesce((
        select json_agg(json_build_object('id', v.service_id, 'name', v.service_name,
          'serverName', v.server_name) order by v.position)
        from plan_services v where v.plan_id = p.id and v.target_position = p.target_position
      ), '[]') as services
    from (
      select p.*, t.position as target_position, t.image_tag as tag, t.image_digest as digest ${ended}
      order by coalesce(p.completed_at, p.created_at) desc, p.id desc, t.position
      limit ${page.limit} offset ${page.offset}
    ) p
    left join lateral (
      select max(completed_at) as forward_end from plan_steps
      where plan_id = p.id and action not in ('rollback', 'hook')
    ) as steps on true
    order by deployed_at desc, p.id desc, p.target_position`;
  const [count] = await sql<{ total: number }[]>`select count(*) as total ${ended}`;
  return { history, total: count?.total ?? 0 };
}
