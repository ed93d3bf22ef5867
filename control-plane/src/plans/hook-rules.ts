import type { Action, Snapshot, SnapshotStep } from "./plan.ts";

/*
 * When hooks are called, and what comes of it. As pure as `decide`, which asks it.
 *
 * Those before come first, one after the other, and nothing is touched until each has said yes. Those
 * after are told how the plan ends, whichever way, before it does; what they say changes nothing of it.
 */

export const isHookBefore = ({ hook }: SnapshotStep): boolean => hook?.moment === "before";
export const isHookAfter = ({ hook }: SnapshotStep): boolean => hook?.moment === "after";

/** Whether all hooks that come before a step of this position have said yes. */
export function hooksSaidYes(
  { steps }: Pick<Snapshot, "steps">,
  position = Number.POSITIVE_INFINITY,
): boolean {
  return steps
    .filter((step) => isHookBefore(step) && step.position < position)
    .every(({ status }) => status === "success");
}

/** A hook whose answer is there. */
export function endOfHook(step: SnapshotStep): Action[] {
  const outcome = step.hook?.call?.outcome ?? null;
  if (outcome === null) return [];
  return [
    {
      kind: "finish_step",
      stepId: step.id,
      status: outcome.ok ? "success" : "failed",
      error: outcome.error,
    },
  ];
}

/** A hook that nobody waits for any longer: whoever calls it gives up. */
export function calledOff(step: SnapshotStep): Action {
  return { kind: "finish_step", stepId: step.id, status: "skipped", error: "Called off" };
}

/** The end of a plan, once the hooks after it have been told of it, one after the other. */
export function endTold(
  { steps }: Snapshot,
  end: Extract<Action, { kind: "finish_plan" }>,
): Action[] {
  const after = steps.filter(isHookAfter);
  if (after.some(({ status }) => status === "running")) return [];
  const next = after.find(({ status }) => status === "pending");
  if (next === undefined) return [end];
  const { status, error } = end;
  return [{ kind: "start_step", stepId: next.id, told: { status, error } }];
}
