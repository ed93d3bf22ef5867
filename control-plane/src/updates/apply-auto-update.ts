import type { Logger } from "pino";
import { type Actor, system } from "../actor.ts";
import type { Database, Sql } from "../database/connection.ts";
import { noteRefusal } from "../images/update-policy.store.ts";
import type { JobRequest } from "../jobs/jobs.store.ts";
import { supersedeWaiting } from "../plans/approve-plan.ts";
import { createPlan } from "../plans/create-plan.ts";
import { Problem } from "../problem.ts";
import type { SignatureParts } from "../signatures/gate.ts";
import {
  type AutoUpdateFacts,
  autoUpdateCandidates,
  autoUpdateFacts,
} from "./auto-update.store.ts";
import { type AutoUpdateDecision, decideAutoUpdate, type WaitReason } from "./auto-update.ts";
import { rolloutOfPolicy } from "./update-policy-json.ts";

/** What an update is put down to. */
export interface AppliedBy {
  actor: Actor;
  triggerType: "auto_update" | "webhook";
}

const bySchedule: AppliedBy = { actor: system, triggerType: "auto_update" };

/**
 * Updates an image if that is due now, by a plan for all of its services that rolls itself back, as
 * carefully as the image's policy says.
 * May be called as often as one likes, on any replica: the database allows one plan at a time.
 * @returns the plan; null: there was nothing to do, or it could not be done and the image says why
 */
export async function applyAutoUpdate(
  parts: SignatureParts & { log: Logger },
  imageId: string,
  { actor, triggerType }: AppliedBy = bySchedule,
  now: number = Date.now(),
): Promise<string | null> {
  const { database, log } = parts;
  const facts = (await autoUpdateFacts(database, [imageId])).get(imageId);
  if (facts === undefined) return null;
  const decision = decideAutoUpdate(facts, now);
  if (decision.kind === "wait") return null;
  try {
    const planId = await createPlan(parts, actor, {
      targets: [
        { imageId, imageDigestId: decision.digestId, tag: null, serviceIds: facts.behindIds },
      ],
      automatic: true,
      autoRollback: true,
      parallelExecution: false,
      rollout: rolloutOfPolicy(facts.policy),
      triggerType,
      execute: true,
    });
    await noteRefusal(database, imageId, null);
    await supersedeWaiting(database, planId);
    log.info({ image: facts.imageName, planId }, "an update is deployed");
    return planId;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // Another plan was faster: that is no reason that lasts.
    if (error.kind !== "conflict") {
      const { message } = error;
      await noteRefusal(database, imageId, { digestId: decision.digestId, message });
      log.warn({ image: facts.imageName, reason: message }, "an update could not be planned");
    }
    return null;
  }
}

/** The job that updates an image if that is due when it runs. */
export function imageUpdate(imageId: string, delayMs = 0): JobRequest {
  return { task: "auto_update", payload: { imageId }, key: `auto_update:${imageId}`, delayMs };
}

/** A job for each image that is due to be updated now. */
export async function dueUpdates(database: Database, now = Date.now()): Promise<JobRequest[]> {
  const facts = await autoUpdateFacts(database, await autoUpdateCandidates(database));
  return [...facts.values()]
    .filter((image) => decideAutoUpdate(image, now).kind === "deploy")
    .map(({ imageId }) => imageUpdate(imageId));
}

/** Why an image is not, or is just about to be, updated by itself. */
export interface UpdateStatus {
  /** whether a plan is about to be made */
  updating: boolean;
  reason: WaitReason | "due" | "refused";
  /** a sentence for people */
  message: string;
  /** from when it may be otherwise; null: when something changes */
  until: Date | null;
  facts: AutoUpdateFacts;
}

/** "Why not updated", for each of these images. */
export async function updateStatuses(
  sql: Sql,
  imageIds: string[],
  now: number = Date.now(),
): Promise<Map<string, UpdateStatus>> {
  const facts = await autoUpdateFacts(sql, imageIds);
  return new Map(
    [...facts].map(([id, image]) => [id, statusOf(image, decideAutoUpdate(image, now))]),
  );
}

function statusOf(facts: AutoUpdateFacts, decision: AutoUpdateDecision): UpdateStatus {
  if (decision.kind === "wait") {
    const { reason, message, until } = decision;
    return {
      updating: false,
      reason,
      message,
      until: until === null ? null : new Date(until),
      facts,
    };
  }
  if (facts.refusal !== null) {
    const message = `The update cannot be planned: ${facts.refusal}`;
    return { updating: false, reason: "refused", message, until: null, facts };
  }
  const message = "The newer version is deployed within a minute.";
  return { updating: true, reason: "due", message, until: null, facts };
}
