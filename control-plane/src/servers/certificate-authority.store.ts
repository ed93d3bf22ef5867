import type { Sql } from "../database/connection.ts";

export interface AuthorityRow {
  /** SHA-256 of the certificate's DER, base64url */
  fingerprint: string;
  certificatePem: string;
  /** encrypted with the master key */
  privateKey: Buffer;
  /** its key's certificate by the authority before; null: there is none before */
  crossPem: string | null;
  createdAt: Date;
}

export type NewAuthorityRow = Omit<AuthorityRow, "createdAt">;

/** All that are trusted, the current one first. */
export async function findAuthorities(sql: Sql): Promise<AuthorityRow[]> {
  return sql<AuthorityRow[]>`
    select fingerprint, certificate_pem, private_key, cross_pem, created_at
    from certificate_authority order by is_current desc, created_at desc`;
}

/** The first of all replicas wins; the rows that count are returned. */
export async function insertFirstAuthority(
  sql: Sql,
  { fingerprint, certificatePem, privateKey }: NewAuthorityRow,
): Promise<AuthorityRow[]> {
  await sql`
    insert into certificate_authority (fingerprint, certificate_pem, private_key)
    values (${fingerprint}, ${certificatePem}, ${privateKey}) on conflict do nothing`;
  return findAuthorities(sql);
}

/** Which one issues certificates; it stays so until the transaction ends. */
export async function keepCurrentAuthority(sql: Sql): Promise<string | null> {
  const [row] = await sql<{ fingerprint: string }[]>`
    select fingerprint from certificate_authority where is_current for share`;
  return row?.fingerprint ?? null;
}

/** Waits for those that issue certificates now, and keeps others from it. @returns how many are trusted */
export async function lockAuthorities(sql: Sql): Promise<number> {
  const rows = await sql<{ fingerprint: string }[]>`
    select fingerprint from certificate_authority order by fingerprint for update`;
  return rows.length;
}

/** The new one issues certificates from now on; the one before stays trusted. */
export async function replaceAuthority(sql: Sql, next: NewAuthorityRow): Promise<void> {
  await sql`update certificate_authority set is_current = false where is_current`;
  await sql`
    insert into certificate_authority (fingerprint, certificate_pem, private_key, cross_pem, created_at)
    values (${next.fingerprint}, ${next.certificatePem}, ${next.privateKey}, ${next.crossPem},
      clock_timestamp())`;
  await sql`select pg_notify('authority_changed', '')`;
}

/** Only the current one is trusted from now on. The keys of the others are gone. */
export async function removePreviousAuthorities(sql: Sql): Promise<void> {
  await sql`delete from certificate_authority where not is_current`;
  await sql`select pg_notify('authority_changed', '')`;
}
