import type { Database } from "./connection.ts";

/** A connection that tells how many statements were sent by it, also inside of its transactions. */
export function counted(database: Database): { database: Database; statements(): number } {
  const made: { executed?: boolean }[] = [];
  const noted = <Connection extends object>(connection: Connection): Connection =>
    new Proxy(connection, {
      apply(target, self, args) {
        const query = Reflect.apply(target as never, self, args) as { executed?: boolean };
        made.push(query);
        return query;
      },
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (name !== "begin" || typeof value !== "function") return value;
        return (...args: unknown[]) => {
          const work = args.pop() as (sql: object) => unknown;
          return value.call(target, ...args, (sql: object) => work(noted(sql)));
        };
      },
    });
  return {
    database: noted(database),
    // A fragment is part of another statement, and is not executed.
    statements: () => made.filter(({ executed }) => executed).length,
  };
}
