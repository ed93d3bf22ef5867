import { isDeepStrictEqual } from "node:util";
import { concerns } from "../activity.ts";
import type { Actor } from "../actor.ts";
import { type Database, type Sql, type Transaction, transaction } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { refuseFrozen } from "../environments/freeze.ts";
import type { SealedHooks } from "../hooks/hook.ts";
import { hooksOfImages } from "../hooks/image-hooks.store.ts";
import { audit } from "../identity/audit.store.ts";
import { notFound, Problem } from "../problem.ts";
import {
  requireSignature,
  requireSigned,
  type SignatureFinding,
  type SignatureParts,
} from "../signatures/gate.ts";
import { apply } from "./apply.store.ts";
import { keepRequiredApprovals } from "./approvals.store.ts";
import { requireApproved, requireAsApproved } from "./approved.ts";
import { type BuiltPlan, buildPlan, type WayBack, wayBack } from "./build-plan.ts";
import { touched } from "./decide.ts";
import { saidOf } from "./field-problem.ts";
import { callsAfter, type StepBody } from "./hook.ts";
import { impliedOutside, withImplied } from "./implied-dependencies.ts";
import { outsideNeeds } from "./outside.ts";
import type { TriggerType } from "./plan.ts";
import {
  findNeighbours,
  findOutsideDependencies,
  findPlanDependencies,
  findPlanServices,
} from "./plan-input.store.ts";
import type { PlanInput, PlanInputService } from "./plan-input.ts";
import { findPlanJobs } from "./plan-jobs.store.ts";
import { auditedName, noteSignature, updateWaysBack } from "./plan-state.store.ts";
import { targetAt } from "./plan-targets.ts";
import {
  busyProblem,
  insertPlan,
  laterPlans,
  loadPlan,
  noteRolledBackByHand,
  noteStarted,
  type PlanRow,
  readPlan,
  ServiceBusy,
  type WholePlan,
} from "./plans.store.ts";
import { type ReadTarget, readTarget, refuseTwice, type TargetRequest } from "./read-target.ts";
import type { Rollout } from "./rollout.ts";
import { snapshotOf } from "./snapshot.ts";
import { allowed, type PlanVerb, unstartedStatuses } from "./statuses.ts";
import { type Choice, isThere, type LeftOut, nothingToDeploy } from "./taking-part.ts";
import { isBeingTold } from "./transition/asked.ts";

/** How the registry of an image is asked for its signatures. */
export type PlanImages = SignatureParts["images"];

