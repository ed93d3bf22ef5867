import type { ConfigChange } from "@bridgeport/proto";
import { z } from "@hono/zod-openapi";
import { answers, iso } from "../http/routes.ts";
import { type Reader, shownChange } from "../services/hidden-values.ts";
import { signatureFindingSchema } from "../signatures/signature-json.ts";
import { soakAnalysisSchema } from "./analysis-json.ts";
import { expiresAt } from "./approvals.ts";
import { hookStepJson, hookStepSchema } from "./hook-step-json.ts";
import { stepActions, triggerTypes } from "./plan.ts";
import { planName } from "./plan-targets.ts";
import { type PlanServiceRow, type StepRow, stepLogs, type WholePlan } from "./plans.store.ts";
import { resumeDoes } from "./resume.ts";
import type { Soak } from "./rollout.ts";
import { rolloutJson, rolloutSchema } from "./rollout-json.ts";
import { isActive, planStatuses, stepStatuses } from "./statuses.ts";

export const changeSchema = z
  .object({
    field: z.string().describe("A path in Engine API terms, such as Config.Env.PATH"),
    origin: z.enum(["kept", "image", "plan"]),
    before: z
      .unknown()
      .describe("Of a variable *** but where it comes from the image and operators ask"),
    after: z.unknown().describe("Like `before`"),
  })
  .openapi("ContainerChange");

const stepServiceSchema = z.object({
  id: z.string().nullable(),
  name: z.string(),
  serverName: z.string(),
});

export const stepSchema = z
  .object({
    id: z.string(),
    order: z.number(),
    level: z.number(),
    batch: z
      .number()
      .nullable()
      .describe("From 1; null: before every batch, going back, or of an earlier version"),
    action: z.enum(stepActions),
    status: z.enum(stepStatuses),
    service: stepServiceSchema.describe("For a pull: the first service that it is for"),
    services: z.array(stepServiceSchema).describe("Every service that the step is for"),
    target: z.number().describe("Which of the plan's `targets` it is of, from 0"),
    server: z.object({ id: z.string().nullable(), name: z.string() }),
    targetDigest: z.string().nullable(),
    previousDigest: z.string().nullable(),
    startedAt: z.string().nullable(),
    completedAt: z.string().nullable(),
    deadlineAt: z.string().nullable(),
    error: z.string().nullable(),
    exitCode: z.number().nullable(),
    logs: z.string().describe("Progress and, of a failing container, its last lines"),
    downtimeMs: z.number().nullable(),
    changes: z.array(changeSchema).nullable(),
    imageId: z.string().nullable(),
    detail: z.string().nullable().describe("What there is to say of it that is no error"),
    job: z
      .object({
        command: z.array(z.string()),
        containerName: z.string().describe("Whose settings it has"),
        timeoutMs: z.number(),
      })
      .nullable()
      .describe("Of a job: what runs"),
    soak: z
      .object({
        durationMs: z.number(),
        endsAt: z
          .string()
          .nullable()
          .describe("Its time begins when each container has been reported; null: it has not"),
        pauses: z.boolean().describe("The plan is paused when it has passed"),
        analysis: soakAnalysisSchema,
      })
      .nullable()
      .describe("Of a soak, in which the services of a batch have to stay healthy"),
    hookName: z.string().nullable().describe("Of a hook: its name"),
    hook: hookStepSchema.nullable().describe("Of a hook: what is called, by the control plane"),
  })
  .openapi("PlanStep");

export const leftOutSchema = z
  .array(
    z.object({
      service: z.object({ id: z.string(), name: z.string(), serverName: z.string() }),
      reason: z.string().describe("A sentence: why, and what to do"),
    }),
  )
  .describe("Services that were meant and that the plan does not touch");

export const approvalsSchema = z
  .array(
    z.object({
      user: z.string(),
      at: z.string(),
      comment: z.string().nullable(),
    }),
  )
  .describe("As they were given; what counts is decided when the plan starts");

