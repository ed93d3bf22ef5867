import { json, type Sql } from "../database/connection.ts";
import type { StepRow } from "./plans.store.ts";

/**
 * Writes what few plans change of a step's row: the command of one that is done again, which going back
 * then undoes, and what a soak has seen and asked. No statement where there is none.
 */
export async function saveRenewed(
  sql: Sql,
  known: ReadonlyMap<string, StepRow>,
  steps: readonly StepRow[],
): Promise<void> {
  const was = ({ id }: StepRow) => known.get(id);
  const watched = steps.filter(
    (step) =>
      was(step) &&
      (was(step)?.soakStart !== step.soakStart || was(step)?.soakAsked !== step.soakAsked),
  );
  for (const { id, soakStart, soakAsked } of watched) {
    await sql`
      update plan_steps set soak_start = ${soakStart && json(sql, soakStart)},
        soak_asked = ${soakAsked && json(sql, soakAsked)}
      where id = ${id}`;
  }
  const renewed = steps.filter((step) => was(step) && was(step)?.commandId !== step.commandId);
  for (const { id, planId, commandId, action, servicePosition } of renewed) {
    await sql`update plan_steps set command_id = ${commandId} where id = ${id}`;
    if (action !== "deploy") continue;
    await sql`
      update plan_services set
        rollback_body = rollback_body || ${json(sql, { runCommandId: commandId })}::jsonb
      where plan_id = ${planId} and position = ${servicePosition}`;
  }
}
