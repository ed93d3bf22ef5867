import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { during } from "../activity.ts";
import type { Database } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { listen } from "../database/listen.ts";
import { findEnvironment } from "../environments/environments.store.ts";
import type { Answer, Caller } from "../hooks/call.ts";
import { type HookRequest, openedRequest } from "../hooks/hook.ts";
import type { Secrets } from "../secrets.ts";
import type { HookBody, HookOutcome } from "./hook.ts";
import {
  beginRequest,
  findHookRequest,
  keepHookCalls,
  recordHookOutcome,
  releaseHookCalls,
  type TakenCall,
  takeHookCalls,
} from "./hook-calls.store.ts";
import { hookContent, hookMessage, withoutSecrets } from "./hook-message.ts";
import { mostAttempts } from "./hook-steps.ts";
import { readPlan } from "./plans.store.ts";

/*
 * Hooks are called by the control plane itself: by whichever replica takes the call's row first. It keeps
 * the row for as long as it is at work; where it dies, another one makes the call again, with the same
 * Idempotency-Key. So a hook is called at least once, and a second time only where it is not known what came
 * of the first.
 */

export interface HookCallerParts {
  database: Database;
  secrets: Secrets;
  caller: Caller;
  log: Logger;
  /** before the second request of a call, doubled before each one after it; default: half a second */
  pauseMs?: number;
}

/** How long a lost notification, or a dead replica whose lease has ended, can delay a call at most. */
const sweepMs = 3000;
const callsAtOnce = 16;
/** Of a body that goes into a sentence. */
const toldCharacters = 300;

/** Calls hooks on this replica until it is stopped. */
export async function startCallingHooks(
  parts: HookCallerParts,
): Promise<{ stop(): Promise<void> }> {
  const { database, log } = parts;
  const claim = newId();
  const calls = new Map<string, { over: AbortController; done: Promise<void> }>();
  let stopped = false;
  let looking: Promise<void> = Promise.resolve();

  async function take(): Promise<void> {
    if (stopped || calls.size >= callsAtOnce) return;
    for (const call of await takeHookCalls(database, claim, callsAtOnce - calls.size)) {
      const over = new AbortController();
      const { planId } = call;
      const done = during({ planId }, () => makeCall(parts, call, over.signal))
        .catch((error: unknown) => {
          // The lease ends, and the call is made again.
          log.warn({ err: error, planId }, "a hook could not be called; trying again");
        })
        .finally(() => {
          calls.delete(call.stepId);
          if (!stopped) look();
        });
      calls.set(call.stepId, { over, done });
    }
  }
  /** Gives up what nobody waits for any longer. */
  async function keep(): Promise<void> {
    if (calls.size === 0) return;
    const mine = [...calls.keys()].map((stepId) => ({ stepId, claim }));
    for (const stepId of await keepHookCalls(database, mine)) calls.get(stepId)?.over.abort();
  }
  function look(): void {
    looking = looking
      .then(keep)
      .then(take)
      .catch((error: unknown) => log.warn({ err: error }, "hooks to call could not be read"));
  }

  const stopListening = await listen(database, "hook_called", { notified: look, resumed: look });
  const sweeper = setInterval(look, sweepMs);
  look();

  return {
    async stop() {
      stopped = true;
      clearInterval(sweeper);
      await stopListening();
      await looking;
      for (const { over } of calls.values()) over.abort();
      await Promise.allSettled([...calls.values()].map(({ done }) => done));
      await releaseHookCalls(database, claim);
    },
  };
}

/**
 * Makes one call that was taken, of as many requests as it needs, and records what became of it.
 * @param signal gives it up: nothing is recorded then, and whoever takes it next makes it again
 */
export async function makeCall(
  { database, secrets, caller, pauseMs = 500 }: Omit<HookCallerParts, "log">,
  call: TakenCall,
  signal: AbortSignal,
): Promise<void> {
  const whole = await readPlan(database, call.planId);
  const step = whole?.steps.find(({ id }) => id === call.stepId);
  const sealed = await findHookRequest(database, call.stepId);
  if (!whole || step?.body.kind !== "hook" || sealed === null) return;
  const record = (outcome: HookOutcome) => recordHookOutcome(database, call, outcome);

  let request: HookRequest;
  try {
    request = openedRequest(secrets, sealed);
  } catch {
    const error = "What it is sent cannot be read with the current master key: enter it again.";
    return record({ ok: false, status: null, text: "", ms: 0, error });
  }
  const { body: hook } = step;
  const environment = await findEnvironment(database, whole.plan.environmentId);
  const { name, moment: when, timeoutMs } = hook;
  const message = hookMessage(whole, environment?.name ?? "", { name, when }, call.told);
  const sent = hookContent(step, request, hook.method, message);
  const inTime = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, inTime]);
  const begun = performance.now();

  let answer: Answer | null = null;
  for (let made = call.attempts; made < mostAttempts; made++) {
    if (answer !== null) {
      const pause = pauseMs * 2 ** (made - call.attempts - 1);
      await sleep(pause, undefined, { signal: either }).catch(() => {});
      if (either.aborted) break;
    }
    if (!(await beginRequest(database, call))) return;
    const { method } = hook;
    answer = await caller.call({ ...sent, method, url: request.url, timeoutMs }, either);
    if (!answer.again) break;
  }
  // Stopping, or no longer ours: what was not answered is not known.
  if (signal.aborted && !answer?.ok) return;
  const ms = Math.round(performance.now() - begun);
  await record(outcomeOf(hook, request, answer, ms));
}

function outcomeOf(
  { url }: HookBody,
  request: HookRequest,
  answer: Answer | null,
  ms: number,
): HookOutcome {
  if (answer === null) {
    const error = `${url}: it was called ${mostAttempts} times, and the last call did not come to an end.`;
    return { ok: false, status: null, text: "", ms, error };
  }
  const { ok, status } = answer;
  const text = withoutSecrets(answer.text, request);
  return { ok, status, text, ms, error: answer.error && sentence(url, answer.error, text) };
}

/** Why the call failed, with what was answered. */
function sentence(url: string, error: string, text: string): string {
  const said = text.trim().slice(0, toldCharacters);
  return said === "" ? `${url}: ${error}` : `${url}: ${error} ${said}`;
}
