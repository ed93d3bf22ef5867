import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { waitFor } from "./wait.ts";

/** When a process started, in clock ticks since boot: with its pid, this names one process for ever. */
export function startTime(pid: number): string | undefined {
  return statFields(pid)?.[19];
}

/** The processor time that a process has used, in milliseconds; 0 for one that is gone. */
export function processorTime(pid: number): number {
  const fields = statFields(pid);
  // In ticks of a hundredth of a second, on every Linux.
  return (Number(fields?.[11] ?? 0) + Number(fields?.[12] ?? 0)) * 10;
}

/** True while the process runs; a zombie does not. `started` guards against a reused pid. */
export function isAlive(pid: number, started?: string): boolean {
  const fields = statFields(pid);
  if (!fields || fields[0] === "Z" || fields[0] === "X") return false;
  return started === undefined || fields[19] === started;
}

/**
 * The processes whose command line or environment names `text`, and their descendants.
 * This process is never one of them.
 */
export function processesMentioning(text: string): number[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const children = new Map<number, number[]>();
  for (const pid of all) {
    const parent = Number(statFields(pid)?.[1] ?? 0);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found = new Set<number>();
  const add = (pid: number): void => {
    if (found.has(pid) || pid === process.pid || !isAlive(pid)) return;
    found.add(pid);
    for (const child of children.get(pid) ?? []) add(child);
  };
  for (const pid of all) {
    if (
      read(`/proc/${pid}/cmdline`).includes(text) ||
      read(`/proc/${pid}/environ`).includes(text)
    ) {
      add(pid);
    }
  }
  return [...found];
}

/** Sends SIGKILL to what `find` returns until it returns nothing. Throws if they do not end. */
export async function killAll(find: () => number[]): Promise<void> {
  await waitFor(
    () => {
      const left = find();
      for (const pid of left) {
        thaw(pid);
        signal(pid, "SIGKILL");
      }
      return left.length === 0;
    },
    { what: "the processes to end" },
  );
}

/** A process of a paused container takes no signal, not even this one, before its control group goes on. */
function thaw(pid: number): void {
  const [, group] = /^\d+:freezer:(\/.+)$/m.exec(read(`/proc/${pid}/cgroup`)) ?? [];
  if (group === undefined) return;
  try {
    writeFileSync(`/sys/fs/cgroup/freezer${group}/freezer.state`, "THAWED");
  } catch {
    // It has ended meanwhile, or the groups are not where they usually are.
  }
}

/** Sends a signal; a process that is gone already is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

// The fields of /proc/<pid>/stat after the command's name: 0 state, 1 parent, 19 start time.
function statFields(pid: number): string[] | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat === "" ? undefined : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
