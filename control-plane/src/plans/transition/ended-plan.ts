import { blamedTargets } from "../blame.ts";
import type { Effect } from "../effects.ts";
import type { Action } from "../plan.ts";
import type { PlanTarget } from "../plan-targets.ts";
import type { WholePlan } from "../plans.store.ts";
import { type Changed, planTo, withoutPending, withPlan } from "./rows.ts";

export function finishPlan(
  rows: WholePlan,
  end: Extract<Action, { kind: "finish_plan" }>,
  now: Date,
): Changed {
  const blamed = blamedTargets(rows);
  const status = planTo(rows.plan, end.status);
  const over = withPlan(rows, {
    ...{ status, error: end.error, completedAt: now, blamesDigest: blamed.length > 0 },
  });
  const services = rows.services.map((service) => ({ ...service, active: false }));
  return {
    rows: withoutPending({ ...over, services }),
    effects: ofImages(rows, end, blamed),
  };
}

/** @param blamed positions of the targets whose digests are not to be tried again */
function ofImages(
  { targets }: WholePlan,
  end: Extract<Action, { kind: "finish_plan" }>,
  blamed: readonly number[],
): Effect[] {
  const effects = targets.flatMap((target) =>
    ofTarget(target, end, blamed.includes(target.position)),
  );
  // However it ended, some of their services may be deployed at something else.
  const images = new Set(targets.flatMap(({ containerImageId }) => containerImageId ?? []));
  return [
    ...effects,
    ...[...images].sort().map((imageId): Effect => ({ kind: "refresh_updates", imageId })),
  ];
}

function ofTarget(
  { containerImageId: imageId, imageDigestId: digestId }: PlanTarget,
  { status, error }: Extract<Action, { kind: "finish_plan" }>,
  isBlamed: boolean,
): Effect[] {
  if (imageId === null) return [];
  const effects: Effect[] = [];
  if (status === "completed" && digestId !== null) {
    effects.push({ kind: "image_deployed", imageId, digestId });
  }
  if (status === "rolled_back") effects.push({ kind: "image_rolled_back", imageId, digestId });
  if (isBlamed && digestId !== null) {
    const reason = error ?? "It was rolled back by hand.";
    effects.push({ kind: "quarantine", imageId, digestId, reason });
  }
  return effects;
}
