import { type Database, isAway, readOnlyTransaction, sqlState } from "./connection.ts";

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
    return reasons[code ?? ""] ?? `${message}.`;
  }
}

const reasons: Record<string, string> = {
  ECONNREFUSED: "nothing listens at that host and port. Is PostgreSQL running there?",
  ENOTFOUND: "the host's name is not known. Check the host.",
  CONNECT_TIMEOUT: "no answer within 10 s. Check the host, the port and the firewall.",
  "28P01": "the password is not right.",
  "28000": "this user may not log in from here.",
  "3D000": "there is no such database. Create it first.",
};

const broken = new Set([
  ...["CONNECTION_CLOSED", "CONNECTION_DESTROYED", "CONNECTION_ENDED"],
  ...["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE"],
]);

/** What happened to a database in the middle of something, and what to do; null for any other error. */
export function databaseFailure(error: unknown): string | null {
  const { code = "", message } = error as { code?: string; message: string };
  if (reasons[code]) return `The database cannot be used: ${reasons[code]}`;
  const state = sqlState(error);
  if (broken.has(code) || state?.startsWith("57P") || state?.startsWith("08")) {
    return "The connection to the database broke off. Look at the database's log, and start this again when it answers.";
  }
  if (state === "42501") return `The database does not let its role do that (${message}).`;
  // Disk, memory, connections.
  if (state?.startsWith("53")) return `The database lacks room (${message}): make some there.`;
  return null;
}

/** What a request is answered while the database cannot be used; null for any other error. */
export function databaseAway(error: unknown): string | null {
  if (!isAway(error)) return null;
  const state = sqlState(error);
  if (state === readOnlyTransaction) {
    return "The database takes no changes at present: it is a standby, or was set to read only.";
  }
  if (state === "53100")
    return "The disk of the database is full: nothing can be changed until there is room.";
  if (state === "53300") return "The database takes no more connections: others use all of them.";
  if (state?.startsWith("53"))
    return "The database lacks memory or another resource of its machine.";
  if (state?.startsWith("58")) return "The database cannot read or write its files.";
  return "The database cannot be reached at present.";
}
