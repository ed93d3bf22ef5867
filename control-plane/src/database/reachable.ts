import type { Database } from "./connection.ts";

const oldest = 140_000;

/** Why this database cannot be used, as the end of a sentence; null when it can. */
export async function databaseProblem(database: Database): Promise<string | null> {
  try {
    const [row] = await database<{ version: number }[]>`
      select current_setting('server_version_num')::int as version`;
    if (row && row.version >= oldest) return null;
    return `it is PostgreSQL ${Math.floor((row?.version ?? 0) / 10_000)}, and 14 or newer is needed.`;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const reasons: Record<string, string> = {
      ECONNREFUSED: "nothing listens at that host and port. Is PostgreSQL running there?",
      ENOTFOUND: "the host's name is not known. Check the host.",
      CONNECT_TIMEOUT: "no answer within 10 s. Check the host, the port and the firewall.",
      "28P01": "the password is not right.",
      "28000": "this user may not log in from here.",
      "3D000": "there is no such database. Create it first.",
    };
    return reasons[code ?? ""] ?? `${message}.`;
  }
}