/** What somebody asks for: these digests of these images, on all of their services or on some. */
export interface DeployRequest {
  /** of one environment; at least one */
  targets: TargetRequest[];
  autoRollback: boolean;
  parallelExecution: boolean;
  /** absent or null: all in one go */
  rollout?: Rollout | null;
  /** create the container of a service that is named and whose container is gone */
  create?: boolean;
  /** a newer digest has appeared: no person chose these services, and one that is gone is left out */
  automatic?: boolean;
  /**
   * the targets are all that is behind: also a service that cannot be deployed to now, because of its
   * server or its platform, is left out; these are left out already
   */
  everythingBehind?: { leftOut: LeftOut[] } | undefined;
  /** also containers made with `--rm`, of which nothing is left to go back to but their settings */
  allowAutoRemove?: boolean;
  triggerType: TriggerType;
  /** start it at once, or leave it pending */
  execute: boolean;
  /** HTTP calls before and after, beside those of the images */
  hooks?: SealedHooks | undefined;
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
  // They ask registries, so they are over before anything is locked.
  const signatures = await Promise.all(
    request.targets.map(({ imageId, imageDigestId, at }) =>
      requireSignature(parts, imageId, imageDigestId).catch((error: unknown) => {
        throw saidOf(at, "imageDigestId", error);
      }),
    ),
  );
  return guarded(parts.database, async (sql) => {
    const read: ReadTarget[] = [];
    for (const target of request.targets) {
      const { everythingBehind } = request;
      const choice = choiceOf(request, target);
      read.push(
        await readTarget(sql, target, choice, { everythingBehind: everythingBehind !== undefined }),
      );
    }
    const environmentId = oneEnvironment(read);
    if (request.execute) await refuseFrozen(sql, environmentId);
    refuseTwice(
      read.map(({ target: { services } }, index) => ({ at: request.targets[index]?.at, services })),
    );
    const leftOut = [
      ...(request.everythingBehind?.leftOut ?? []),
      ...read.flatMap((target) => target.leftOut),
    ];
    const targets = read
      .map(({ target }, index) => ({ ...target, signature: signatures[index] ?? null }))
      .filter(({ services }) => request.everythingBehind === undefined || services.length > 0);
    if (targets.length === 0) {
      throw new Problem("invalid", "nothing_to_deploy", nothingToDeploy(leftOut));
    }
    const jobs = await findPlanJobs(
      sql,
      targets.map(({ image }) => image.id),
    );
    const imageHooks = await hooksOfImages(sql, [...new Set(targets.map(({ image }) => image.id))]);
    const plan = buildPlan({
      jobs,
      hooks: {
        before: [...imageHooks.before, ...(request.hooks?.before ?? [])],
        after: [...imageHooks.after, ...(request.hooks?.after ?? [])],
      },
      environmentId,
      targets,
      leftOut,
      ...(await dependenciesOf(
        sql,
        targets.flatMap(({ services }) => services),
      )),
      autoRollback: request.autoRollback,
      parallelExecution: request.parallelExecution,
      allowAutoRemove: request.allowAutoRemove,
      rollout: request.rollout,
      triggerType: request.triggerType,
      triggeredBy: actor.name,
      triggeredById: actor.id,
      newId,
    });
    concerns({ planId: plan.id });
    await request.alongside?.(sql, plan.id);
    await insertPlan(sql, plan);
    await auditCreated(sql, actor, plan, request.execute);
    // Another plan of these services may have ended since they were read.
    if (request.execute) await startOrAsk(sql, actor, await lockedPlan(sql, plan.id), []);
    return plan.id;
  });
}

function choiceOf({ create, automatic }: DeployRequest, { serviceIds }: TargetRequest): Choice {
  if (automatic) return { kind: "automatic" };
  return serviceIds === null ? { kind: "image" } : { kind: "named", create: create ?? false };
}

/** Whoever asks has looked at the images: that they are of several environments is a defect. */
function oneEnvironment(read: readonly ReadTarget[]): string {
  const [environmentId, other] = new Set(read.map(({ image }) => image.environmentId));
  if (environmentId === undefined || other !== undefined) {
    throw new Error("the images of a plan have to be of one environment");
  }
  return environmentId;
}

/** What these services need of each other, and what of services that the plan does not touch. */
async function dependenciesOf(
  sql: Sql,
  services: PlanInputService[],
): Promise<Pick<PlanInput, "dependencies" | "outside">> {
  const ids = services.map(({ id }) => id);
  return {
    dependencies: withImplied(services, await findPlanDependencies(sql, ids)),
    outside: outsideNeeds([
      ...(await findOutsideDependencies(sql, ids)),
      ...impliedOutside(services, await findNeighbours(sql, ids)),
    ]),
  };
}

async function auditCreated(
  sql: Sql,
  actor: Actor,
  { id, environmentId, targets, services, steps, hooks, leftOut }: BuiltPlan,
  execute: boolean,
): Promise<void> {
  const told = targets.map(({ imageName, imageDigest, signature }) => ({
    image: imageName,
    digest: imageDigest,
    ...(signature === null ? {} : { signature: signature.message }),
  }));
  await audit(sql, actor, {
    action: execute ? "deploy" : "create_plan",
    resourceType: "deployment_plan",
    resourceId: id,
    resourceName: await auditedName(sql, id),
    environmentId,
    details: {
      ...(told.length === 1 ? told[0] : { targets: told }),
      services: services.map(({ serviceName, serverName }) => `${serviceName} on ${serverName}`),
      leftOut: leftOut.map(({ name, serverName }) => `${name} on ${serverName}`),
      ...(hooks.length === 0 ? {} : { hooks: steps.flatMap(({ body }) => hookNamed(body)) }),
    },
  });
}

