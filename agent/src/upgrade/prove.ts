import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { runningAgent } from "../state/lock.ts";
import { trialEnvironment } from "./orphans.ts";
import type { Trial } from "./record.ts";

const proofDefaultMs = 60_000;
const lookEveryMs = 200;
const stopMs = 20_000;

/** How a trial ended. `stopped`: this process is to end, and the next one begins the trial again. */
export type Proof = { kind: "proved" } | { kind: "failed"; error: string } | { kind: "stopped" };

/**
 * Runs a program as the agent of the state directory, and watches whether it connects within a minute
 * as the version that it is to be. It is ended in any case, as whoever is to go on takes the place of this
 * process. If this process is killed, the program ends by itself, as its standard input does.
 */
export async function prove(
  stateDir: string,
  trial: Trial,
  args: readonly string[],
  signal: AbortSignal,
  proofMs = proofDefaultMs,
): Promise<Proof> {
  const child = spawn(trial.file, [...args, "--exit-with-parent"], {
    stdio: ["pipe", "inherit", "inherit"],
    env: { ...process.env, ...trialEnvironment(trial.attempt) },
  });
  const exited = exitOf(child);
  // Its end has no reader if it is over before it reads.
  child.stdin?.on("error", () => {});
  const watched = new AbortController();
  try {
    return await Promise.race([
      exited.then((how) =>
        failed(`The version ${trial.to} ended before it had connected (${how}).`),
      ),
      connection(stateDir, child, trial, { over: watched.signal, proofMs }),
      aborted(signal),
    ]);
  } finally {
    watched.abort();
    child.kill("SIGTERM");
    const force = setTimeout(() => child.kill("SIGKILL"), stopMs);
    await exited;
    clearTimeout(force);
  }
}

async function connection(
  stateDir: string,
  child: ChildProcess,
  { to }: Trial,
  { over, proofMs }: { over: AbortSignal; proofMs: number },
): Promise<Proof> {
  const until = performance.now() + proofMs;
  let reason = "it does not answer";
  while (!over.aborted && performance.now() < until) {
    const agent = await runningAgent(stateDir).catch(() => null);
    if (agent?.pid === child.pid && agent?.standing) {
      const { connected, version, reason: why } = agent.standing;
      if (connected && version !== to) {
        return failed(`What was to be the version ${to} connected as ${version}.`);
      }
      if (connected) return { kind: "proved" };
      reason = why ?? "it has not connected yet";
    }
    await sleep(lookEveryMs);
  }
  return failed(`The version ${to} did not connect within a minute: ${reason}`);
}

function failed(error: string): Proof {
  return { kind: "failed", error };
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}

function aborted(signal: AbortSignal): Promise<Proof> {
  return new Promise((resolve) => {
    const stop = () => resolve({ kind: "stopped" });
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}
