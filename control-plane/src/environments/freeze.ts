import type { Sql } from "../database/connection.ts";
import { Problem } from "../problem.ts";
import { type Freeze, findFreeze } from "./freezes.store.ts";

/** @throws {Problem} 409 where nothing is to be deployed now */
export async function refuseFrozen(sql: Sql, environmentId: string): Promise<void> {
  const freeze = await findFreeze(sql, environmentId);
  if (freeze === null) return;
  throw new Problem("conflict", "environment_frozen", frozenSentence(freeze));
}

/** Until when, why and by whom. */
export function frozenSentence({ until, reason, by, everywhere }: Freeze): string {
  const what = everywhere ? "All environments are" : "This environment is";
  return `${what} frozen until ${until.toISOString()}, by ${by}: ${withoutStop(reason)}. Rollbacks are possible; wait with everything else, or have an administrator end the freeze.`;
}

function withoutStop(text: string): string {
  return text.endsWith(".") ? text.slice(0, -1) : text;
}
