import type { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { reason } from "../connection/explain.ts";
import { Failure } from "../exit.ts";
import type { LogLine } from "./line-join.ts";

/** Where a log is followed, as whom, and by which way. */
export interface LogPlace {
  url: string;
  token: string;
  agent?: Agent | undefined;
}

/** What a follower of a log is told. */
export interface LogListener {
  /** `first`: the first batch of a subscription, which begins with lines of before */
  lines(batch: LogLine[], first: boolean): void;
  /** the connection was lost, and is being opened again */
  lost(why: string): void;
}

const silenceMs = 45_000;
const pingMs = 15_000;
/** closed for good: not allowed, or too many are open */
const finalCodes = [1008, 1013];

/**
 * Follows the log of a service until its container's output ends or the signal is aborted; opens a lost
 * connection again.
 * @throws {Failure} with the server's reason when the log cannot be followed
 */
export async function followLogs(
  at: LogPlace,
  serviceId: string,
  listener: LogListener,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    const end = await once(at, serviceId, listener, signal);
    if (end.kind === "ended" || signal.aborted) return;
    if (end.kind === "refused") throw new Failure(`The log cannot be followed: ${end.why}`);
    if (end.wasOpen) attempt = 0;
    listener.lost(end.why);
    const ms = Math.min(10_000, 500 * 2 ** attempt);
    await sleep(ms, undefined, { signal }).catch(() => {});
  }
}

type End =
  | { kind: "ended" }
  | { kind: "refused"; why: string }
  | { kind: "lost"; why: string; wasOpen: boolean };

/** One connection, until it ends in one of the ways. */
function once(
  { url, token, agent }: LogPlace,
  serviceId: string,
  listener: LogListener,
  signal: AbortSignal,
): Promise<End> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/api/ws`, {
    headers: { Authorization: `Bearer ${token}` },
    ...(agent ? { agent } : {}),
  });
  const topic = `logs:${serviceId}`;
  return new Promise((resolve) => {
    let wasOpen = false;
    let first = true;
    let heardAt = Date.now();
    const pinging = setInterval(() => {
      if (Date.now() - heardAt > silenceMs) finish({ kind: "lost", why: "silence", wasOpen });
      else if (wasOpen) socket.send(JSON.stringify({ type: "ping" }));
    }, pingMs);
    const finish = (end: End) => {
      clearInterval(pinging);
      signal.removeEventListener("abort", stop);
      resolve(end);
      socket.terminate();
    };
    const stop = () => finish({ kind: "ended" });
    signal.addEventListener("abort", stop, { once: true });
    socket.on("message", (data) => {
      heardAt = Date.now();
      const message = messageOf(String(data));
      if (message.event === "ready") {
        wasOpen = true;
        socket.send(JSON.stringify({ type: "subscribe", topics: [topic] }));
      } else if (message.event === "lines") {
        listener.lines(message.data?.lines ?? [], first);
        first = false;
      } else if (message.event === "error") {
        finish({ kind: "refused", why: message.data?.error ?? "no reason is known" });
      } else if (message.event === "end") {
        const why = message.data?.error;
        finish(why ? { kind: "refused", why } : { kind: "ended" });
      }
    });
    socket.on("unexpected-response", (_, { statusCode = 0 }) => {
      const why = `the control plane answered ${statusCode} instead of opening a WebSocket`;
      // So does what stands before a control plane that is being started again.
      const passes = statusCode >= 500 || statusCode === 429;
      finish(passes ? { kind: "lost", why, wasOpen } : { kind: "refused", why });
    });
    socket.on("error", (error) => {
      finish({ kind: "lost", why: reason(error) ?? "no reason is known", wasOpen });
    });
    socket.on("close", (code, text) => {
      const why = String(text) || "the connection was closed";
      finish(finalCodes.includes(code) ? { kind: "refused", why } : { kind: "lost", why, wasOpen });
    });
  });
}

interface Message {
  event?: string;
  data?: { lines?: LogLine[]; error?: string | null };
}

/** What is none of ours says nothing. */
function messageOf(text: string): Message {
  try {
    return (JSON.parse(text) as Message | null) ?? {};
  } catch {
    return {};
  }
}
