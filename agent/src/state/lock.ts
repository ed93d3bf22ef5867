import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { StartRefused } from "../start-refused.ts";

/** Held until released or until the process ends, however it ends. */
export interface StateLock {
  /** What others on this machine are told of this agent from now on, beside its process. */
  tell(standing: Standing): void;
  release(): Promise<void>;
}

/** How an agent stands with its control plane. */
export interface Standing {
  version: string;
  connected: boolean;
  /** why it is not connected, in a sentence; null: it is, or has not tried yet */
  reason: string | null;
}

/** The agent that holds a lock. */
export interface Holder {
  pid: number;
  since: string;
  /** null: it is starting, or of an earlier version */
  standing: Standing | null;
}

/**
 * Makes this process the only agent on a state directory. The lock is a listening socket in
 * Linux' abstract namespace: the kernel closes it with the process, so there are no stale locks. It is
 * named after the directory's device and inode, so that two paths to one directory are one lock.
 * Processes in different network namespaces do not see each other's locks.
 *
 * Waits up to `waitMs` for another agent that is ending; then throws {@link StartRefused}.
 */
export async function lockStateDirectory(
  directory: string,
  waitMs = 15_000,
  onWait: (holder: string) => void = () => {},
): Promise<StateLock> {
  const name = await lockName(directory);
  const self: Holder = { pid: process.pid, since: new Date().toISOString(), standing: null };
  const giveUpAt = Date.now() + waitMs;
  let reported = false;
  for (;;) {
    const server = await listen(name, self);
    if (server !== null) {
      return {
        tell(standing) {
          self.standing = standing;
        },
        release: () =>
          new Promise((resolve) => {
            server.close(() => resolve());
          }),
      };
    }
    const holder = describe(await askHolder(name));
    if (Date.now() >= giveUpAt) {
      throw new StartRefused(
        `The state directory ${directory} is in use by another agent (${holder}): stop that one, or give this one a --state-dir of its own.`,
      );
    }
    if (!reported) onWait(holder);
    reported = true;
    await sleep(100);
  }
}

/** The agent that runs on a state directory; null: none does, as far as this network namespace shows. */
export async function runningAgent(directory: string): Promise<Holder | null> {
  return askHolder(await lockName(directory));
}

async function lockName(directory: string): Promise<string> {
  const { dev, ino } = await stat(directory);
  const hash = createHash("sha256").update(`${dev}:${ino}`).digest("hex").slice(0, 32);
  return `\0bridgeport-agent-${hash}`;
}

function listen(name: string, self: Holder): Promise<Server | null> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.end(JSON.stringify(self));
  });
  server.unref();
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(null);
      else reject(error);
    });
    server.listen(name, () => resolve(server));
  });
}

function askHolder(name: string): Promise<Holder | null> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(name);
    // A suspended process accepts no connection: the caller must not wait for it forever.
    socket.setTimeout(1000, () => socket.destroy());
    socket.on("data", (data) => {
      text += data.toString();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(parseHolder(text)));
  });
}

function parseHolder(text: string): Holder | null {
  try {
    const value = JSON.parse(text) as Partial<Holder>;
    return typeof value.pid === "number" && typeof value.since === "string"
      ? { pid: value.pid, since: value.since, standing: value.standing ?? null }
      : null;
  } catch {
    return null;
  }
}

function describe(holder: Holder | null): string {
  return holder === null
    ? "a process that does not answer"
    : `process ${holder.pid} since ${holder.since}`;
}
