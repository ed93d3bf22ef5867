import type { Sql } from "../database/connection.ts";
import type { AuditRow } from "./audit.store.ts";

/*
 * The chain of the audit: every entry has a position and a hash over the one before and itself. The
 * database writes it; see migrations/functions/chain_audit_entry.sql.
 */

/** An entry with its place in the chain. */
export interface ChainedRow extends AuditRow {
  position: number;
  /** hexadecimal, as `hash` */
  previousHash: string;
  hash: string;
  /** exactly what was hashed after the hash before it: JSON */
  content: string;
}

export interface ExportFilter {
  from: Date | null;
  /** up to and without this moment */
  to: Date | null;
  environmentIds: string[] | null;
}

/** Entries in the order of the chain, after a position and up to another one. */
export function chainPage(
  sql: Sql,
  { from, to, environmentIds }: ExportFilter,
  range: { after: number; until: number; limit: number },
): PromiseLike<ChainedRow[]> {
  return sql<ChainedRow[]>`
    select audit_logs.*, position, encode(previous, 'hex') as previous_hash,
      encode(hash, 'hex') as hash, audit_content(position, audit_logs) as content
    from audit_chain join audit_logs on audit_logs.id = entry_id
    where position > ${range.after} and position <= ${range.until}
      and (${from}::timestamptz is null or at >= ${from})
      and (${to}::timestamptz is null or at < ${to})
      and (${environmentIds}::uuid[] is null or environment_id = any(${environmentIds}::uuid[]))
    order by position limit ${range.limit}`;
}

/** The end of the chain; position 0 before the first entry. */
export async function chainEnd(sql: Sql): Promise<{ position: number; hash: string | null }> {
  const [row] = await sql<{ position: number; hash: string }[]>`
    select position, encode(hash, 'hex') as hash from (
      select position, hash from audit_chain
      union all select until_position, until_hash from audit_drops) as ends
    order by position desc limit 1`;
  return row ?? { position: 0, hash: null };
}

/** What is wrong with an entry of the chain. */
export type Break = "missing" | "changed" | "not_linked" | "not_chained";

export interface Verification {
  /** entries that are there, of those that were looked at */
  entries: number;
  /** how many retention has removed from the beginning */
  removed: number;
  /** the first that is wrong; null: none is. Without a position: an entry that has no place in the chain */
  broken: { position: number | null; entryId: string; reason: Break } | null;
}

/**
 * Reads the chain, in one statement and so as of one moment.
 * @param newest only so many of its last entries, by the hash of the one before them; null: all
 */
export async function verifyChain(sql: Sql, newest: number | null = null): Promise<Verification> {
  const [row] = await sql<
    {
      entries: number;
      removed: number;
      position: number | null;
      entryId: string | null;
      reason: Break | null;
    }[]
  >`
    with dropped as (
      select coalesce(max(until_position), 0) as position,
        coalesce((array_agg(until_hash order by until_position desc))[1],
          decode(repeat('00', 32), 'hex')) as hash
      from audit_drops
    ), start as (
      select position, hash from (
        select * from dropped
        union all (select position, hash from audit_chain
          where ${newest}::bigint is not null
            and position <= (select max(position) from audit_chain) - ${newest}::bigint
          order by position desc limit 1)) as places
      order by position desc limit 1
    ), chained as (
      select c.position, c.entry_id, case
          when c.position <> lag(c.position, 1, start.position) over chain + 1 then 'missing'
          when c.previous <> lag(c.hash, 1, start.hash) over chain then 'not_linked'
          when e.id is null then 'missing'
          when c.hash <> audit_hash(c.previous, audit_content(c.position, e)) then 'changed'
        end as reason
      from start join audit_chain c on c.position > start.position
      left join audit_logs e on e.id = c.entry_id
      window chain as (order by c.position)
    ), broken as (
      select position, entry_id, reason from chained where reason is not null
      union all
      select null, id, 'not_chained' from audit_logs e
      where not exists (select from audit_chain where entry_id = e.id)
        and (${newest}::bigint is null or at >= (
          select at from chained join audit_logs on id = entry_id
          order by chained.position limit 1))
      order by position nulls last limit 1
    )
    select case when ${newest}::bigint is null then (select count(*) from audit_logs)
        else (select count(*) from chained) end as entries,
      dropped.position as removed, broken.position, broken.entry_id, broken.reason
    from dropped left join broken on true`;
  const { entries = 0, removed = 0 } = row ?? {};
  const broken =
    row?.entryId && row.reason
      ? { position: row.position, entryId: row.entryId, reason: row.reason }
      : null;
  return { entries, removed, broken };
}

/**
 * Removes the entries of whole months that are over for so many days, at most `most` of them; the
 * database keeps those of the last 90 days whatever is asked for.
 */
export async function dropAuditMonths(sql: Sql, days: number, most: number): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select audit_drop_before(
      least(now() - make_interval(days => ${days}), audit_kept_from()), ${most}) as count`;
  return row?.count ?? 0;
}
