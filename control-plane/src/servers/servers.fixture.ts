import { json, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";

/** A server that stays online, without an agent. @returns its id */
export async function newServer(
  sql: Sql,
  environmentId: string,
  { name, host = null }: { name?: string; host?: object | null } = {},
): Promise<string> {
  const id = newId();
  await sql`
    insert into servers (id, environment_id, name, status, last_seen_at, host)
    values (${id}, ${environmentId}, ${name ?? `server ${id}`}, 'online',
      now() + interval '1 day', ${host && json(sql, host)})`;
  return id;
}
