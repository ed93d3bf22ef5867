import { randomBytes } from "node:crypto";
import { system } from "../actor.ts";
import { type Database, transaction } from "../database/connection.ts";
import { insertEnvironment, listEnvironments } from "../environments/environments.store.ts";
import { audit } from "./audit.store.ts";
import { hashPassword } from "./passwords.ts";
import { countUsers, insertUser } from "./users.store.ts";

/**
 * What a fresh database gets: the first administrator and the environment `production`.
 * @returns the generated password to print once; null when nothing was generated
 */
export async function firstStart(
  database: Database,
  admin: { email: string; password: string | null },
): Promise<{ email: string; password: string } | null> {
  if ((await countUsers(database)) > 0) return null;
  const password = admin.password ?? randomBytes(15).toString("base64url");
  const passwordHash = await hashPassword(password);
  return transaction(database, async (sql) => {
    // Replicas that start together: one of them is first.
    await sql`lock table users in exclusive mode`;
    if ((await countUsers(sql)) > 0) return null;
    const user = await insertUser(sql, {
      email: admin.email,
      name: "Administrator",
      role: "admin",
      passwordHash,
    });
    await audit(sql, system, {
      action: "create_user",
      resourceType: "user",
      resourceId: user.id,
      resourceName: user.email,
      details: { role: "admin", reason: "first start" },
    });
    const { total } = await listEnvironments(sql, null, { limit: 1, offset: 0 });
    if (total === 0) await insertEnvironment(sql, "production");
    return admin.password === null ? { email: user.email, password } : null;
  });
}
