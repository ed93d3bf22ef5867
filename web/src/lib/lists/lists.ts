/** What a list shows: filtered by text, sorted, one page of it. */

/** Whether every word of `query` is in one of the texts, upper and lower case alike. */
export function matchesText(query: string, texts: readonly (string | null | undefined)[]): boolean {
  const whole = texts.join("\n").toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => whole.includes(word));
}

/** A column by which rows can be sorted. */
export interface Sortable<T> {
  id: string;
  sort: (row: T) => string | number;
}

/** Rows sorted by the column that `order` names: `name`, or `-name` for the other way round. */
export function sortRows<T>(
  rows: readonly T[],
  columns: readonly Sortable<T>[],
  order: string,
): T[] {
  const descending = order.startsWith("-");
  const by = columns.find(({ id }) => id === order.replace(/^-/, ""))?.sort;
  if (!by) return [...rows];
  const keyed = rows.map((row) => ({ row, key: by(row) }));
  keyed.sort((a, b) => compare(a.key, b.key) * (descending ? -1 : 1));
  return keyed.map(({ row }) => row);
}

/** Names as people order them: `web-2` before `web-10`. */
const names = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

export function compare(a: string | number, b: string | number): number {
  return typeof a === "number" && typeof b === "number"
    ? a - b
    : names.compare(String(a), String(b));
}

/** The rows of page `page`, counted from 1; the last page if there are fewer. */
export function pageOf<T>(rows: readonly T[], page: number, size: number): T[] {
  const wanted = Math.min(Math.max(1, Math.ceil(rows.length / size)), page);
  return rows.slice((wanted - 1) * size, wanted * size);
}
