import type { Logger } from "pino";
import type { Actor } from "../actor.ts";
import type { Database } from "../database/connection.ts";
import { outdated } from "../identity/sessions.store.ts";
import type { PlanJson } from "./plan-json.ts";
import { isEnded } from "./statuses.ts";
import { type PlanChanges, watchPlan } from "./watch.ts";

export interface EventStream {
  writeSSE(event: { event: string; data: string }): Promise<void>;
  write(text: string): Promise<unknown>;
  onAbort(listener: () => void): void;
}

/** A proxy may close a connection on which nothing happens. */
const defaultAliveMs = 15_000;
const defaultRecheckMs = 5_000;

/**
 * Tells about a plan as it goes on: `plan` with the whole of it, `step` for each step that
 * changed, `done` at its end. It ends, without that, with the token that it was asked for with, or when
 * the roles of that change.
 * @returns settles when there is nothing more to tell, or nobody to tell it to
 */
export function streamPlan(
  parts: {
    database: Database;
    changes: PlanChanges;
    log: Logger;
    reader: Actor;
    recheckMs?: number;
    aliveMs?: number;
  },
  planId: string,
  stream: EventStream,
): Promise<void> {
  const { reader } = parts;
  return new Promise((resolve) => {
    let seen = new Map<string, string>();
    let sending = Promise.resolve();
    /** the newest, where one waits to be told; a slow reader is told no older ones */
    let waiting: PlanJson | null = null;
    let aliveWaits = false;
    let ended = false;
    const alive = setInterval(() => {
      // A client that has not taken the one before is told no more.
      if (aliveWaits) return;
      aliveWaits = true;
      queue(tellAlive);
    }, parts.aliveMs ?? defaultAliveMs);
    // It may have expired, which is not announced.
    const looking = setInterval(recheck, parts.recheckMs ?? defaultRecheckMs);
    const stopWatching = watchPlan(parts, planId, (plan) => {
      const isWaiting = waiting !== null;
      waiting = plan;
      if (!isWaiting) queue(tellNewest);
    });
    const stopListening = parts.changes.subscribe({
      changed({ kind }) {
        if (kind === "access") recheck();
      },
      resync: recheck,
    });

    function recheck(): void {
      if (ended || reader.credentialId === undefined) return;
      outdated(parts.database, [reader]).then(
        (over) => {
          if (over.size > 0) end();
        },
        (error: unknown) => parts.log.warn({ err: error }, "a stream's token could not be read"),
      );
    }
    async function tellNewest(): Promise<void> {
      const plan = waiting;
      waiting = null;
      if (plan === null) return;
      const steps = new Map(plan.steps.map((step) => [step.id, JSON.stringify(step)]));
      const changed = [...steps].filter(([id, text]) => seen.size > 0 && seen.get(id) !== text);
      seen = steps;
      await tell("plan", JSON.stringify({ plan }));
      for (const [, text] of changed) await tell("step", `{"step":${text}}`);
      if (!isEnded(plan.status)) return;
      await tell("done", JSON.stringify({ status: plan.status }));
      end();
    }
    async function tellAlive(): Promise<void> {
      // A comment, which no client takes for an event.
      await stream.write(":\n\n");
      aliveWaits = false;
    }
    async function tell(event: string, data: string): Promise<void> {
      if (!ended) await stream.writeSSE({ event, data });
    }
    function queue(write: () => Promise<unknown>): void {
      if (ended) return;
      sending = sending.then(async () => void (await write()));
      sending.catch(end);
    }
    function end(): void {
      if (ended) return;
      ended = true;
      clearInterval(alive);
      clearInterval(looking);
      stopWatching();
      stopListening();
      sending.then(resolve, () => resolve());
    }
    stream.onAbort(end);
  });
}
