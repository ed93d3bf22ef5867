import type { Actor } from "../actor.ts";
import { transaction } from "../database/connection.ts";
import { copyDigest } from "../images/copy-digest.store.ts";
import { createPlan } from "../plans/create-plan.ts";
import type { Rollout } from "../plans/rollout.ts";
import { Problem } from "../problem.ts";
import type { SignatureParts } from "../signatures/gate.ts";
import { decidePromotion, type NotPromoted } from "./decide-promotion.ts";
import { sourceImages, targetImages } from "./promotions.store.ts";

export interface PromotionRequest {
  fromEnvironmentId: string;
  toEnvironmentId: string;
  /** of either environment; null: all of its images */
  imageIds: string[] | null;
  /** null: it is not asked whether it was healthy there */
  healthyForMs: number | null;
  /** null: all in one go */
  rollout: Rollout | null;
  /** start it at once, or leave it pending */
  execute: boolean;
}

/**
 * Makes one plan that deploys here exactly the digests that another environment runs.
 * @returns the plan, and what is not part of it
 * @throws {Problem} 400 for unknown images; 409 with the reasons where nothing can be promoted
 */
export async function promote(
  parts: SignatureParts,
  actor: Actor,
  request: PromotionRequest,
): Promise<{ planId: string; leftOut: NotPromoted[] }> {
  const { fromEnvironmentId, toEnvironmentId, imageIds, healthyForMs, rollout, execute } = request;
  const { database } = parts;
  const all = await sourceImages(database, fromEnvironmentId);
  const targets = await targetImages(database, toEnvironmentId);
  const sources = imageIds === null ? all : chosen(all, targets, imageIds);
  const { promoted, leftOut } = decidePromotion(sources, targets, healthyForMs);
  if (promoted.length === 0) throw nothingToPromote(leftOut);
  const digestIds = await transaction(database, async (sql) => {
    const ids: string[] = [];
    for (const { digestId, imageId } of promoted)
      ids.push(await copyDigest(sql, digestId, imageId));
    return ids;
  });
  const planId = await createPlan(parts, actor, {
    targets: promoted.map(({ imageId, tag }, index) => ({
      ...{ imageId, tag, serviceIds: null },
      imageDigestId: digestIds[index] ?? "",
    })),
    ...{ autoRollback: true, parallelExecution: false, rollout, triggerType: "manual", execute },
  });
  return { planId, leftOut };
}

function chosen(
  sources: Awaited<ReturnType<typeof sourceImages>>,
  targets: Awaited<ReturnType<typeof targetImages>>,
  ids: readonly string[],
) {
  const names = new Map([...targets, ...sources].map((image) => [image.id, image.normalizedName]));
  const unknown = ids.filter((id) => !names.has(id));
  if (unknown.length > 0) {
    throw new Problem(
      "invalid",
      "unknown_image",
      `containerImageIds: no such container image in either environment: ${unknown.join(", ")}`,
    );
  }
  const wanted = new Set(ids.map((id) => names.get(id)));
  const found = sources.filter(({ normalizedName }) => wanted.has(normalizedName));
  const missing = [...wanted].filter(
    (name) => !found.some(({ normalizedName }) => normalizedName === name),
  );
  if (missing.length === 0) return found;
  throw new Problem(
    "conflict",
    "nothing_to_promote",
    `The other environment has no image ${missing.join(", ")}.`,
  );
}

function nothingToPromote(leftOut: readonly NotPromoted[]): Problem {
  const reasons = leftOut.map(({ image, reason }) => `${image.name}: ${reason}`);
  return new Problem(
    "conflict",
    "nothing_to_promote",
    ["There is nothing to promote.", ...reasons.slice(0, 10)].join(" "),
    { details: leftOut.map(({ image, reason }) => ({ path: image.id, message: reason })) },
  );
}
