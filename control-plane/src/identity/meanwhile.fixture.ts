import { expect, vi } from "vitest";
import { waitLimitMs } from "../../../test/harness/limit.ts";
import { type Database, type Transaction, transaction } from "../database/connection.ts";

/**
 * For tests: lets `asked` come until it waits for what `change` has changed and not committed.
 * @returns its answer, after the commit
 */
export async function meanwhile<T>(
  database: Database,
  change: (sql: Transaction) => Promise<unknown>,
  asked: () => Promise<T>,
): Promise<T> {
  let answer: Promise<T> | undefined;
  await transaction(database, async (sql) => {
    await change(sql);
    answer = asked();
    await vi.waitFor(async () => {
      const [row] = await sql<{ waiting: number }[]>`
        select count(*) as waiting from pg_locks
        where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))`;
      expect(Number(row?.waiting)).toBeGreaterThan(0);
    }, waitLimitMs);
  });
  if (answer === undefined) throw new Error("nothing was asked");
  return answer;
}
