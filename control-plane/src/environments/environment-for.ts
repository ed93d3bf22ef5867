import { type Actor, requireEnvironment } from "../actor.ts";
import type { Sql } from "../database/connection.ts";
import { notFound } from "../problem.ts";
import { type EnvironmentRow, findEnvironment } from "./environments.store.ts";

/** @throws {Problem} 404 for an unknown environment, 403 for one out of the token's scope */
export async function environmentFor(sql: Sql, actor: Actor, id: string): Promise<EnvironmentRow> {
  const environment = await findEnvironment(sql, id);
  if (!environment) throw notFound("environment");
  requireEnvironment(actor, id);
  return environment;
}
