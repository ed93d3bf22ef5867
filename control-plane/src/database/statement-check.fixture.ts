import type postgres from "postgres";
import type { Database } from "./connection.ts";
import type { Kind, Statement } from "./statements.fixture.ts";

/*
 * Has PostgreSQL prepare statements, without running them, and compares the columns that it then names
 * with those that the program expects of the rows.
 */

const kinds: Record<number, Kind> = {
  16: "boolean",
  17: "bytes",
  20: "number",
  21: "number",
  23: "number",
  114: "json",
  700: "number",
  701: "number",
  1114: "date",
  1184: "date",
  3802: "json",
};
/** of boolean, numbers, text, uuid and json */
const arrays = new Set([1000, 1005, 1007, 1016, 1009, 1015, 2951, 199, 3807]);

/** @returns one line for each thing that is wrong, beginning with the place */
export async function wrongStatements(
  database: Database,
  statements: Statement[],
): Promise<string[]> {
  const wrong = await Promise.all(
    statements.map(async (statement) => {
      const { place, unclear } = statement;
      if (unclear !== null) return [`${place} cannot be read: ${unclear}`];
      try {
        const parameters = statement.parameters.map((kind) => example(database, kind));
        const { columns } = await database.unsafe(statement.text, parameters).describe();
        return wrongColumns(statement, columns ?? []).map((what) => `${place} ${what}`);
      } catch (error) {
        return [`${place} is refused: ${error instanceof Error ? error.message : error}`];
      }
    }),
  );
  return [...new Set(wrong.flat())];
}

function wrongColumns({ row, text }: Statement, columns: postgres.ColumnList<string>): string[] {
  if (row === "unread") return [];
  if (row === null) {
    return columns.length > 0 ? ["has columns, and no type says what its rows are"] : [];
  }
  const given = new Map(columns.map(({ name, type }) => [name, type]));
  const missing = [...row.keys()].filter((name) => !given.has(name));
  // `*` also gives what this reader has no use for.
  const all = /(?:\bselect|\breturning|,)\s+(?:\w+\.)?\*/.test(text);
  const unknown = all ? [] : [...given.keys()].filter((name) => !row.has(name));
  const different = [...row].flatMap(([name, expected]) => {
    const type = given.get(name);
    if (type === undefined) return [];
    const kind = arrays.has(type) ? "array" : (kinds[type] ?? "string");
    return [kind, expected].some((one) => one === "json" || one === "any") || kind === expected
      ? []
      : [`gives a ${kind} as ${name}, and its rows are said to have a ${expected}`];
  });
  return [
    ...missing.map((name) => `gives no ${name}, which its rows are said to have`),
    ...unknown.map((name) => `gives ${name}, which its rows are not said to have`),
    ...different,
  ];
}

/** A value by which the driver tells PostgreSQL the type that it would tell of the real one. */
function example(database: Database, kind: Kind) {
  if (kind === "boolean") return true;
  if (kind === "date") return new Date(0);
  if (kind === "bytes") return Buffer.alloc(0);
  return kind === "json" ? database.json({}) : null;
}
