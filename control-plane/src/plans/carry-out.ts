import { decide, nextLook } from "./decide.ts";
import type { WholePlan } from "./plans.store.ts";
import { snapshotOf } from "./snapshot.ts";
import type { Changed } from "./transition/rows.ts";
import { transition } from "./transition.ts";

/** What has become of a plan's rows, and how to go on. */
export interface CarriedOut extends Changed {
  next: /** nothing is due before this moment, epoch ms; null: before something happens */
    | { kind: "rest"; until: number | null }
    /** the database knows more than these rows: save them, read them, and ask again */
    | { kind: "read"; lean: boolean };
}

/**
 * All that is due in a plan, as far as its rows tell. Pure.
 * @param rows `lean` ones where they are read so
 * @param listeningSince since when agents have been able to answer, epoch ms
 */
export function carryOut(
  rows: WholePlan,
  { lean, listeningSince }: { lean: boolean; listeningSince: number },
  now: Date,
  newId: () => string,
): CarriedOut {
  const effects: Changed["effects"] = [];
  let current = rows;
  // Each round settles, starts or ends something, and there is only so much of it.
  const most = 100 + 10 * rows.steps.length;
  for (let round = 0; ; round++) {
    if (round > most) throw new Error(`the plan ${rows.plan.id} does not come to rest`);
    const snapshot = snapshotOf(current, listeningSince);
    const actions = decide(snapshot, now.getTime());
    if (actions.length === 0) {
      return {
        rows: current,
        effects,
        next: { kind: "rest", until: nextLook(snapshot, now.getTime()) },
      };
    }
    // What a service goes back to is in the long parts of results.
    if (lean && actions.some(({ kind }) => kind === "begin_rollback")) {
      return { rows: current, effects, next: { kind: "read", lean: false } };
    }
    const done = effects.length;
    for (const action of actions) {
      const changed = transition(current, action, now, newId);
      current = changed.rows;
      effects.push(...changed.effects);
    }
    if (effects.slice(done).some(({ kind }) => kind === "withdraw")) {
      return { rows: current, effects, next: { kind: "read", lean: true } };
    }
  }
}
