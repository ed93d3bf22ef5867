import type { Sql } from "../database/connection.ts";
import type { CommandRow } from "./commands.store.ts";

/** A server's commands that have no outcome yet, in the order in which they were given. */
export async function undoneCommands(sql: Sql, serverId: string): Promise<CommandRow[]> {
  return sql<CommandRow[]>`
    select * from commands where server_id = ${serverId} and status <> 'done'
    order by created_at, id`;
}
