import { brokenConstraint, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { Problem } from "../problem.ts";
import { tokenHash } from "../secrets.ts";

/** Of one user. */
export const mostPasskeys = 20;
/** For how long a challenge that was taken is kept beyond its end, as clocks differ. */
const keptHours = 1;

export interface PasskeyRow {
  id: string;
  userId: string;
  credentialId: Buffer;
  /** a COSE key */
  publicKey: Buffer;
  /** the authenticator's, at the last login; 0: it does not count */
  signCount: number;
  name: string;
  createdAt: Date;
  lastUsedAt: Date | null;
}

const columns = (sql: Sql) => sql`
  id, user_id, credential_id, public_key, sign_count, name, created_at, last_used_at`;

/** The oldest first. */
export async function listPasskeys(sql: Sql, userId: string): Promise<PasskeyRow[]> {
  return sql<PasskeyRow[]>`
    select ${columns(sql)} from passkeys where user_id = ${userId} order by created_at, id`;
}

export async function findPasskey(sql: Sql, credentialId: Buffer): Promise<PasskeyRow | null> {
  const [row] = await sql<PasskeyRow[]>`
    select ${columns(sql)} from passkeys where credential_id = ${credentialId}`;
  return row ?? null;
}

/** What authenticators know a user by: 16 random bytes. */
export async function findUserHandle(sql: Sql, userId: string): Promise<Buffer | null> {
  const [row] = await sql<{ passkeyHandle: string }[]>`
    select passkey_handle from users where id = ${userId}`;
  return row ? Buffer.from(row.passkeyHandle.replaceAll("-", ""), "hex") : null;
}

/** @throws {Problem} 409 when it is known already, or the user has too many */
export async function insertPasskey(
  sql: Sql,
  passkey: Pick<PasskeyRow, "userId" | "credentialId" | "publicKey" | "signCount" | "name">,
): Promise<PasskeyRow> {
  // Until the transaction ends no other passkey of this user is counted or added.
  await sql`select from users where id = ${passkey.userId} for update`;
  const [count] = await sql<{ passkeys: number }[]>`
    select count(*) as passkeys from passkeys where user_id = ${passkey.userId}`;
  if ((count?.passkeys ?? 0) >= mostPasskeys) throw tooManyPasskeys();
  try {
    const [row] = await sql<PasskeyRow[]>`
      insert into passkeys ${sql({ id: newId(), ...passkey })} returning ${columns(sql)}`;
    if (!row) throw new Error("the passkey just inserted is gone");
    return row;
  } catch (error) {
    if (brokenConstraint(error) !== "passkeys_credential_id_key") throw error;
    throw new Problem("conflict", "passkey_taken", "This passkey has been added already.");
  }
}

export const tooManyPasskeys = () =>
  new Problem(
    "conflict",
    "too_many_passkeys",
    `You have ${mostPasskeys} passkeys: remove one before you add another one.`,
  );

export async function renamePasskey(
  sql: Sql,
  userId: string,
  id: string,
  name: string,
): Promise<PasskeyRow | null> {
  const [row] = await sql<PasskeyRow[]>`
    update passkeys set name = ${name} where id = ${id} and user_id = ${userId}
    returning ${columns(sql)}`;
  return row ?? null;
}

export async function deletePasskey(
  sql: Sql,
  userId: string,
  id: string,
): Promise<PasskeyRow | null> {
  const [row] = await sql<PasskeyRow[]>`
    delete from passkeys where id = ${id} and user_id = ${userId} returning ${columns(sql)}`;
  return row ?? null;
}

/** @returns those that there were */
export async function deletePasskeysOf(sql: Sql, userId: string): Promise<PasskeyRow[]> {
  return sql<PasskeyRow[]>`
    delete from passkeys where user_id = ${userId} returning ${columns(sql)}`;
}

/**
 * Notes a login with it.
 * @returns false when it was removed meanwhile, or another login with this count or a later one came first
 */
export async function usePasskey(sql: Sql, id: string, signCount: number): Promise<boolean> {
  const { count } = await sql`
    update passkeys set sign_count = ${signCount}, last_used_at = now()
    where id = ${id} and (sign_count < ${signCount} or (sign_count = 0 and ${signCount === 0}))`;
  return count > 0;
}

/** Takes a challenge that came back, once. @returns false when it was taken before */
export async function takeChallenge(
  sql: Sql,
  challenge: string,
  expiresAt: Date,
): Promise<boolean> {
  await sql`
    delete from passkey_challenges where expires_at < now() - make_interval(hours => ${keptHours})`;
  const { count } = await sql`
    insert into passkey_challenges (challenge_hash, expires_at)
    values (${tokenHash(challenge)}, ${expiresAt})
    on conflict do nothing`;
  return count > 0;
}
