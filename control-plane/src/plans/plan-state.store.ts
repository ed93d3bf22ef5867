import { json, type Sql } from "../database/connection.ts";
import type { SignatureFinding } from "../signatures/gate.ts";
import type { WayBack } from "./build-plan.ts";

/** What was found of the signatures of a target's digest when the plan was started. */
export async function noteSignature(
  sql: Sql,
  planId: string,
  position: number,
  signature: SignatureFinding | null,
): Promise<void> {
  const found = signature && json(sql, signature);
  await sql`
    update plan_targets set signature = ${found}
    where plan_id = ${planId} and position = ${position}`;
  if (position > 0) return;
  await sql`update deployment_plans set signature = ${found} where id = ${planId}`;
}

/** What one service of a pending plan goes back to. */
export async function updateWayBack(
  sql: Sql,
  planId: string,
  position: number,
  { reference, spec, observed, ...previous }: WayBack,
): Promise<void> {
  await sql`
    update plan_services set ${sql(previous as never)},
      observed = ${observed && json(sql, observed)},
      rollback_body = rollback_body || ${json(sql, { reference, spec })}::jsonb
    where plan_id = ${planId} and position = ${position}`;
  await sql`
    update plan_steps set previous_digest = ${previous.previousDigest},
      body = case
        -- Only one that may create its container has a specification.
        when action = 'deploy' and body ->> 'spec' is not null
          then body || ${json(sql, { spec })}::jsonb
        else body
      end
    where plan_id = ${planId} and service_position = ${position}`;
}
