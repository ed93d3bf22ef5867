import { type Actor, requireEnvironment } from "../actor.ts";
import type { Sql } from "../database/connection.ts";
import { notFound } from "../problem.ts";
import { findPlanImage } from "./plan-input.store.ts";
import { findPlan } from "./plans.store.ts";

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
