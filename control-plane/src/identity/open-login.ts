import { type Actor, from } from "../actor.ts";
import type { Sql } from "../database/connection.ts";
import { audit } from "./audit.store.ts";
import { rememberSource } from "./login-sources.store.ts";
import { openBrowserSession } from "./sessions.store.ts";
import type { UserRow } from "./users.store.ts";

/** Where a login comes from. */
export interface LoginBy {
  source: string;
  address: string | undefined;
  userAgent: string | null;
}

/**
 * Opens a session for a user who has shown all that is needed.
 * @param details for the audit: what was shown
 * @param hours the longest life of the session; absent: the usual limit
 */
export async function openLogin(
  sql: Sql,
  user: UserRow,
  { source, address, userAgent }: LoginBy,
  details: Record<string, unknown>,
  hours?: number,
): Promise<{ token: string; cookie: string }> {
  await rememberSource(sql, user.id, source);
  const session = await openBrowserSession(sql, user.id, { address, userAgent, hours });
  const { id, email: name, roles } = user;
  const actor: Actor = { type: "user", id, name, roles };
  await audit(sql, from(actor, address), {
    action: "login",
    resourceType: "user",
    resourceId: id,
    resourceName: name,
    details: { source, ...details },
  });
  return session;
}
