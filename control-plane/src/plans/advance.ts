import type { Logger } from "pino";
import { during } from "../activity.ts";
import { type Database, transaction } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { listen } from "../database/listen.ts";
import { type Measure, measureNothing } from "../measures.ts";
import type { Traces } from "../traces.ts";
import { save } from "./apply.store.ts";
import { carryOut } from "./carry-out.ts";
import { type Ended, endedBetween } from "./ended.ts";
import { logEnded } from "./log-ended.ts";
import { measurementsOf } from "./measured.ts";
import { activePlans, loadPlan } from "./plans.store.ts";
import { SeenPlans } from "./seen-plans.store.ts";
import { isActive } from "./statuses.ts";
import { traceEnded } from "./trace-ended.ts";

/*
 * Plans go on whenever something that concerns them changes: a command's result, a start, a
 * cancel, a deadline, this process's own start. Whichever replica is woken does it, under the
 * plan's row lock, and does the same as any other would. No long-running executor, and no memory but
 * of rows, which are read again when they have changed.
 */

/**
 * Everything that is due in one plan, until nothing is.
 * @param listeningSince since when agents have been able to answer, epoch ms
 * @param seen rows that were read for earlier looks
 * @param told called with what has ended, once that is committed
 * @returns when to look again, epoch ms
 */
export async function advance(
  database: Database,
  planId: string,
  listeningSince = 0,
  {
    measure = measureNothing,
    seen = new SeenPlans(),
    told = () => {},
  }: { measure?: Measure; seen?: SeenPlans; told?: (ended: Ended) => void } = {},
): Promise<number | null> {
  const began = performance.now();
  let ended: Ended[] = [];
  const next = await transaction(database, async (sql) => {
    ended = [];
    const read = (lean: boolean) =>
      lean ? seen.load(sql, planId) : loadPlan(sql, planId, { lock: true });
    for (let lean = true; ; ) {
      const whole = await read(lean);
      if (!whole) return null;
      const done = carryOut(whole, { lean, listeningSince }, new Date(), newId);
      await save(sql, whole, done);
      ended.push(endedBetween(whole, done.rows));
      if (!isActive(done.rows.plan.status)) seen.forget(planId);
      if (done.next.kind === "rest") return done.next.until;
      lean = done.next.lean;
    }
  });
  // What was not committed has not happened.
  for (const each of ended) {
    for (const measurement of measurementsOf(each)) measure(measurement);
    told(each);
  }
  measure({ of: "plan_look", seconds: (performance.now() - began) / 1000 });
  return next;
}

/** How long a lost notification can delay a plan at most. */
const sweepMs = 3000;
const heldUpMs = 5 * sweepMs;

export interface Advancing {
  /** look at this plan now; returns at once */
  wake(planId: string): void;
  stop(): Promise<void>;
}

/**
 * Advances plans on this replica until it is stopped.
 * @param traces sends what has ended; absent: traces are not wanted
 */
export async function startAdvancing(
  database: Database,
  log: Logger,
  measure: Measure = measureNothing,
  traces?: Pick<Traces, "send">,
): Promise<Advancing> {
  /** plans being looked at, and whether they were woken again meanwhile */
  const busy = new Map<string, { again: boolean }>();
  const timers = new Map<string, NodeJS.Timeout>();
  const works = new Set<Promise<void>>();
  const seen = new SeenPlans();
  let listeningSince = Date.now();
  let sweptAt = listeningSince;
  let stopped = false;

  function wake(planId: string): void {
    if (stopped) return;
    const current = busy.get(planId);
    if (current) {
      current.again = true;
      return;
    }
    const state = { again: false };
    busy.set(planId, state);
    const work = during({ planId }, () => look(planId))
      .catch((error: unknown) => {
        log.error({ err: error, planId }, "a plan could not be advanced; trying again");
      })
      .finally(() => {
        busy.delete(planId);
        works.delete(work);
        if (state.again) wake(planId);
      });
    works.add(work);
  }

  function told(ended: Ended): void {
    logEnded(log, ended);
    if (traces === undefined) return;
    const tracing = traceEnded(database, log, traces, ended).finally(() => works.delete(tracing));
    works.add(tracing);
  }

  async function look(planId: string): Promise<void> {
    const next = await advance(database, planId, listeningSince, { measure, seen, told });
    clearTimeout(timers.get(planId));
    timers.delete(planId);
    if (next === null || stopped) return;
    // setTimeout takes 2^31 ms at most; the sweep covers the rest.
    const delay = Math.min(Math.max(0, next - Date.now()), 2 ** 30);
    timers.set(
      planId,
      setTimeout(() => wake(planId), delay),
    );
  }

  async function sweep(): Promise<void> {
    const active = new Set(await activePlans(database));
    seen.keepOnly(active);
    for (const planId of active) wake(planId);
  }
  const sweepLogged = () => {
    // This process was held up, and so were the agents' answers.
    if (Date.now() - sweptAt > heldUpMs) listeningSince = Date.now();
    sweptAt = Date.now();
    sweep().catch((error: unknown) => log.warn({ err: error }, "plans could not be listed"));
  };

  const stopDone = await listen(database, "command_done", {
    notified(payload) {
      const { planId } = JSON.parse(payload) as { planId: string | null };
      if (planId) wake(planId);
    },
    resumed() {
      // The database was away, and agents could not tell us anything.
      listeningSince = Date.now();
      sweepLogged();
    },
  });
  const stopWake = await listen(database, "plan_wake", { notified: wake });
  const sweeper = setInterval(sweepLogged, sweepMs);

  return {
    wake,
    async stop() {
      stopped = true;
      clearInterval(sweeper);
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.allSettled([stopDone(), stopWake()]);
      await Promise.allSettled(works);
      // What these have told of last.
      await Promise.allSettled(works);
    },
  };
}
