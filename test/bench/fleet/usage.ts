import { readFileSync } from "node:fs";
import type { Sql } from "postgres";
import { processorTime } from "../../harness/processes.ts";
import type { System } from "../../harness/system.ts";

/** What has been used since a moment before. Shares are of one core. */
export interface Usage {
  seconds: number;
  controlPlane: number;
  postgres: number;
  agents: number;
  /** that PostgreSQL was sent, also to begin and end transactions */
  statements: number;
}

interface Reading {
  at: number;
  controlPlane: number;
  postgres: number;
  agents: number;
  statements: number;
}

/** Has PostgreSQL count its statements from its next start. */
export const countingStatements = "\nshared_preload_libraries = 'pg_stat_statements'\n";

/** Measures what is used while something is done. */
export function usageOf(system: System, sql: () => Sql, agents: () => readonly number[]) {
  async function read(): Promise<Reading> {
    const [counted] = await sql()<{ calls: number }[]>`
      select coalesce(sum(calls), 0)::float8 as calls from pg_stat_statements`;
    const all = (pids: readonly number[]) => pids.reduce((sum, pid) => sum + processorTime(pid), 0);
    return {
      at: performance.now(),
      controlPlane: all([system.pid() ?? 0]),
      postgres: all(system.pidsOf("postgres")),
      agents: all(agents()),
      statements: counted?.calls ?? 0,
    };
  }
  return async (work: () => Promise<unknown>): Promise<Usage> => {
    const before = await read();
    await work();
    const after = await read();
    const passedMs = after.at - before.at;
    const share = (of: "controlPlane" | "postgres" | "agents") =>
      Math.max(0, after[of] - before[of]) / passedMs;
    return {
      seconds: passedMs / 1000,
      controlPlane: share("controlPlane"),
      postgres: share("postgres"),
      agents: share("agents"),
      statements: after.statements - before.statements,
    };
  };
}

/** What a process has of the machine's memory, in bytes. */
export function resident(pid: number): number {
  const line = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1] ?? 0) * 1024;
}
