import { readdir, readFile } from "node:fs/promises";

/** Set for a program that is to prove itself, to its order: the record is none of its business. */
const trialVariable = "BRIDGEPORT_AGENT_TRIAL";
/** Set for it, too, to the process that watches it. */
const watcherVariable = "BRIDGEPORT_AGENT_TRIAL_OF";

/** Whether a process of this environment is just proving itself: another one decides what becomes of it. */
export function isOnTrial(environment: Readonly<Record<string, string | undefined>>): boolean {
  return environment[trialVariable] !== undefined;
}

/** What a program that is to prove itself has in its environment. */
export function trialEnvironment(attempt: string): Record<string, string> {
  return { [trialVariable]: attempt, [watcherVariable]: String(process.pid) };
}

/**
 * Kills the processes of a trial whose watcher is gone. They end by themselves, as their standard input does,
 * unless they hang.
 * @returns the processes
 */
export async function endOrphans(attempt: string): Promise<number[]> {
  const ended: number[] = [];
  for (const name of await readdir("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const environment = (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0");
      if (!environment.includes(`${trialVariable}=${attempt}`)) continue;
      const [, parent] =
        /^PPid:\s(\d+)$/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
      if (environment.includes(`${watcherVariable}=${parent}`)) continue;
      process.kill(pid, "SIGKILL");
      ended.push(pid);
    } catch {
      // It has ended meanwhile, or belongs to another user.
    }
  }
  return ended;
}
