import type { Action, AskedAction } from "./plan.ts";
import type { WholePlan } from "./plans.store.ts";
import { approve, askApproval, cancel, execute, rollBackByHand } from "./transition/asked.ts";
import { finishPlan } from "./transition/ended-plan.ts";
import { finishStep } from "./transition/finished-step.ts";
import { goingBack } from "./transition/going-back.ts";
import { awaitStep, cancelStep, cleanUp, prepareStep, startStep } from "./transition/orders.ts";
import { pause, renew, resume, rollBackPaused } from "./transition/paused.ts";
import { type Changed, stepOf } from "./transition/rows.ts";
import { askSoak, beginSoak } from "./transition/soaks.ts";

/*
 * What an action does to a plan. It is written here once: the program saves the difference and
 * carries out the effects (save.store.ts), and the model of the tests has the same rows.
 */

/**
 * Pure. The rows that are given stay as they are, and so does each row that does not change.
 * @param rows with the whole results of ended steps, where services begin to go back
 * @param now when it happens
 * @param newId an id for a new row, each time another one
 * @throws {Error} where the action is none for these rows, which is a defect: a status that may not
 *   follow, a step that is not there, a command for a server that was deleted
 */
export function transition(
  rows: WholePlan,
  action: Action | AskedAction,
  now: Date,
  newId: () => string,
): Changed {
  switch (action.kind) {
    case "execute":
      return execute(rows, now);
    case "ask_approval":
      return askApproval(rows, action, now);
    case "approve":
      return approve(rows, action.approval);
    case "cancel":
      return cancel(rows, action.error ?? null, now);
    case "pause":
      return pause(rows, action, now);
    case "resume":
      return resume(rows, now, newId);
    case "roll_back_paused":
      return rollBackPaused(rows, now);
    case "roll_back":
      return rollBackByHand(rows, action.services, now, newId);
    case "await_step":
      return awaitStep(rows, stepOf(rows, action.stepId), action.note, now);
    case "start_step":
      return startStep(rows, stepOf(rows, action.stepId), now, action.told);
    case "prepare_step":
      return prepareStep(rows, stepOf(rows, action.stepId), stepOf(rows, action.gateId), now);
    case "finish_step":
      return finishStep(rows, stepOf(rows, action.stepId), action, now);
    case "begin_soak":
      return beginSoak(rows, stepOf(rows, action.stepId), now);
    case "ask_soak":
      return askSoak(rows, stepOf(rows, action.stepId), action.of, now, newId);
    case "renew_step":
      return { rows: renew(rows, stepOf(rows, action.stepId), newId), effects: [] };
    case "cancel_step":
      return cancelStep(rows, stepOf(rows, action.stepId), newId);
    case "clean_up":
      return cleanUp(rows, now, newId);
    case "begin_rollback":
      return { rows: goingBack(rows, action.services, now, newId), effects: [] };
    case "finish_plan":
      return finishPlan(rows, action, now);
  }
}
