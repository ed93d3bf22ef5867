import type { Plan, PlanStep } from "$lib/api/model.ts";

export type PlanAct = "start" | "pause" | "resume" | "cancel" | "rollBack";

interface Offer {
  act: PlanAct;
  /** why it cannot be done now */
  refusal: string | null;
}

/** What a plan's page shows of it and lets people do. */
export class PlanState {
  readonly #plan: () => Plan | undefined;
  readonly #refusal: () => string | null;
  readonly #startRefusal: () => string | null;
  /** the buttons, in their order */
  readonly offers = $derived.by(() => this.#offers());
  /** deploys that succeeded without their container running */
  readonly notRun = $derived.by(() => this.#steps().filter(isNotRun));
  /** in milliseconds, of the service that was down longest; 0: none was */
  readonly downtime = $derived.by(() =>
    Math.max(0, ...this.#steps().map(({ downtimeMs }) => downtimeMs ?? 0)),
  );

  /**
   * @param plan as it is now; undefined: not read yet
   * @param refusal why this user may not do anything to it
   * @param startRefusal why this user may not start it
   */
  constructor(
    plan: () => Plan | undefined,
    refusal: () => string | null,
    startRefusal: () => string | null,
  ) {
    this.#plan = plan;
    this.#refusal = refusal;
    this.#startRefusal = startRefusal;
  }

  #steps(): readonly PlanStep[] {
    return this.#plan()?.steps ?? [];
  }

  #offers(): Offer[] {
    const plan = this.#plan();
    if (plan === undefined) return [];
    const refusal = this.#refusal();
    if (!["pending", "waiting_for_approval", "running", "paused"].includes(plan.status)) {
      const canRollBack = plan.startedAt !== null && plan.status !== "rolled_back";
      return canRollBack ? [{ act: "rollBack", refusal }] : [];
    }
    const ending = refusal ?? notCancellable(plan);
    const cancel: Offer = { act: "cancel", refusal: ending };
    if (plan.status === "running") return [{ act: "pause", refusal: ending }, cancel];
    if (plan.status === "paused") {
      return [{ act: "resume", refusal }, { act: "rollBack", refusal }, cancel];
    }
    if (plan.status !== "pending" && !isApproved(plan)) return [cancel];
    return [{ act: "start", refusal: this.#startRefusal() }, cancel];
  }
}

/** It waits, and may not have to: the environment asks for fewer approvals than it did. */
function isApproved({ status, approvals, approvalsRequired }: Plan): boolean {
  return status === "waiting_for_approval" && approvals.length >= approvalsRequired;
}

function isNotRun({ action, status, detail }: PlanStep): boolean {
  return action === "deploy" && status === "success" && detail !== null;
}

function notCancellable({ rollingBack, cancelRequested }: Plan): string | null {
  if (rollingBack) return "It is rolling back: wait until it has ended.";
  return cancelRequested ? "It is being cancelled: what is in flight finishes first." : null;
}

/** Why this person cannot approve or reject a plan; null: they have no part in it. */
export function ownPlanRefusal(
  { triggeredBy, askedBy }: Pick<Plan, "triggeredBy" | "askedBy">,
  email: string | undefined,
): string | null {
  if (email === undefined || (triggeredBy !== email && askedBy !== email)) return null;
  return "You made or started this plan: somebody else has to decide on it.";
}
