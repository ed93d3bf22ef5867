type Row = Record<string, unknown>;

/**
 * Looks for a text in every row of every table of a PostgreSQL database: as text, as bytes, and in base64.
 * @param query runs a statement
 * @returns the tables that have it, with the number of their rows that do
 */
export async function tablesWith(
  text: string,
  query: (statement: string, parameters: string[][]) => PromiseLike<readonly Row[]>,
): Promise<Record<string, number>> {
  const bytes = Buffer.from(text);
  // In base64 it looks different at each of the three places in a group where it may begin.
  const encoded = [0, 1, 2].map((at) =>
    Buffer.concat([Buffer.alloc(at), bytes])
      .toString("base64")
      .slice(4, -4),
  );
  const forms = [text, bytes.toString("hex"), ...encoded];
  const tables = await query(
    `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name
     from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
    [],
  );
  if (tables.length < 40) throw new Error("These are not all tables");
  const found: Record<string, number> = {};
  for (const { name } of tables) {
    const [row] = await query(
      `select count(*)::int as count from ${name} as t
       where exists (select from unnest($1::text[]) as form where position(form in t::text) > 0)`,
      [forms],
    );
    if (Number(row?.count) > 0) found[String(name)] = Number(row?.count);
  }
  return found;
}
