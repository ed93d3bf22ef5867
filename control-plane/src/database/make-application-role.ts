import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { openDatabase, sqlState } from "./connection.ts";
import { roleName } from "./grants.ts";
import { databaseProblem } from "./reachable.ts";

/**
 * Makes the role that the program works as, with the password that its URL has, where there is no such role and
 * the owner of the tables may make one. What the role may do is given to it when the owner migrates.
 * @param program the URL of the program's role
 * @param owner the URL of the owner; where nobody can log in as that, nothing is done
 * @returns whether it was made
 */
export async function makeApplicationRole(program: string, owner: string): Promise<boolean> {
  const { username, password } = new URL(program);
  const [role, plain] = [decodeURIComponent(username), decodeURIComponent(password)];
  if (role === "" || plain === "") return false;
  const database = openDatabase({ url: owner }, { max: 1 });
  try {
    if ((await databaseProblem(database)) !== null) return false;
    const [row] = await database<{ may: boolean; there: boolean; self: string }[]>`
      select rolsuper or rolcreaterole as may, rolname as self,
        exists (select from pg_roles where rolname = ${role}) as there
      from pg_roles where rolname = current_user`;
    if (row === undefined || row.there || !row.may) return false;
    await database.begin(async (sql) => {
      await sql.unsafe(`create role ${roleName(role)} login password '${verifierOf(plain)}'`);
      await sql.unsafe(`grant ${roleName(role)} to ${roleName(row.self)}`);
    });
    return true;
  } catch (error) {
    // A control plane that starts at the same time has made it.
    if (["42710", "23505"].includes(sqlState(error) ?? "")) return false;
    throw error;
  } finally {
    await database.end({ timeout: 5 });
  }
}

/** What PostgreSQL keeps of a password for SCRAM-SHA-256 (RFC 5803), so that its log never has the password. */
export function verifierOf(password: string, salt = randomBytes(16)): string {
  const iterations = 4096;
  const salted = pbkdf2Sync(password.normalize("NFKC"), salt, iterations, 32, "sha256");
  const keyed = (text: string) => createHmac("sha256", salted).update(text).digest();
  const stored = createHash("sha256").update(keyed("Client Key")).digest("base64");
  const server = keyed("Server Key").toString("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${stored}:${server}`;
}
