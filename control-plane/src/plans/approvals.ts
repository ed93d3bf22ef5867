import { type Actor, type EnvironmentRole, hasRole } from "../actor.ts";
import { Problem } from "../problem.ts";
import type { Approval } from "./plan.ts";
import type { PlanRow } from "./plans.store.ts";

/*
 * Whose approval counts. A plan of an environment that asks for approval waits until enough people other
 * than those who made and started it have approved exactly what it would do.
 */

/** A plan that has waited for longer is cancelled: nobody remembers what was asked. */
export const approvalDays = 7;

type Asked = Pick<PlanRow, "environmentId" | "triggeredById" | "askedById">;

/** @throws {Problem} 403 for who may not decide on this plan: who has a part in it, or is no person */
export function requireDecider(actor: Actor, plan: Asked): void {
  if (actor.id === null) {
    throw new Problem(
      "forbidden",
      "not_a_person",
      "Plans are approved by people, not by programs.",
    );
  }
  if (!isStarter(actor.id, plan)) return;
  throw new Problem(
    "forbidden",
    "own_plan",
    "You made or started this plan: somebody else has to decide on it. You can cancel it.",
  );
}

/**
 * The approvals that count at this moment.
 * @param roles of each user who is still there, by id
 */
export function counting(
  plan: Asked & Pick<PlanRow, "approvals">,
  roles: ReadonlyMap<string, readonly EnvironmentRole[]>,
): Approval[] {
  const people = new Map(plan.approvals.map((approval) => [approval.userId, approval]));
  return [...people.values()].filter(({ userId }) => {
    const own = roles.get(userId);
    return (
      own !== undefined &&
      !isStarter(userId, plan) &&
      hasRole({ roles: own }, "operator", plan.environmentId)
    );
  });
}

/** When it is cancelled unless it is approved before; null: it does not wait. */
export function expiresAt({ status, waitingSince }: Pick<PlanRow, "status" | "waitingSince">) {
  if (status !== "waiting_for_approval" || waitingSince === null) return null;
  return new Date(waitingSince.getTime() + approvalDays * 86_400_000);
}

function isStarter(userId: string, { triggeredById, askedById }: Asked): boolean {
  return userId === triggeredById || userId === askedById;
}
