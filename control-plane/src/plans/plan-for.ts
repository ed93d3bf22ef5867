import { type Actor, requireEnvironment } from "../actor.ts";
import type { Database, Sql } from "../database/connection.ts";
import { notFound } from "../problem.ts";
import { findPlanImage } from "./plan-input.store.ts";
import { type PlanJson, planJson } from "./plan-json.ts";
import { findPlan, readPlan } from "./plans.store.ts";

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

/** A plan as the API shows it to this reader. @throws {Problem} 404 where it is gone */
export async function shownPlan(database: Database, reader: Actor, id: string): Promise<PlanJson> {
  const whole = await readPlan(database, id);
  if (!whole) throw notFound("deployment plan");
  return planJson(whole, reader);
}