export const planSchema = z
  .object({
    id: z.string(),
    name: z.string().describe("Such as `shop v2`, or `shop v2 and 4 more`"),
    environmentId: z.string(),
    containerImageId: z
      .string()
      .nullable()
      .describe("Like the other fields of an image: of the first target"),
    imageName: z.string(),
    imageTag: z.string().nullable(),
    imageDigest: z.string(),
    imageDigestId: z.string().nullable(),
    status: z.enum(planStatuses),
    rollingBack: z.boolean(),
    cancelRequested: z.boolean(),
    triggerType: z.enum(triggerTypes),
    triggeredBy: z.string(),
    autoRollback: z.boolean(),
    parallelExecution: z.boolean(),
    rollout: rolloutSchema,
    batches: z.number().describe("How many there are; 1: it goes on without any"),
    pausedAt: z.string().nullable(),
    pausedReason: z.string().nullable().describe("A sentence; null: it is not paused"),
    pausedBy: z.string().nullable().describe("null: by itself"),
    resumeDoes: z.string().nullable().describe("A sentence: what it does when it is resumed"),
    error: z.string().nullable(),
    createdAt: z.string(),
    startedAt: z.string().nullable(),
    completedAt: z.string().nullable(),
    targets: z
      .array(
        z.object({
          containerImageId: z.string().nullable(),
          imageName: z.string(),
          imageTag: z.string().nullable(),
          imageDigest: z.string(),
          imageDigestId: z.string().nullable(),
          serviceIds: z.array(z.string()).describe("Without those that were deleted since"),
          signature: signatureFindingSchema,
        }),
      )
      .describe(
        "What it moves: services of one or several images, each image to one of its digests",
      ),
    services: z.array(
      z.object({
        id: z.string().nullable(),
        target: z.number().describe("Which of `targets` it is of, from 0"),
        name: z.string(),
        serverId: z.string().nullable(),
        serverName: z.string(),
        containerName: z.string(),
        level: z.number(),
        batch: z.number().describe("From 1"),
        previousDigest: z.string().nullable(),
        previousDigestId: z
          .string()
          .nullable()
          .describe("Null where it is none of the digests that are known of the image"),
        previousImageTag: z.string().nullable().describe("What it was deployed as before"),
        dependsOn: z.array(
          z.object({
            position: z.number(),
            name: z.string(),
            type: z.enum(["health_before", "deploy_after"]),
          }),
        ),
        outside: z
          .array(
            z.object({
              id: z.string(),
              name: z.string(),
              serverName: z.string(),
              type: z.enum(["health_before", "deploy_after"]),
            }),
          )
          .describe(
            "Services that it needs and that are not in the plan: they have to run when its turn comes",
          ),
      }),
    ),
    leftOut: leftOutSchema,
    signature: signatureFindingSchema.describe(
      "Of the first target's digest, when it was made or started; null: no rule asked for any",
    ),
    approvalsRequired: z
      .number()
      .describe("How many people other than the starter have to approve it, or had to; 0: none"),
    approvals: approvalsSchema,
    askedBy: z
      .string()
      .nullable()
      .describe("Who started it, where others had to approve; they cannot decide on it"),
    waitingSince: z
      .string()
      .nullable()
      .describe("Since when it waits, or has waited, for approval"),
    approvalExpiresAt: z
      .string()
      .nullable()
      .describe("When it is cancelled unless it is approved before; null: it does not wait"),
    steps: z.array(stepSchema),
  })
  .openapi("DeploymentPlan");

export const onePlan = answers(z.object({ plan: planSchema }));

export type PlanJson = z.infer<typeof planSchema>;
export type StepJson = z.infer<typeof stepSchema>;

/** @param reader who will see it; values of variables are for operators, and for no one by default */
export function planJson(whole: WholePlan, reader: Reader = { roles: [] }): PlanJson {
  const { plan, targets, services, steps } = whole;
  const serviceAt = new Map(services.map((service) => [service.position, service]));
  return {
    id: plan.id,
    name: planName(targets),
    environmentId: plan.environmentId,
    containerImageId: plan.containerImageId,
    imageName: plan.imageName,
    imageTag: plan.imageTag,
    imageDigest: plan.imageDigest,
    imageDigestId: plan.imageDigestId,
    status: plan.status,
    rollingBack: isActive(plan.status) && plan.rollbackStartedAt !== null,
    cancelRequested: plan.cancelRequestedAt !== null,
    triggerType: plan.triggerType,
    triggeredBy: plan.triggeredBy,
    autoRollback: plan.autoRollback,
    parallelExecution: plan.parallelExecution,
    rollout: rolloutJson(plan.rollout),
    batches: Math.max(1, ...services.map(({ batch }) => batch)),
    pausedAt: iso(plan.pausedAt),
    pausedReason: plan.pausedReason,
    pausedBy: plan.pausedBy,
    resumeDoes: resumeDoes(whole),
    error: plan.error,
    createdAt: iso(plan.createdAt),
    startedAt: iso(plan.startedAt),
    completedAt: iso(plan.completedAt),
    targets: targets.map(({ position, ...target }) => ({
      ...target,
      serviceIds: services.flatMap(({ targetPosition, serviceId }) =>
        targetPosition === position && serviceId !== null ? [serviceId] : [],
      ),
    })),
    services: services.map((service) => ({
      id: service.serviceId,
      target: service.targetPosition,
      name: service.serviceName,
      serverId: service.serverId,
      serverName: service.serverName,
      containerName: service.containerName,
      level: service.level,
      batch: service.batch,
      previousDigest: service.previousDigest,
      previousDigestId: service.knownPreviousId,
      previousImageTag: service.previousImageTag,
      dependsOn: service.dependsOn.map(({ position, type }) => ({
        position,
        name: serviceAt.get(position)?.serviceName ?? "",
        type,
      })),
      outside: service.outside.map(({ serviceId: id, serviceName: name, serverName, type }) => ({
        ...{ id, name, serverName, type },
      })),
    })),
    leftOut: plan.leftOut.map(({ serviceId: id, name, serverName, reason }) => ({
      service: { id, name, serverName },
      reason,
    })),
    signature: plan.signature,
    approvalsRequired: plan.approvalsRequired,
    approvals: plan.approvals.map(({ user, at, comment }) => ({ user, at, comment })),
    askedBy: plan.askedBy,
    waitingSince: iso(plan.waitingSince),
    approvalExpiresAt: iso(expiresAt(plan)),
    steps: steps.map((step) =>
      stepJson(whole, step, serviceAt.get(step.servicePosition ?? -1) ?? null, reader),
    ),
  };
}

