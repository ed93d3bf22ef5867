import type { Database, DatabaseAddress } from "../database/connection.ts";

/** Where a test's database is, for a driver of its own. */
export async function testAddress(database: Database): Promise<DatabaseAddress> {
  const [row] = await database<{ name: string; user: string }[]>`
    select current_database() as name, current_user as user`;
  const [socketDirectory] = database.options.host;
  if (row === undefined || socketDirectory === undefined) {
    throw new Error("a test's database has a name and a socket");
  }
  return { socketDirectory, user: row.user, database: row.name };
}
