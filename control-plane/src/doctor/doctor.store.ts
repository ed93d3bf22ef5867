import type { HostStatus } from "@bridgeport/proto";
import type { Database, Sql } from "../database/connection.ts";
import { encryptedWith } from "../database/encryption.store.ts";
import {
  appliedMigrations,
  dueMigrations,
  MigrationError,
  type Schema,
} from "../database/migrate.ts";
import { chainEnd, verifyChain } from "../identity/audit-chain.store.ts";
import { jobTroubles } from "../jobs/jobs.store.ts";
import { findAuthorities } from "../servers/certificate-authority.store.ts";
import { serverStatus } from "../servers/online.store.ts";
import { certificateEnd } from "../servers/servers.store.ts";
import type { DatabaseFacts } from "./database-checks.ts";
import type { RegistryFacts, ServerFacts } from "./fleet-checks.ts";

/**
 * Asks a database about itself, whatever version of the product has used it last.
 * @param auditEntries how many of the newest entries of the audit are verified; null: all, which takes a
 *   while where there are many
 */
export async function databaseFacts(
  database: Database,
  schema: Schema,
  { auditEntries }: { auditEntries: number | null },
): Promise<DatabaseFacts> {
  const before = Date.now();
  const [row] = await database<{ version: number; now: Date; tables: string[] }[]>`
    select current_setting('server_version_num')::int as version, clock_timestamp() as now,
      array(select relname::text from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')) as tables`;
  const after = Date.now();
  const has = (table: string) => row?.tables.includes(table) ?? false;
  const facts: DatabaseFacts = {
    serverVersion: row?.version ?? 0,
    clock: { database: row?.now.getTime() ?? after, before, after },
    due: schema.migrations.map(({ name }) => name),
    schemaProblem: null,
    encryptionKey: has("encryption_state") ? await encryptedWith(database) : null,
    authorities: [],
    jobs: await jobTroubles(database),
    audit: null,
  };
  if (!has("schema_migrations")) return facts;
  try {
    const due = dueMigrations(schema.migrations, await appliedMigrations(database));
    facts.due = due.map(({ name }) => name);
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    return { ...facts, due: [], schemaProblem: error.message };
  }
  // What comes now is asked in the words of the present schema.
  if (facts.due.length > 0) return facts;
  const authorities = await findAuthorities(database);
  return {
    ...facts,
    authorities: authorities.map(({ certificatePem }) => certificatePem),
    audit: await auditFacts(database, auditEntries),
  };
}

async function auditFacts(sql: Sql, newest: number | null): Promise<DatabaseFacts["audit"]> {
  const { entries, removed, broken } = await verifyChain(sql, newest);
  const { position } = await chainEnd(sql);
  return { entries, all: Math.max(entries, position - removed), broken };
}

/** Every server of every environment. */
export async function serverFacts(sql: Sql): Promise<ServerFacts[]> {
  return sql<(Omit<ServerFacts, "host"> & { host: HostStatus | null })[]>`
    select servers.id, servers.name, environments.name as environment_name,
      ${serverStatus(sql)} as status, agent_version, host, last_seen_at, revoked_at,
      clock_offset_ms,
      ${certificateEnd(sql)} as certificate_expires_at
    from servers join environments on environments.id = environment_id
    order by lower(environments.name), lower(servers.name)`;
}

export async function registryFacts(sql: Sql): Promise<RegistryFacts[]> {
  return sql<RegistryFacts[]>`
    select registries.id, registries.name, environments.name as environment_name, registries.last_error,
      greatest(last_refresh_at, (select max(last_checked_at) from container_images
        where registry_id = registries.id)) as answered_at
    from registries join environments on environments.id = environment_id
    order by lower(environments.name), lower(registries.name)`;
}
