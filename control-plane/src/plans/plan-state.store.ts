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

/** What services of a pending plan go back to, by their positions, in as many statements as for one. */
export async function updateWaysBack(
  sql: Sql,
  planId: string,
  ways: readonly (WayBack & { position: number })[],
): Promise<void> {
  if (ways.length === 0) return;
  const given = sql`jsonb_to_recordset(${json(sql, ways)}) as way(position int,
    "previousDigestId" uuid, "previousDigest" text, "previousImageTag" text, observed jsonb,
    reference text, spec jsonb)`;
  await sql`
    update plan_services set previous_digest_id = way."previousDigestId",
      previous_digest = way."previousDigest", previous_image_tag = way."previousImageTag",
      observed = way.observed,
      rollback_body = rollback_body
        || jsonb_build_object('reference', way.reference, 'spec', way.spec)
    from ${given}
    where plan_services.plan_id = ${planId} and plan_services.position = way.position`;
  await sql`
    update plan_steps set previous_digest = way."previousDigest",
      body = case
        -- Only one that may create its container has a specification.
        when action = 'deploy' and body ->> 'spec' is not null
          then body || jsonb_build_object('spec', way.spec)
        else body
      end
    from ${given}
    where plan_steps.plan_id = ${planId} and plan_steps.service_position = way.position`;
}

/** What the audit calls a plan, in each of its entries. */
export async function auditedName(sql: Sql, planId: string): Promise<string | null> {
  const [row] = await sql<{ name: string | null }[]>`select plan_audit_name(${planId}) as name`;
  return row?.name ?? null;
}
