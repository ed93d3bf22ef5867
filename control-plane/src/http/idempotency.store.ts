import type { Sql } from "../database/connection.ts";

/** What is known of a key: nothing, another request, one that is still being answered, or its answer. */
export type Claim =
  | { kind: "first" }
  | { kind: "other_request" }
  | { kind: "in_progress" }
  | { kind: "answered"; status: number; body: string }
  /** it was done, and what was answered is not kept */
  | { kind: "not_kept" };

const hours = 24;
/** A first request that has not been answered by then died with its process. */
const abandonedSeconds = 120;

/** Takes the key for this request, or tells what it was used for. */
export async function claimKey(
  sql: Sql,
  request: { credentialId: string; key: string; hash: Buffer },
): Promise<Claim> {
  const { credentialId, key, hash } = request;
  await sql`
    delete from idempotency_keys where credential_id = ${credentialId} and key = ${key}
      and (created_at < now() - make_interval(hours => ${hours})
        or (status is null and created_at < now() - make_interval(secs => ${abandonedSeconds})))`;
  const inserted = await sql`
    insert into idempotency_keys (credential_id, key, request_hash) values (${credentialId}, ${key}, ${hash})
    on conflict do nothing`;
  if (inserted.count > 0) return { kind: "first" };
  const [row] = await sql<{ requestHash: Buffer; status: number | null; body: string | null }[]>`
    select request_hash, status, body from idempotency_keys
    where credential_id = ${credentialId} and key = ${key}`;
  if (!row || (row.requestHash.equals(hash) && row.status === null)) return { kind: "in_progress" };
  if (!row.requestHash.equals(hash)) return { kind: "other_request" };
  if (row.body === null) return { kind: "not_kept" };
  return { kind: "answered", status: row.status ?? 200, body: row.body };
}

export async function recordAnswer(
  sql: Sql,
  request: { credentialId: string; key: string },
  answer: { status: number; body: string | null },
): Promise<void> {
  await sql`
    update idempotency_keys set status = ${answer.status}, body = ${answer.body}
    where credential_id = ${request.credentialId} and key = ${request.key}`;
}

/** The request did not come to an answer worth keeping: the key may be used again. */
export async function releaseKey(
  sql: Sql,
  request: { credentialId: string; key: string },
): Promise<void> {
  await sql`
    delete from idempotency_keys where credential_id = ${request.credentialId} and key = ${request.key}`;
}
