import type { Sql } from "postgres";
import { type Sample, sample } from "../figures.ts";

/**
 * The least that an event can take: a row is changed and committed, and a second connection hears of it.
 * In milliseconds, of `rounds` one after the other.
 */
export async function floorOf(connect: () => Sql, rounds = 200): Promise<Sample> {
  const [writer, reader] = [connect(), connect()];
  try {
    await writer`create table if not exists bench_floor (id int primary key, at bigint)`;
    await writer`insert into bench_floor values (1, 0) on conflict do nothing`;
    let heard = () => {};
    await reader.listen("bench_floor", () => heard());
    const values: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const arrival = new Promise<void>((resolve) => {
        heard = resolve;
      });
      const began = performance.now();
      await writer.begin(async (sql) => {
        await sql`update bench_floor set at = ${round}`;
        await sql`select pg_notify('bench_floor', '')`;
      });
      await arrival;
      values.push(performance.now() - began);
    }
    await writer`drop table bench_floor`;
    return sample(values);
  } finally {
    await Promise.all([writer.end(), reader.end()]);
  }
}
