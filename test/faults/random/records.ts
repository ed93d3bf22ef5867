import { readdirSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";

/** Counts what an agent writes down in its journal, so that something can be done at any moment of its work. */
export interface Records {
  /** Of commands that were new since the count began. */
  count(): number;
  /** Begins to count anew. */
  restart(): void;
  /** Resolves in the turn in which so many are seen. */
  reach(count: number): Promise<void>;
  stop(): void;
}

/** Counts from now on. */
export function countRecords(directory: string): Records {
  let old = new Set(readdirSync(directory));
  const counts = new Map<string, number>();
  let waiting: { count: number; resolve(): void }[] = [];
  const count = (): number => [...counts.values()].reduce((sum, one) => sum + one, 0);
  const look = (): void => {
    const due = waiting.filter((one) => one.count <= count());
    waiting = waiting.filter((one) => !due.includes(one));
    for (const one of due) one.resolve();
  };
  const watcher = watch(directory, (_, file) => {
    if (file === null || old.has(file) || !file.endsWith(".jsonl")) return;
    try {
      counts.set(file, readFileSync(join(directory, file), "utf8").split("\n").length - 1);
    } catch {
      // What changes nothing is forgotten as soon as its result has arrived: what was counted, counts.
    }
    look();
  });
  return {
    count,
    restart() {
      old = new Set(readdirSync(directory));
      counts.clear();
    },
    reach: (wanted) =>
      new Promise((resolve) => {
        waiting.push({ count: wanted, resolve });
        look();
      }),
    stop: () => watcher.close(),
  };
}
