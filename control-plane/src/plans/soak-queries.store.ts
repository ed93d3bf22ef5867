import { json, type Sql } from "../database/connection.ts";
import type { PrometheusQuery, QueryAnswer } from "./analysis.ts";

/*
 * Questions of batches that are watched to Prometheus, as rows that replicas take from each other. One that was
 * taken by a process that died is due again when its lease has ended: to ask twice harms nothing.
 */

/** A question that this process has taken. */
export interface TakenQuestion {
  stepId: string;
  planId: string;
  questionId: string;
  query: PrometheusQuery;
}

/** Longer than a question takes. */
const leaseSeconds = 20;

/** Makes questions that replicas hear of when this is committed; each takes the place of its soak's last one. */
export async function insertQueries(
  sql: Sql,
  planId: string,
  questions: readonly { stepId: string; questionId: string }[],
): Promise<void> {
  for (const { stepId, questionId } of questions) {
    await sql`
      insert into soak_queries (step_id, plan_id, question_id)
      values (${stepId}, ${planId}, ${questionId})
      on conflict (step_id) do update
        set question_id = excluded.question_id, open = true, due_at = now(), claim = null`;
  }
  if (questions.length > 0) await sql`select pg_notify('prometheus_asked', ${planId})`;
}

/** Takes questions that no replica has taken, the longest due first. */
export async function takeQuestions(
  sql: Sql,
  claim: string,
  most: number,
): Promise<TakenQuestion[]> {
  return sql<TakenQuestion[]>`
    update soak_queries set claim = ${claim}, due_at = now() + make_interval(secs => ${leaseSeconds})
    from plan_steps
    where plan_steps.id = soak_queries.step_id and soak_queries.step_id in (
      select soak_queries.step_id from soak_queries
      join plan_steps on plan_steps.id = soak_queries.step_id and plan_steps.status = 'running'
      where soak_queries.open and soak_queries.due_at <= now()
      order by soak_queries.due_at limit ${most}
      for update of soak_queries skip locked)
    returning soak_queries.step_id, soak_queries.plan_id, soak_queries.question_id,
      plan_steps.body #> '{analysis,prometheus}' as query`;
}

/** Leaves questions that were taken and not answered to the others. */
export async function releaseQuestions(sql: Sql, claim: string): Promise<void> {
  await sql`update soak_queries set due_at = now(), claim = null where claim = ${claim} and open`;
}

/** Keeps an answer, unless another question has been asked since, and has its plan looked at and shown. */
export async function recordAnswer(
  sql: Sql,
  { stepId, planId }: TakenQuestion,
  answer: QueryAnswer,
): Promise<void> {
  const recorded = await sql`
    update soak_queries set open = false, claim = null, answer = ${json(sql, answer)}
    where step_id = ${stepId} and question_id = ${answer.questionId} and open`;
  if (recorded.count === 0) return;
  await sql`
    select pg_notify('plan_wake', ${planId}),
      pg_notify('changed',
        json_build_object('kind', 'step', 'id', ${stepId}::text, 'planId', ${planId}::text)::text)`;
}
