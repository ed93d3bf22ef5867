import type { Client } from "./client.ts";
import type { Plan } from "./model.ts";
import { ApiProblem } from "./problem.ts";
import { serverSentEvents } from "./server-sent-events.ts";

/** How a plan is followed. */
export interface FollowOptions {
  /** Ends it, by throwing the signal's reason. */
  signal?: AbortSignal;
  /** Called when the connection was lost, before each new attempt. */
  onLost?: (problem: ApiProblem) => void;
  /** How long nothing may be heard in a row before it throws, in milliseconds. Default: 10 minutes. */
  patienceMs?: number;
  /** Waits between two attempts. Default: 0.5 s, then twice as long each time, at most 10 s. */
  pause?: (attempt: number, signal: AbortSignal) => Promise<void>;
}

/** The server says something every 15 seconds, if only that it is there. */
const silenceMs = 45_000;
const defaultPatienceMs = 600_000;

/**
 * A plan in each state that is heard of, the newest last; ends when the plan has. A connection that is
 * lost, or silent for too long, is opened again: nothing is missed, because each state is whole.
 * @throws {ApiProblem} what the server refuses (unknown plan, no access), or `unreachable` when it
 *   could not be reached for `patienceMs`
 */
export async function* followPlan(
  client: Client,
  planId: string,
  options: FollowOptions = {},
): AsyncGenerator<Plan> {
  const { onLost = () => {}, patienceMs = defaultPatienceMs, pause = backOff } = options;
  const { url } = client;
  const outer = options.signal ?? new AbortController().signal;
  const path = `/api/deployment-plans/${encodeURIComponent(planId)}/stream`;
  // By a clock that stands still while the machine sleeps and that nobody sets.
  let heardAt = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), silenceMs);
    const heard = () => {
      heardAt = performance.now();
      attempt = 0;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silenceMs);
    };
    try {
      const signal = AbortSignal.any([outer, silence.signal]);
      const { body } = await client.open(path, { accept: "text/event-stream", signal });
      if (body === null)
        throw new ApiProblem(0, "unreachable", "The answer was empty.", [], { url });
      for await (const { event, data } of serverSentEvents(body, heard)) {
        if (event === "plan") yield (JSON.parse(data) as { plan: Plan }).plan;
        if (event === "done") return;
      }
      // The server stops, or the token is not what it was: the next attempt is told which.
      throw new ApiProblem(0, "unreachable", "The connection was closed.", [], { url });
    } catch (error) {
      outer.throwIfAborted();
      const problem = lost(error, url);
      if (performance.now() - heardAt > patienceMs) throw problem;
      onLost(problem);
    } finally {
      clearTimeout(timer);
      silence.abort();
    }
    await pause(attempt, outer);
  }
}

/** What is worth another attempt, as a problem. @throws {unknown} anything else */
function lost(error: unknown, url: string): ApiProblem {
  if (error instanceof SyntaxError) throw error;
  if (!(error instanceof ApiProblem)) {
    return new ApiProblem(0, "unreachable", "The connection was lost.", [], { url, cause: error });
  }
  if (error.status === 0 || error.status === 429 || error.status >= 500) return error;
  throw error;
}

function backOff(attempt: number, signal: AbortSignal): Promise<void> {
  const ms = Math.min(10_000, 500 * 2 ** Math.max(0, attempt - 1));
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}
