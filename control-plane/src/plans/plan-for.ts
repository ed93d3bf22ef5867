import { type Actor, requireEnvironment } from "../actor.ts";
import type { Sql } from "../database/connection.ts";
import { notFound, Problem } from "../problem.ts";
import { commonImage, findPlanDigest, findPlanImage } from "./plan-input.store.ts";
import { findPlan } from "./plans.store.ts";

/**
 * The image of a plan: the one that is named, or the one that all named services are linked to.
 * @throws {Problem} 400 where there is no such image
 */
export async function imageOf(
  sql: Sql,
  environmentId: string,
  wish: {
    containerImageId?: string | null | undefined;
    serviceIds?: string[] | null | undefined;
    imageDigestId?: string | null | undefined;
  },
): Promise<string> {
  if (wish.containerImageId) {
    const image = await findPlanImage(sql, wish.containerImageId);
    if (image?.environmentId === environmentId) return image.id;
    throw new Problem(
      "invalid",
      "unknown_image",
      "containerImageId: no such container image in this environment",
    );
  }
  if (!wish.serviceIds) {
    throw new Problem(
      "invalid",
      "validation_failed",
      "serviceIds: give serviceIds or containerImageId",
    );
  }
  const imageId = await commonImage(sql, environmentId, wish.serviceIds);
  if (imageId === null) {
    throw new Problem(
      "invalid",
      "services_of_several_images",
      "serviceIds: these have to be services of this environment that are linked to one image",
    );
  }
  if (wish.imageDigestId && !(await findPlanDigest(sql, imageId, wish.imageDigestId))) {
    throw new Problem(
      "invalid",
      "unknown_digest",
      "imageDigestId: no such digest of the image that these services are linked to",
    );
  }
  return imageId;
}

/** @throws {Problem} 404 for an unknown image, 403 outside of the actor's environments */
export async function imageFor(sql: Sql, actor: Actor, id: string) {
  const image = await findPlanImage(sql, id);
  if (!image) throw notFound("container image");
  requireEnvironment(actor, image.environmentId);
  return image;
}

/** @throws {Problem} 404 for an unknown plan, 403 outside of the actor's environments */
export async function planFor(sql: Sql, actor: Actor, id: string) {
  const plan = await findPlan(sql, id);
  if (!plan) throw notFound("deployment plan");
  requireEnvironment(actor, plan.environmentId);
  return plan;
}
