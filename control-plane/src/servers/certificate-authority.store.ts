import type { Sql } from "../database/connection.ts";

export interface AuthorityRow {
  certificatePem: string;
  /** encrypted with the master key */
  privateKey: Buffer;
}

export async function findAuthority(sql: Sql): Promise<AuthorityRow | null> {
  const [row] = await sql<AuthorityRow[]>`
    select certificate_pem, private_key from certificate_authority`;
  return row ?? null;
}

/** The first of all replicas wins; the row that counts is returned. */
export async function insertAuthority(sql: Sql, authority: AuthorityRow): Promise<AuthorityRow> {
  await sql`
    insert into certificate_authority (certificate_pem, private_key)
    values (${authority.certificatePem}, ${authority.privateKey}) on conflict do nothing`;
  const row = await findAuthority(sql);
  if (!row) throw new Error("The certificate authority vanished while it was made");
  return row;
}
