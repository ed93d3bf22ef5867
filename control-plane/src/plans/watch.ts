import type { Logger } from "pino";
import type { Database } from "../database/connection.ts";
import type { Reader } from "../services/hidden-values.ts";
import { type PlanJson, planJson } from "./plan-json.ts";
import { readPlan } from "./plans.store.ts";

/** Where changes of plans and steps are heard; see live/changes.ts. */
export interface PlanChanges {
  subscribe(listener: {
    changed(change: { kind: string; id: string; planId?: string }): void;
    resync(): void;
  }): () => void;
}

/** A large plan has many steps that end within moments, and each time the whole of it is told. */
const restMs = 100;
/** The rest is so many times as long as the reading took, so that whoever looks on slows no plan. */
const restsOfRead = 5;

/**
 * Follows one plan: the whole of it at once and after each change. Changes that come while it
 * is being read are told together, and changes of steps at most ten times a second, of a large plan less
 * often.
 * @returns stops following
 */
export function watchPlan(
  {
    database,
    changes,
    log,
    reader,
  }: { database: Database; changes: PlanChanges; log: Logger; reader: Reader },
  planId: string,
  told: (plan: PlanJson) => void,
): () => void {
  let reading = false;
  let again = false;
  let stopped = false;
  /** the plan itself has changed, which is told without a rest */
  let urgent = false;
  /** ends the rest between two reads */
  let wake = (): void => {};

  async function read(): Promise<void> {
    do {
      again = false;
      urgent = false;
      const began = performance.now();
      const whole = await readPlan(database, planId);
      if (whole && !stopped) told(planJson(whole, reader));
      await rest(Math.max(restMs, restsOfRead * (performance.now() - began)));
    } while (again && !stopped);
  }

  function rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (stopped || urgent) wake();
    });
  }

  /** Reads it, after the rest where it rests. */
  function lookSoon(): void {
    again = true;
    if (reading || stopped) return;
    reading = true;
    read()
      .catch((error: unknown) => log.warn({ err: error, planId }, "a plan could not be read"))
      .finally(() => {
        reading = false;
      });
  }

  function look(): void {
    urgent = true;
    lookSoon();
    wake();
  }

  const stop = changes.subscribe({
    changed({ kind, id, planId: ofPlan }) {
      if (kind === "plan" && id === planId) look();
      if (kind === "step" && ofPlan === planId) lookSoon();
    },
    resync: look,
  });
  look();
  return () => {
    stopped = true;
    wake();
    stop();
  };
}
