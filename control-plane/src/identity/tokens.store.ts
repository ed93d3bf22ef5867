import type { Role } from "../actor.ts";
import type { Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { newToken, tokenHash } from "../secrets.ts";

export interface TokenRow {
  id: string;
  name: string;
  role: Role;
  userId: string;
  userEmail: string;
  environmentIds: string[] | null;
  createdAt: Date;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
}

const columns = (sql: Sql) => sql`
  api_tokens.id, api_tokens.name, api_tokens.role, user_id, users.email as user_email,
  environment_ids, api_tokens.created_at, expires_at, last_used_at`;

/** @param ofUser null: everybody's */
export async function listTokens(
  sql: Sql,
  ofUser: string | null,
  page: { limit: number; offset: number },
): Promise<{ tokens: TokenRow[]; total: number }> {
  const where = sql`(${ofUser}::uuid is null or user_id = ${ofUser})`;
  const tokens = await sql<TokenRow[]>`
    select ${columns(sql)} from api_tokens join users on users.id = user_id
    where ${where} order by api_tokens.id desc limit ${page.limit} offset ${page.offset}`;
  const [count] = await sql<{ total: number }[]>`
    select count(*) as total from api_tokens where ${where}`;
  return { tokens, total: count?.total ?? 0 };
}

export async function findToken(sql: Sql, id: string): Promise<TokenRow | null> {
  const [row] = await sql<TokenRow[]>`
    select ${columns(sql)} from api_tokens join users on users.id = user_id
    where api_tokens.id = ${id}`;
  return row ?? null;
}

/** @returns the row and the token itself, which is stored nowhere */
export async function insertToken(
  sql: Sql,
  token: {
    name: string;
    role: Role;
    userId: string;
    environmentIds: string[] | null;
    expiresAt: Date | null;
  },
): Promise<{ row: TokenRow; secret: string }> {
  const secret = newToken("bpt");
  const id = newId();
  await sql`
    insert into api_tokens (id, name, role, user_id, environment_ids, expires_at, token_hash)
    values (${id}, ${token.name}, ${token.role}, ${token.userId}, ${token.environmentIds}::uuid[],
      ${token.expiresAt}, ${tokenHash(secret)})`;
  const row = await findToken(sql, id);
  if (!row) throw new Error("the token just inserted is gone");
  return { row, secret };
}

export async function deleteTokensOf(sql: Sql, userId: string): Promise<void> {
  await sql`delete from api_tokens where user_id = ${userId}`;
}

export async function deleteToken(sql: Sql, id: string): Promise<void> {
  await sql`delete from api_tokens where id = ${id}`;
}
