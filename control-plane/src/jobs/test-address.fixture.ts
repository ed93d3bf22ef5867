import type { Database, DatabaseAddress } from "../database/connection.ts";

/** Where a test's database is, for a driver of its own. */
export async function testAddress(database: Database): Promise<DatabaseAddress> {
  const [row] = await database<{ name: string; directory: string; user: string }[]>`
    select current_database() as name, current_user as user,
      current_setting('unix_socket_directories') as directory`;
  if (row === undefined) throw new Error("a database has a name");
  return { socketDirectory: row.directory, user: row.user, database: row.name };
}
