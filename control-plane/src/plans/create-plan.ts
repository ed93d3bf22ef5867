import type { Actor } from "../actor.ts";
import { type Database, type Sql, type Transaction, transaction } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { refuseFrozen } from "../environments/freeze.ts";
import { audit } from "../identity/audit.store.ts";
import { storedTagFilter } from "../images/tag-filter.ts";
import { lineOf } from "../images/tag-line.ts";
import { notFound, Problem } from "../problem.ts";
import { requireSignature, requireSigned, type SignatureParts } from "../signatures/gate.ts";
import { apply } from "./apply.store.ts";
import { buildPlan, wayBack } from "./build-plan.ts";
import { touched } from "./decide.ts";
import { withImplied } from "./implied-dependencies.ts";
import type { TriggerType } from "./plan.ts";
import {
  findPlanDependencies,
  findPlanDigest,
  findPlanImage,
  findPlanServices,
} from "./plan-input.store.ts";
import { noteSignature, updateWayBack } from "./plan-state.store.ts";
import {
  busyProblem,
  findPlan,
  insertPlan,
  laterPlans,
  loadPlan,
  type PlanRow,
  ServiceBusy,
  servicesOfPlan,
  type WholePlan,
} from "./plans.store.ts";
import { snapshotOf } from "./snapshot.ts";
import { allowed, type PlanVerb } from "./statuses.ts";
import { type Choice, isThere, requireTakingPart } from "./taking-part.ts";

/** How the registry of an image is asked for its signatures. */
export type PlanImages = SignatureParts["images"];

/** What somebody asks for: this digest of this image, on all of its services or on some. */
export interface DeployRequest {
  imageId: string;
  imageDigestId: string;
  /** the tag that was asked for; null: the digest's best tag */
  tag: string | null;
  /** null: every service of the image */
  serviceIds: string[] | null;
  autoRollback: boolean;
  parallelExecution: boolean;
  /** create the container of a service that is named and whose container is gone */
  create?: boolean;
  /** a newer digest has appeared: no person chose these services, and one that is gone is left out */
  automatic?: boolean;
  /** also containers made with `--rm`, of which nothing is left to go back to but their settings */
  allowAutoRemove?: boolean;
  triggerType: TriggerType;
  /** start it at once, or leave it pending */
  execute: boolean;
  /** called in the plan's transaction before anything is written; what it throws ends that one */
  alongside?: ((sql: Sql, planId: string) => Promise<void>) | undefined;
}

/**
 * Builds the plan and writes it, started or pending.
 * @returns its id; wake `advance` with it when it was started
 * @throws {Problem} 400, 404, 409 or 503 with what keeps it from being built
 */
export async function createPlan(
  parts: SignatureParts,
  actor: Actor,
  request: DeployRequest,
): Promise<string> {
  const { database } = parts;
  // It asks the registry, so it is over before anything is locked.
  const signature = await requireSignature(parts, request.imageId, request.imageDigestId);
  return guarded(database, request.serviceIds ?? [], request.imageId, async (sql) => {
    const image = await findPlanImage(sql, request.imageId);
    if (!image) throw notFound("container image");
    if (request.execute) await refuseFrozen(sql, image.environmentId);
    const digest = await findPlanDigest(sql, image.id, request.imageDigestId);
    if (!digest) {
      throw new Problem("not_found", "not_found", "No such digest of this container image");
    }
    const linked = await findPlanServices(sql, image.id, request.serviceIds);
    const foreign = request.serviceIds?.filter((id) => !linked.some((s) => s.id === id)) ?? [];
    if (foreign.length > 0) {
      throw new Problem(
        "invalid",
        "service_not_linked",
        `Not linked to this image: ${foreign.join(", ")}. Link the service first, or leave it out.`,
      );
    }
    const line = lineOf(storedTagFilter(image.tagFilter), digest.tags, request.tag);
    const choice = choiceOf(request);
    const { taking: services, leftOut } = requireTakingPart(linked, choice, line);
    const dependencies = await findPlanDependencies(
      sql,
      services.map(({ id }) => id),
    );
    const plan = buildPlan({
      image,
      digest,
      tag: request.tag,
      named: choice.kind === "named",
      services,
      leftOut,
      dependencies: withImplied(services, dependencies),
      autoRollback: request.autoRollback,
      parallelExecution: request.parallelExecution,
      allowAutoRemove: request.allowAutoRemove,
      triggerType: request.triggerType,
      triggeredBy: actor.name,
      triggeredById: actor.id,
      newId,
    });
    await request.alongside?.(sql, plan.id);
    await insertPlan(sql, plan, signature);
    await audit(sql, actor, {
      action: request.execute ? "deploy" : "create_plan",
      resourceType: "deployment_plan",
      resourceId: plan.id,
      resourceName: `${image.name} ${plan.imageTag ?? plan.imageDigest}`,
      environmentId: image.environmentId,
      details: {
        image: image.imageName,
        digest: plan.imageDigest,
        services: services.map(({ name, serverName }) => `${name} on ${serverName}`),
        leftOut: leftOut.map(({ name, serverName }) => `${name} on ${serverName}`),
        ...(signature === null ? {} : { signature: signature.message }),
      },
    });
    if (request.execute) {
      const whole = await lockedPlan(sql, plan.id);
      await apply(sql, whole, { kind: "execute" });
      // Another plan of these services may have ended since they were read.
      await renewWayBack(sql, whole);
    }
    return plan.id;
  });
}

