import type { Logger } from "pino";
import type { Database } from "../database/connection.ts";
import { type PlanJson, planJson } from "./plan-json.ts";
import { loadPlan } from "./plans.store.ts";

/** Where changes of plans and steps are heard; see live/changes.ts. */
export interface PlanChanges {
  subscribe(listener: {
    changed(change: { kind: string; id: string; planId?: string }): void;
    resync(): void;
  }): () => void;
}

/**
 * Follows one plan: the whole of it at once and after each change. Changes that come while it
 * is being read are told together.
 * @returns stops following
 */
export function watchPlan(
  { database, changes, log }: { database: Database; changes: PlanChanges; log: Logger },
  planId: string,
  told: (plan: PlanJson) => void,
): () => void {
  let reading = false;
  let again = false;
  let stopped = false;

  async function read(): Promise<void> {
    do {
      again = false;
      const whole = await loadPlan(database, planId);
      if (whole && !stopped) told(planJson(whole));
    } while (again && !stopped);
  }

  function look(): void {
    again = true;
    if (reading || stopped) return;
    reading = true;
    read()
      .catch((error: unknown) => log.warn({ err: error, planId }, "a plan could not be read"))
      .finally(() => {
        reading = false;
      });
  }

  const stop = changes.subscribe({
    changed({ kind, id, planId: ofPlan }) {
      if ((kind === "plan" && id === planId) || (kind === "step" && ofPlan === planId)) look();
    },
    resync: look,
  });
  look();
  return () => {
    stopped = true;
    stop();
  };
}
