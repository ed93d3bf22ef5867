import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Sql } from "postgres";
import type { Inspected, Kept } from "./inspected.ts";

/** What one process holds, beside its heap. */
export interface ProcessCensus extends Kept {
  /** open files and sockets, without connections to the database */
  files: number;
  threads: number;
}

/** What the database holds that comes and goes with connections and work. */
export interface DatabaseCensus {
  connections: number;
  /** by what they are: each is to come to an end */
  open: Record<string, number>;
  /** of every table; what happened is kept for a while */
  rows: Record<string, number>;
}

export async function processCensus(
  inspected: Inspected,
  databaseSockets: number,
): Promise<ProcessCensus> {
  const kept = await inspected.collect();
  const { files, threads } = osCensus(inspected.pid);
  return { ...kept, files: files - databaseSockets, threads };
}

function osCensus(pid: number): { files: number; threads: number } {
  return {
    files: readdirSync(`/proc/${pid}/fd`).length,
    threads: Number(/^Threads:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]),
  };
}

/** Its connections to the embedded database: sockets of the Unix domain that it has not bound. */
export function databaseSockets(pid: number): number {
  const unix = new Set(
    readFileSync("/proc/net/unix", "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/)[6]),
  );
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? [];
      return inode !== undefined && unix.has(inode);
    } catch {
      return false;
    }
  }).length;
}

export async function databaseCensus(sql: Sql): Promise<DatabaseCensus> {
  const [counts] = await sql<{ connections: number; open: Record<string, number> }[]>`
    select
      (select count(*)::int from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()) as connections,
      json_build_object(
        'commands', (select count(*) from commands where status <> 'done'),
        'followed logs', (select count(*) from log_follows),
        'parts of logs', (select count(*) from log_parts),
        'calls of hooks', (select count(*) from hook_calls),
        'plans under way', (select count(*) from deployment_plans where completed_at is null),
        'locks', (select count(*) from pg_locks where locktype = 'advisory')
      ) as open`;
  const tables = await sql<{ name: string }[]>`
    select relname as name from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace order by relname`;
  const rows: Record<string, number> = {};
  for (const { name } of tables) {
    const [row] = await sql<{ count: number }[]>`select count(*)::int from ${sql(name)}`;
    rows[name] = row?.count ?? 0;
  }
  return { connections: counts?.connections ?? 0, open: counts?.open ?? {}, rows };
}

/** Files of an installation, without its database's. */
export function ownFiles(dataDir: string): number {
  return readdirSync(dataDir, { recursive: true }).filter(
    (name) => !String(name).startsWith("postgres"),
  ).length;
}