function choiceOf({ serviceIds, create, automatic }: DeployRequest): Choice {
  if (automatic) return { kind: "automatic" };
  return serviceIds === null ? { kind: "image" } : { kind: "named", create: create ?? false };
}

/** Starts a pending plan. */
export async function executePlan(
  parts: SignatureParts,
  actor: Actor,
  planId: string,
): Promise<void> {
  const { database } = parts;
  // The rule, or what the registry has, may have changed since the plan was made.
  const signature = await signatureOf(parts, planId);
  const services = await servicesOfPlan(database, planId);
  await guarded(database, services, null, async (sql) => {
    const whole = await lockedPlan(sql, planId);
    const { plan } = whole;
    requireStatus(plan, "execute");
    await refuseFrozen(sql, plan.environmentId);
    await apply(sql, whole, { kind: "execute" });
    await renewWayBack(sql, whole);
    await noteSignature(sql, planId, signature);
    await auditPlan(sql, actor, "execute_plan", plan);
  });
}

async function signatureOf(parts: SignatureParts, planId: string) {
  const plan = await findPlan(parts.database, planId);
  if (!plan?.containerImageId || plan.status !== "pending") return null;
  return requireSigned(parts, plan.containerImageId, plan.imageDigest);
}

/** A plan may have lain pending while its services were deployed by others: it goes back to what runs now. */
async function renewWayBack(sql: Sql, { plan, services, steps }: WholePlan): Promise<void> {
  const linked = plan.containerImageId
    ? await findPlanServices(sql, plan.containerImageId, null)
    : [];
  for (const { serviceId, serviceName, position } of services) {
    if (serviceId === null) continue;
    const service = linked.find(({ id }) => id === serviceId);
    if (service === undefined) {
      throw new Problem(
        "conflict",
        "plan_out_of_date",
        `${serviceName} has been linked to another image since this plan was made: create the plan again.`,
      );
    }
    const deploy = steps.find(
      ({ action, servicePosition }) => action === "deploy" && servicePosition === position,
    );
    const creates = deploy?.body.kind === "run" && deploy.body.spec !== null;
    if (!creates && !isThere(service)) {
      throw new Problem(
        "conflict",
        "plan_out_of_date",
        `The container of ${serviceName} is gone from ${service.serverName} since this plan was made: create the plan again.`,
      );
    }
    await updateWayBack(sql, plan.id, position, wayBack(plan, service));
  }
}

/** Nothing new starts from now on; a pending plan is over at once. */
export async function cancelPlan(database: Database, actor: Actor, planId: string): Promise<void> {
  await transaction(database, async (sql) => {
    const whole = await lockedPlan(sql, planId);
    const { plan, steps } = whole;
    requireStatus(plan, "cancel");
    const failed = plan.autoRollback && steps.some(({ status }) => status === "failed");
    if (plan.rollbackStartedAt !== null || failed) {
      throw new Problem(
        "invalid",
        "plan_is_rolling_back",
        "Cannot cancel plan: it is rolling back. Wait until it has ended.",
      );
    }
    await apply(sql, whole, { kind: "cancel" });
    await auditPlan(sql, actor, "cancel_plan", plan);
  });
}

/** Puts everything back that an ended plan touched. */
export async function rollBackPlan(
  database: Database,
  actor: Actor,
  planId: string,
): Promise<void> {
  const services = await servicesOfPlan(database, planId);
  await guarded(database, services, null, async (sql) => {
    const whole = await lockedPlan(sql, planId);
    const { plan } = whole;
    requireStatus(plan, "rollback");
    const positions = touched(snapshotOf(whole));
    if (positions.length === 0) {
      throw new Problem(
        "invalid",
        "nothing_to_roll_back",
        "There is nothing to roll back: this plan changed no service.",
      );
    }
    const [later] = await laterPlans(sql, planId);
    if (later) {
      throw new Problem(
        "invalid",
        "deployed_again",
        `${later.serviceName} was deployed again since, by plan ${later.planId}: roll that one back instead.`,
      );
    }
    await apply(sql, whole, { kind: "roll_back", services: positions });
    await auditPlan(sql, actor, "rollback_plan", plan);
  });
}

async function lockedPlan(sql: Transaction, planId: string): Promise<WholePlan> {
  const whole = await loadPlan(sql, planId, { lock: true });
  if (!whole) throw notFound("deployment plan");
  return whole;
}

/** @throws {Problem} 400 for a plan with which that may not be done now */
export function requireStatus(plan: PlanRow, verb: PlanVerb): void {
  if (allowed(verb).includes(plan.status)) return;
  throw new Problem(
    "invalid",
    "wrong_plan_status",
    `Cannot ${verb} plan with status: ${plan.status}`,
  );
}

async function auditPlan(sql: Sql, actor: Actor, action: string, plan: PlanRow): Promise<void> {
  await audit(sql, actor, {
    action,
    resourceType: "deployment_plan",
    resourceId: plan.id,
    resourceName: `${plan.imageName} ${plan.imageTag ?? plan.imageDigest}`,
    environmentId: plan.environmentId,
  });
}

/** Tells which plan is in the way, once the transaction that found out is over. */
async function guarded<T>(
  database: Database,
  serviceIds: string[],
  imageId: string | null,
  work: (sql: Transaction) => Promise<T>,
): Promise<T> {
  try {
    return await transaction(database, work);
  } catch (error) {
    if (!(error instanceof ServiceBusy)) throw error;
    const all = imageId === null ? [] : await findPlanServices(database, imageId, null);
    throw await busyProblem(database, serviceIds.length > 0 ? serviceIds : all.map(({ id }) => id));
  }
}
