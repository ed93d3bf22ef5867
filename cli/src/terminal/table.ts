import { type Paint, toneOf } from "./colour.ts";
import { printable, shortened, shortenedStart, width } from "./text.ts";

/** One column of a table. */
export interface Column<Row> {
  title: string;
  cell(row: Row): string;
  /** Statuses are shown in their colour. */
  status?: boolean;
  /** How narrow it may become where the terminal is; default: it keeps its width. */
  least?: number;
  /** Its end is kept where it is shortened. */
  keepEnd?: boolean;
}

const gap = 2;

/**
 * Rows below a line of titles. Where there is a width, columns that may are shortened until it fits, the
 * widest first; without one nothing is left out. A line ends without spaces.
 */
export function table<Row>(
  columns: Column<Row>[],
  rows: Row[],
  { columns: available, paint }: { columns: number | null; paint: Paint },
): string {
  const cells = rows.map((row) => columns.map(({ cell }) => printable(cell(row)) || "-"));
  const widths = columns.map(({ title }, index) =>
    cells.reduce((most, line) => Math.max(most, width(line[index] ?? "")), width(title)),
  );
  if (available !== null) fit(widths, columns, available);
  const line = (texts: string[], look: (text: string, index: number) => string) =>
    texts
      .map((text, index) => {
        const shorten = columns[index]?.keepEnd ? shortenedStart : shortened;
        const short = shorten(text, widths[index] ?? 0);
        const padding = " ".repeat(Math.max(0, (widths[index] ?? 0) - width(short)));
        return look(short, index) + (index === texts.length - 1 ? "" : padding);
      })
      .join(" ".repeat(gap))
      .trimEnd();
  const titles = line(
    columns.map(({ title }) => title),
    (text) => paint("strong", text),
  );
  const body = cells.map((texts) =>
    line(texts, (text, index) => {
      const tone = columns[index]?.status ? toneOf(texts[index] ?? "") : null;
      return tone ? paint(tone, text) : text;
    }),
  );
  return `${[titles, ...body].join("\n")}\n`;
}

/** Takes from the widest column that may give, until all fit or none may. */
function fit<Row>(widths: number[], columns: Column<Row>[], available: number): void {
  const total = () => widths.reduce((sum, one) => sum + one, gap * (widths.length - 1));
  while (total() > available) {
    let widest = -1;
    for (const [index, { least }] of columns.entries()) {
      const own = widths[index] ?? 0;
      if (least === undefined || own <= least) continue;
      if (widest === -1 || own > (widths[widest] ?? 0)) widest = index;
    }
    if (widest === -1) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}
