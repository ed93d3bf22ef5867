import type { Sql } from "../database/connection.ts";
import type { PresentedCertificate } from "./presented-certificate.ts";

/** How many certificates of a server are remembered besides those in use. */
const remembered = 16;
/** Two agents that go on taking over from each other are reported again after this. */
const alarmAgainHours = 1;

/** What decides whether a certificate of the server is accepted. */
export interface ServerAccess {
  id: string;
  name: string;
  environmentId: string;
  certificateGeneration: number;
  revokedAt: Date | null;
  /** the processes that spoke for it, the latest first */
  agentInstances: string[];
  /** of the certificate that was asked for; null: it is not known */
  issuedAt: Date | null;
  usedAt: Date | null;
  retiredAt: Date | null;
  /** from when the newest known certificate of the present enrolment is valid */
  newestFrom: Date | null;
}

/** Reads what decides about a certificate; the server's row stays locked until the transaction ends. */
export async function serverAccess(
  sql: Sql,
  { serverId, serial }: Pick<PresentedCertificate, "serverId" | "serial">,
): Promise<ServerAccess | null> {
  const [row] = await sql<ServerAccess[]>`
    select s.id, s.name, s.environment_id, s.certificate_generation, s.revoked_at,
      s.agent_instances, c.issued_at, c.used_at, c.retired_at,
      (select max(valid_from) from server_certificates
        where server_id = s.id and generation = s.certificate_generation) as newest_from
    from servers s left join server_certificates c on c.server_id = s.id and c.serial = ${serial}
    where s.id = ${serverId} for no key update of s`;
  return row ?? null;
}

/** Remembers a certificate that is about to be handed out, and forgets the oldest. */
export async function insertCertificate(sql: Sql, issued: PresentedCertificate): Promise<void> {
  const { serverId, serial, generation, validFrom, expiresAt, authority } = issued;
  await sql`
    insert into server_certificates
      (server_id, serial, generation, valid_from, expires_at, authority)
    values (${serverId}, ${serial}, ${generation}, ${validFrom}, ${expiresAt}, ${authority})`;
  await sql`
    delete from server_certificates c
    where server_id = ${serverId} and (generation <> ${generation}
      or (used_at is null or retired_at is not null) and serial not in (
        select serial from server_certificates
        where server_id = ${serverId} and generation = ${generation}
        order by valid_from desc, issued_at desc limit ${remembered}))`;
}

/** The first stream with a certificate: its agent has stored it, and needs none from before. */
export async function takeIntoUse(sql: Sql, certificate: PresentedCertificate): Promise<void> {
  const { serverId, serial, generation, validFrom, expiresAt, authority } = certificate;
  await sql`
    insert into server_certificates
      (server_id, serial, generation, valid_from, expires_at, authority, used_at)
    values (${serverId}, ${serial}, ${generation}, ${validFrom}, ${expiresAt}, ${authority}, now())
    on conflict (server_id, serial) do update set used_at = now()`;
  await sql`
    update server_certificates set retired_at = now()
    where server_id = ${serverId} and serial <> ${serial} and retired_at is null`;
}

/**
 * Ends every certificate of a server, its stream, and what it could get a new one with. A stream is
 * closed by the replica that holds it.
 */
export async function revokeCertificates(sql: Sql, serverId: string): Promise<void> {
  await sql`
    update servers set certificate_generation = certificate_generation + 1, revoked_at = now(),
      agent_instances = '{}', session_id = null, updated_at = now(),
      status = case when status = 'online' then 'offline' else status end
    where id = ${serverId}`;
  await sql`delete from join_tokens where server_id = ${serverId} and used_at is null`;
  await sql`select pg_notify('session_revoked', ${serverId})`;
}

/** @returns whether it is to be reported now: it was not, lately */
export async function noteTwoAgents(sql: Sql, serverId: string): Promise<boolean> {
  const rows = await sql<{ id: string }[]>`
    update servers set two_agents_at = now()
    where id = ${serverId} and (two_agents_at is null
      or two_agents_at < now() - make_interval(hours => ${alarmAgainHours}))
    returning id`;
  return rows.length > 0;
}