function hookNamed(body: StepBody): string[] {
  return body.kind === "hook" ? [`${body.moment}: ${body.name}`] : [];
}

/** Starts a pending plan, or has it wait where the environment asks for approval; starts an approved one. */
export async function executePlan(
  parts: SignatureParts,
  actor: Actor,
  planId: string,
): Promise<void> {
  // The rule, or what a registry has, may have changed since the plan was made.
  const signatures = await signaturesOf(parts, planId);
  await guarded(parts.database, async (sql) => {
    const whole = await lockedPlan(sql, planId);
    const { plan } = whole;
    requireStatus(plan, "execute");
    if (plan.status === "pending") await startOrAsk(sql, actor, whole, signatures);
    else {
      await requireApproved(sql, plan);
      await startNow(sql, whole, signatures);
    }
    await noteStarted(sql, planId);
    await auditPlan(sql, actor, "execute_plan", whole);
  });
}

/** What was found of each target's signatures just now. */
type Signatures = { position: number; signature: SignatureFinding | null }[];

/** What is shown for approval is what the plan would do at this moment. */
async function startOrAsk(
  sql: Transaction,
  actor: Actor,
  whole: WholePlan,
  signatures: Signatures,
): Promise<void> {
  const { plan } = whole;
  const required = await keepRequiredApprovals(sql, plan.environmentId);
  if (required === 0) return startNow(sql, whole, signatures);
  await refuseFrozen(sql, plan.environmentId);
  await renewWayBack(sql, whole);
  await noteSignatures(sql, plan.id, signatures);
  await apply(sql, whole, { kind: "ask_approval", by: actor.name, byId: actor.id, required });
}

/** pending, or waiting and approved → running */
export async function startNow(
  sql: Transaction,
  whole: WholePlan,
  signatures: Signatures,
): Promise<void> {
  const { id, environmentId } = whole.plan;
  await refuseFrozen(sql, environmentId);
  await apply(sql, whole, { kind: "execute" });
  await renewWayBack(sql, whole);
  await noteSignatures(sql, id, signatures);
}

async function noteSignatures(sql: Sql, planId: string, signatures: Signatures): Promise<void> {
  for (const { position, signature } of signatures) {
    await noteSignature(sql, planId, position, signature);
  }
}

export async function signaturesOf(parts: SignatureParts, planId: string): Promise<Signatures> {
  const whole = await readPlan(parts.database, planId);
  if (!whole || !unstartedStatuses.includes(whole.plan.status)) return [];
  return Promise.all(
    whole.targets.map(async ({ position, containerImageId, imageDigest }) => ({
      position,
      signature:
        containerImageId === null
          ? null
          : await requireSigned(parts, containerImageId, imageDigest),
    })),
  );
}

