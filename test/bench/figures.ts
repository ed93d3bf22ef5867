import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

/** Several measurements of one thing. */
export interface Sample {
  median: number;
  min: number;
  max: number;
  values: number[];
}

/** Throws for no values. */
export function sample(values: number[]): Sample {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1];
  const high = sorted[Math.floor(middle)];
  if (low === undefined || high === undefined) throw new Error("Nothing was measured.");
  return {
    median: (low + high) / 2,
    min: sorted[0] ?? low,
    max: sorted.at(-1) ?? high,
    values,
  };
}

/** Runs something `rounds` times and takes the milliseconds of each. */
export async function timed(
  rounds: number,
  work: (round: number) => Promise<void>,
): Promise<Sample> {
  const values: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    await work(round);
    values.push(performance.now() - began);
  }
  return sample(values);
}

/** `1234 ms (1200–1300)` */
export function milliseconds({ median, min, max }: Sample): string {
  return `${Math.round(median)} ms (${Math.round(min)}–${Math.round(max)})`;
}

/** `12.3 MB` */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Prints rows under a heading as a table with aligned columns. */
export function printTable(heading: string, rows: string[][]): void {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => (row[at] ?? "").length)),
  );
  console.log(`\n${heading}`);
  for (const row of rows) {
    console.log(
      `  ${row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd()}`,
    );
  }
}

/** Writes the figures, with what they were measured on, to `test/output/<name>.json`. */
export function writeFigures(name: string, figures: unknown): void {
  const folder = fileURLToPath(new URL("../output/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const machine = {
    at: new Date().toISOString(),
    node: process.version,
    kernel: release(),
    cores: cpus().length,
    memory: totalmem(),
  };
  writeFileSync(`${folder}${name}.json`, `${JSON.stringify({ machine, figures }, null, 2)}\n`);
  console.log(`\nWritten to test/output/${name}.json`);
}