/** @param own the service that it is of; null: it is for several, or for none */
function stepJson(
  { plan, services }: WholePlan,
  step: StepRow,
  own: PlanServiceRow | null,
  reader: Reader,
): StepJson {
  const job = step.body.kind === "job" ? step.body : null;
  const soak = step.body.kind === "soak" ? step.body : null;
  const hook = hookStepJson(step);
  const concerned = (own && job === null ? [own] : services.filter(isMeant)).map(
    ({ serviceId, serviceName, serverName }) => ({ id: serviceId, name: serviceName, serverName }),
  );
  function isMeant({
    targetPosition,
    serviceId,
    serverId,
    serverName,
    batch,
  }: PlanServiceRow): boolean {
    if (soak !== null) return batch === step.batch;
    if (job !== null) return serviceId === job.serviceId;
    return (
      step.servicePosition === null &&
      serverId === step.serverId &&
      serverName === step.serverName &&
      targetPosition === step.targetPosition
    );
  }
  // What the agent says of a prepared step counts when the step starts.
  const outcome = step.status === "pending" ? null : step.outcome;
  const body = outcome?.ok ? outcome.body : null;
  const failure = outcome && !outcome.ok ? outcome.failure : null;
  return {
    id: step.id,
    order: step.position,
    level: step.level,
    batch: step.batch,
    action: step.action,
    status: step.status,
    service: concerned[0] ?? {
      id: job?.serviceId ?? null,
      name: job?.containerName ?? hook?.name ?? step.serverName,
      serverName: step.serverName,
    },
    services: concerned,
    target: step.targetPosition ?? own?.targetPosition ?? 0,
    server: { id: step.serverId, name: step.serverName },
    targetDigest: step.targetDigest,
    previousDigest: step.previousDigest,
    startedAt: iso(step.startedAt),
    completedAt: iso(step.completedAt),
    deadlineAt: iso(step.deadlineAt),
    error: step.error,
    exitCode: failure?.exitCode ?? null,
    logs:
      step.hookCall?.outcome?.text ??
      stepLogs({ ...step, outcome })
        .map(({ text }) => text)
        .join("\n"),
    downtimeMs: body?.kind === "run" || body?.kind === "rollback" ? body.downtimeMs : null,
    changes: body?.kind === "run" ? changesJson(body.changes, reader, plan.environmentId) : null,
    imageId: body && "imageId" in body ? body.imageId : null,
    detail: step.note ?? (body?.kind === "probe" ? body.detail : null),
    job: job && {
      command: job.command,
      containerName: job.containerName,
      timeoutMs: job.timeoutMs,
    },
    soak: soak && {
      durationMs: soak.durationMs,
      endsAt: iso(step.deadlineAt),
      pauses: soak.pauses,
      analysis: soakAnalysis(soak, step),
    },
    hookName: hook?.name ?? null,
    hook,
  };
}

function soakAnalysis(
  { analysis }: Soak,
  { soakAnswer }: StepRow,
): NonNullable<StepJson["soak"]>["analysis"] {
  if (!analysis) return null;
  const { prometheus } = analysis;
  if (soakAnswer === null) return { prometheus, last: null };
  const { at, value, problem } = soakAnswer;
  return { prometheus, last: { at: new Date(at).toISOString(), value, problem } };
}

export function changesJson(
  changes: readonly ConfigChange[],
  reader: Reader,
  environmentId: string,
) {
  return changes.map(({ field, origin, before, after }) => {
    const change = { field, origin, before: before ?? null, after: after ?? null };
    return shownChange(change, reader, environmentId);
  });
}