/** A plan may have lain pending while its services were deployed by others: it goes back to what runs now. */
async function renewWayBack(
  sql: Sql,
  { plan, targets, services, steps }: WholePlan,
): Promise<void> {
  const linked = new Map<string, Map<string, PlanInputService>>();
  for (const { containerImageId } of targets) {
    if (containerImageId === null || linked.has(containerImageId)) continue;
    const found = await findPlanServices(sql, containerImageId, null);
    linked.set(containerImageId, new Map(found.map((service) => [service.id, service])));
  }
  const deploys = new Map(
    steps.filter(({ action }) => action === "deploy").map((step) => [step.servicePosition, step]),
  );
  const changed: Parameters<typeof updateWaysBack>[2][number][] = [];
  for (const row of services) {
    const { serviceId, serviceName, position, targetPosition } = row;
    if (serviceId === null) continue;
    const target = targetAt(targets, targetPosition);
    const service = linked.get(target.containerImageId ?? "")?.get(serviceId);
    if (service === undefined) {
      throw new Problem(
        "conflict",
        "plan_out_of_date",
        `${serviceName} has been linked to another image since this plan was made: create the plan again.`,
      );
    }
    const deploy = deploys.get(position);
    const creates = deploy?.body.kind === "run" && deploy.body.spec !== null;
    if (!creates && !isThere(service)) {
      throw new Problem(
        "conflict",
        "plan_out_of_date",
        `The container of ${serviceName} is gone from ${service.serverName} since this plan was made: create the plan again.`,
      );
    }
    const now = wayBack(target, service);
    if (plan.status === "waiting_for_approval") requireAsApproved(row, now);
    if (!isDeepStrictEqual(now, wayBackOf(row))) changed.push({ position, ...now });
  }
  await updateWaysBack(sql, plan.id, changed);
}

/** As it was fixed when the plan was made. */
function wayBackOf({
  rollbackBody: { reference, spec },
  ...row
}: WholePlan["services"][number]): WayBack {
  const { previousDigestId, previousDigest, previousImageTag, observed } = row;
  return { previousDigestId, previousDigest, previousImageTag, observed, reference, spec };
}

/** Nothing new starts from now on; a pending plan is over at once. */
export async function cancelPlan(database: Database, actor: Actor, planId: string): Promise<void> {
  await transaction(database, async (sql) => {
    const whole = await lockedPlan(sql, planId);
    const { plan, steps } = whole;
    requireStatus(plan, "cancel");
    const failed =
      plan.autoRollback && steps.some((step) => step.status === "failed" && !callsAfter(step));
    const goesBack = plan.rollbackStartedAt ?? plan.rollbackRequestedAt;
    const isLate = goesBack !== null || (failed && plan.status !== "paused");
    if (isLate && !isBeingTold(whole)) {
      throw new Problem(
        "invalid",
        "plan_is_rolling_back",
        "Cannot cancel plan: it is rolling back. Wait until it has ended.",
      );
    }
    await apply(sql, whole, { kind: "cancel" });
    await auditPlan(sql, actor, "cancel_plan", whole);
  });
}

/** Puts everything back that an ended plan touched; a paused one once what is in flight has ended. */
export async function rollBackPlan(
  database: Database,
  actor: Actor,
  planId: string,
): Promise<void> {
  await guarded(database, async (sql) => {
    const whole = await lockedPlan(sql, planId);
    requireStatus(whole.plan, "rollback");
    if (whole.plan.status === "paused") {
      await apply(sql, whole, { kind: "roll_back_paused" });
      await auditPlan(sql, actor, "rollback_plan", whole);
      return;
    }
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
    await noteRolledBackByHand(sql, planId);
    await auditPlan(sql, actor, "rollback_plan", whole);
  });
}

export async function lockedPlan(sql: Transaction, planId: string): Promise<WholePlan> {
  const whole = await loadPlan(sql, planId, { lock: true });
  if (!whole) throw notFound("deployment plan");
  concerns({ planId });
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

export async function auditPlan(
  sql: Sql,
  actor: Actor,
  action: string,
  { plan }: WholePlan,
  details: Record<string, unknown> = {},
): Promise<void> {
  await audit(sql, actor, {
    action,
    resourceType: "deployment_plan",
    resourceId: plan.id,
    resourceName: await auditedName(sql, plan.id),
    environmentId: plan.environmentId,
    details,
  });
}

/** Tells which plan is in the way, once the transaction that found out is over. */
export async function guarded<T>(
  database: Database,
  work: (sql: Transaction) => Promise<T>,
): Promise<T> {
  try {
    return await transaction(database, work);
  } catch (error) {
    if (!(error instanceof ServiceBusy)) throw error;
    throw await busyProblem(database, error);
  }
}
