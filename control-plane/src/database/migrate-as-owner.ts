import { ConfigError } from "../config.ts";
import { type AuditProtection, auditProtection, lastingGaps } from "./audit-protection.ts";
import { type Database, type DatabaseAddress, openDatabase, type Sql } from "./connection.ts";
import { migrate, type Schema } from "./migrate.ts";
import { databaseProblem } from "./reachable.ts";

/** A database that fits this program, and what keeps the program from changing its audit. */
export interface Migrated {
  /** names of the migrations and functions that were applied now */
  applied: string[];
  protection: AuditProtection;
}

const described = "docs/operating.md, Two roles for the database";

/**
 * Brings the schema forward as the role that owns the tables, gives the program's own role what it needs,
 * and makes sure that it is not more.
 * @param database connects as the program's role
 * @param owner where the owner connects to; null: the program's role is the owner, or another process
 *   migrates as the owner
 * @throws {ConfigError} when the owner cannot connect, or the two roles protect nothing
 * @throws {MigrationError} as `migrate` does
 */
export async function migrateAsOwner(
  database: Database,
  owner: DatabaseAddress | null,
  schema: Schema,
): Promise<Migrated> {
  if (owner === null) {
    const applied = await migrate(database, schema);
    return { applied, protection: await auditProtection(database) };
  }
  const applied = await applyAs(database, owner, schema);
  const protection = await auditProtection(database);
  requireNoGaps(protection);
  return { applied, protection };
}

function requireNoGaps({ role, gaps }: AuditProtection): void {
  if (gaps.length === 0) return;
  throw new ConfigError(
    `The database role ${role}, which the control plane works as, could change the audit, because it ${gaps.join(", and ")}. Take that from it, or put another role into DATABASE_URL (${described}).`,
  );
}

async function applyAs(
  database: Database,
  address: DatabaseAddress,
  schema: Schema,
): Promise<string[]> {
  const owner = openDatabase(address, { max: 1 });
  try {
    const problem = await databaseProblem(owner);
    if (problem !== null)
      throw new ConfigError(`DATABASE_MIGRATION_URL cannot be used: ${problem}`);
    const [theirs, ours] = await Promise.all([placeOf(owner), placeOf(database)]);
    if (theirs.database !== ours.database || theirs.started !== ours.started) {
      throw new ConfigError(
        "DATABASE_MIGRATION_URL and DATABASE_URL lead to different databases: they have to name the same one, with different roles.",
      );
    }
    if (theirs.role === ours.role) {
      throw new ConfigError(
        `DATABASE_MIGRATION_URL and DATABASE_URL name the same role ${ours.role}: give DATABASE_URL a role of its own (${described}), or leave DATABASE_MIGRATION_URL out.`,
      );
    }
    requireNoGaps(await lastingGaps(database));
    return await migrate(owner, schema, ours.role);
  } finally {
    await owner.end({ timeout: 5 });
  }
}

interface Place {
  role: string;
  database: string;
  /** when its server was started, seconds */
  started: string;
}

async function placeOf(sql: Sql): Promise<Place> {
  const [place] = await sql<Place[]>`
    select current_user as role, current_database() as database,
      extract(epoch from pg_postmaster_start_time())::text as started`;
  if (place === undefined) throw new Error("a connection has a role");
  return place;
}
