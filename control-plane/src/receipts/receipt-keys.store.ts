import type { Sql } from "../database/connection.ts";

/** The public half of a key that receipts are, or were, signed with. */
export interface ReceiptKeyRow {
  /** the RFC 7638 thumbprint of the public key */
  id: string;
  /** the public key, 32 bytes in base64url */
  x: string;
  createdAt: Date;
  /** null: it is the one that signs */
  retiredAt: Date | null;
}

/** The key that signs. */
export interface SigningKeyRow {
  id: string;
  x: string;
  /** PKCS #8 in PEM, encrypted with the master key */
  privateKey: Buffer;
}

/** All of them, the one that signs first. */
export async function listReceiptKeys(sql: Sql): Promise<ReceiptKeyRow[]> {
  return sql<ReceiptKeyRow[]>`
    select id, x, created_at, retired_at from receipt_keys
    order by retired_at is not null, created_at desc, id`;
}

export async function findSigningKey(sql: Sql): Promise<SigningKeyRow | null> {
  const [row] = await sql<SigningKeyRow[]>`
    select id, x, private_key from receipt_keys where retired_at is null`;
  return row ?? null;
}

/** Does nothing where there is one already: the first of all replicas wins. */
export async function insertFirstKey(
  sql: Sql,
  { id, x, privateKey }: SigningKeyRow,
): Promise<void> {
  await sql`
    insert into receipt_keys (id, x, private_key) values (${id}, ${x}, ${privateKey})
    on conflict do nothing`;
}

/**
 * The new key signs from now on. The private key of the one before is gone, its public key stays.
 * @returns the id of the one before; null: there was none
 */
export async function replaceSigningKey(
  sql: Sql,
  { id, x, privateKey }: SigningKeyRow,
): Promise<string | null> {
  const [before] = await sql<{ id: string }[]>`
    update receipt_keys set private_key = null, retired_at = clock_timestamp()
    where retired_at is null returning id`;
  await sql`
    insert into receipt_keys (id, x, private_key, created_at)
    values (${id}, ${x}, ${privateKey}, clock_timestamp())`;
  return before?.id ?? null;
}
