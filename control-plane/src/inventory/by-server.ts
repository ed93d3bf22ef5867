/** Rows of several servers, apart; each server's in their order. */
export function byServer<Row extends { serverId: string }>(
  rows: readonly Row[],
): Map<string, Row[]> {
  const all = new Map<string, Row[]>();
  for (const row of rows) {
    const known = all.get(row.serverId);
    if (known) known.push(row);
    else all.set(row.serverId, [row]);
  }
  return all;
}
