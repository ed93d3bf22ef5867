import { setTimeout as sleep } from "node:timers/promises";
import { type Holder, runningAgent } from "./state/lock.ts";

const waitMs = 60_000;
const lookEveryMs = 200;

/** What a status says, and the exit code that stands for it. */
export interface StatusLine {
  text: string;
  code: 0 | 3 | 4;
}

/**
 * Prints whether the agent of a state directory is connected, in one line.
 * @param request `waits`: until it is, for up to a minute
 * @returns the exit code: 0 connected, 3 not connected, 4 it does not run
 */
export async function tellStatus(request: { stateDir: string; waits: boolean }): Promise<number> {
  const giveUpAt = Date.now() + (request.waits ? waitMs : 0);
  for (;;) {
    const line = statusLine(await holderOf(request.stateDir), request.stateDir);
    if (line.code === 0 || Date.now() >= giveUpAt) {
      process.stdout.write(`${line.text}\n`);
      return line.code;
    }
    await sleep(lookEveryMs);
  }
}

/** @param holder the agent that runs on the state directory; null: none */
export function statusLine(holder: Holder | null, stateDir: string): StatusLine {
  if (holder === null) return { text: `No agent runs on ${stateDir}.`, code: 4 };
  const who = `process ${holder.pid}`;
  const { standing } = holder;
  if (standing === null) return { text: `The agent is starting (${who}).`, code: 3 };
  if (standing.connected) {
    return { text: `The agent ${standing.version} is connected (${who}).`, code: 0 };
  }
  const why = standing.reason ?? "It has not connected yet.";
  return { text: `The agent ${standing.version} is not connected (${who}). ${why}`, code: 3 };
}

async function holderOf(stateDir: string): Promise<Holder | null> {
  try {
    return await runningAgent(stateDir);
  } catch {
    return null;
  }
}
