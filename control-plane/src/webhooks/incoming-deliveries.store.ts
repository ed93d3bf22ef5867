import { json, type Sql } from "../database/connection.ts";

/** A delivery that its sender has named, after it has shown the secret. */
export interface IncomingDelivery {
  /** the variable of the secret */
  secretName: string;
  idHash: Buffer;
  /** of what makes two deliveries the same */
  requestHash: Buffer;
}

export interface Taken {
  requestHash: Buffer;
  outcome: unknown;
}

/** How long an id is remembered; retention removes it afterwards. */
const hours = 24;

/** What the delivery of this id came to; null: none was taken. */
export async function findTaken(sql: Sql, delivery: IncomingDelivery): Promise<Taken | null> {
  const { secretName, idHash } = delivery;
  const [row] = await sql<Taken[]>`
    select request_hash, outcome from incoming_deliveries
    where secret_name = ${secretName} and id_hash = ${idHash}
      and taken_at >= now() - make_interval(hours => ${hours})`;
  return row ?? null;
}

/**
 * Writes down that a delivery was taken, in the transaction of what it does. One that comes at the
 * same moment waits here for the end of that transaction.
 * @returns whether it is the first
 */
export async function insertTaken(
  sql: Sql,
  delivery: IncomingDelivery,
  outcome: unknown,
): Promise<boolean> {
  const { secretName, idHash, requestHash } = delivery;
  await sql`
    delete from incoming_deliveries
    where secret_name = ${secretName} and id_hash = ${idHash}
      and taken_at < now() - make_interval(hours => ${hours})`;
  const inserted = await sql`
    insert into incoming_deliveries (secret_name, id_hash, request_hash, outcome)
    values (${secretName}, ${idHash}, ${requestHash}, ${json(sql, outcome)})
    on conflict do nothing`;
  return inserted.count > 0;
}
