import type { Observation, ProbeResult } from "@bridgeport/proto";
import { z } from "@hono/zod-openapi";
import { hookStepSchema } from "./hook-step-json.ts";
import { approvalsSchema, leftOutSchema, type PlanJson, planJson } from "./plan-json.ts";
import type { PlanServiceRow, StepRow, WholePlan } from "./plans.store.ts";
import { observedBefore } from "./snapshot.ts";

/*
 * What a plan did, as its agents saw it: of every service the container before, after, and after a
 * rollback. Nothing here is concluded from what was asked for.
 */

const observationSchema = z
  .object({
    containerId: z.string().describe("Of its Docker Engine"),
    imageId: z.string().describe("The engine's id of the image that it has"),
    running: z.boolean().nullable().describe("null: an earlier agent did not say"),
    health: z.enum(["none", "starting", "healthy", "unhealthy", "unknown"]),
    name: z.string(),
    exitCode: z.number().nullable(),
  })
  .openapi("ContainerObservation");

// A schema of its own: `.nullable()` would make the shared one nullable.
const seen = z.union([observationSchema, z.null()]);

export const receiptSchema = z
  .object({
    planId: z.string(),
    environmentId: z.string(),
    final: z
      .boolean()
      .describe(
        "Whether the plan has ended; only then the receipt is signed. A rollback by hand makes another one",
      ),
    name: z.string(),
    status: z.string(),
    error: z.string().nullable(),
    imageName: z.string(),
    imageTag: z.string().nullable(),
    imageDigest: z.string(),
    targets: z
      .array(
        z.object({
          imageName: z.string(),
          imageTag: z.string().nullable(),
          imageDigest: z.string(),
        }),
      )
      .describe("What it moved; the three fields above are those of the first"),
    triggerType: z.string(),
    triggeredBy: z.string(),
    createdAt: z.string(),
    startedAt: z.string().nullable(),
    completedAt: z.string().nullable(),
    services: z.array(
      z.object({
        service: z.object({
          id: z.string().nullable(),
          name: z.string(),
          serverName: z.string(),
        }),
        target: z.number().describe("Which of `targets` it is of, from 0"),
        containerName: z.string(),
        before: seen.describe("null: there was no container"),
        after: seen.describe("null: it was not deployed, or its container is gone"),
        afterRollback: seen.describe("null: it was not rolled back, or its container was removed"),
        rollback: z
          .enum(["restored", "recreated", "unchanged", "removed", "failed"])
          .nullable()
          .describe("How it went back; null: it did not"),
        downtimeMs: z.number().nullable(),
        note: z.string().nullable().describe("Such as why its container was not run"),
        error: z.string().nullable(),
      }),
    ),
    hooks: z
      .array(
        hookStepSchema
          .pick({ name: true, when: true, told: true, httpStatus: true })
          .extend({ status: z.string(), error: z.string().nullable() }),
      )
      .describe("What was called before and after, in the order of the plan"),
    approvals: approvalsSchema,
    leftOut: leftOutSchema,
  })
  .openapi("PlanReceipt");

export type Receipt = z.infer<typeof receiptSchema>;
type Seen = z.infer<typeof observationSchema>;

export function receiptOf(whole: WholePlan): Receipt {
  const plan: PlanJson = planJson(whole);
  return {
    planId: plan.id,
    environmentId: plan.environmentId,
    final: plan.completedAt !== null,
    name: plan.name,
    status: plan.status,
    error: plan.error,
    imageName: plan.imageName,
    imageTag: plan.imageTag,
    imageDigest: plan.imageDigest,
    targets: plan.targets.map(({ imageName, imageTag, imageDigest }) => ({
      ...{ imageName, imageTag, imageDigest },
    })),
    triggerType: plan.triggerType,
    triggeredBy: plan.triggeredBy,
    createdAt: plan.createdAt,
    startedAt: plan.startedAt,
    completedAt: plan.completedAt,
    services: whole.services.map((service) => serviceReceipt(service, whole.steps)),
    hooks: plan.steps.flatMap(({ hook, status, error }) => {
      if (hook === null) return [];
      const { name, when, told, httpStatus } = hook;
      return [{ name, when, told, httpStatus, status, error }];
    }),
    approvals: plan.approvals,
    leftOut: plan.leftOut,
  };
}

function serviceReceipt(
  service: PlanServiceRow,
  steps: readonly StepRow[],
): Receipt["services"][number] {
  const own = steps.filter(({ servicePosition }) => servicePosition === service.position);
  const deploy = own.find(({ action }) => action === "deploy");
  const gate = own.find(({ action }) => action === "health_check");
  // Of several the last one counts.
  const rollback = own.findLast(({ action }) => action === "rollback");
  const failed = own.find(({ status }) => status === "failed");
  return {
    service: {
      id: service.serviceId,
      name: service.serviceName,
      serverName: service.serverName,
    },
    target: service.targetPosition,
    containerName: service.containerName,
    before: observedBefore(service, steps),
    after: observedAfter(service, deploy, gate),
    ...wayBack(service, rollback),
    downtimeMs: downtimeOf(deploy),
    note: deploy?.note ?? null,
    error: failed?.error ?? null,
  };
}

function observedAfter(
  service: PlanServiceRow,
  deploy: StepRow | undefined,
  gate: StepRow | undefined,
): Seen | null {
  // One that was prepared and not needed has an outcome all the same.
  const outcome = deploy?.startedAt ? deploy.outcome : null;
  if (!outcome) return null;
  if (!outcome.ok) return outcome.failure.after ?? null;
  if (outcome.body.kind !== "run") return null;
  const { containerId, imageId, running, after } = outcome.body;
  const observed: Observation = after ?? {
    containerId,
    imageId,
    running,
    health: "unknown",
    name: service.containerName,
    exitCode: null,
  };
  // The gate looked at it later than the deploy.
  const probe = gate?.outcome?.ok && gate.outcome.body.kind === "probe" ? gate.outcome.body : null;
  return probe === null
    ? observed
    : { ...observed, health: healthOf(probe), running: probe.state === "running" };
}

/** The agent ran the container's own test, and it passed: the engine, which waits for its interval, says so later. */
function healthOf({ method, health }: ProbeResult): Seen["health"] {
  return method === "exec" ? "healthy" : health;
}

function wayBack(
  service: PlanServiceRow,
  rollback: StepRow | undefined,
): Pick<Receipt["services"][number], "afterRollback" | "rollback"> {
  const outcome = rollback?.outcome;
  if (!outcome) return { afterRollback: null, rollback: null };
  if (!outcome.ok) return { afterRollback: outcome.failure.after ?? null, rollback: "failed" };
  if (outcome.body.kind !== "rollback") return { afterRollback: null, rollback: null };
  const { containerId, imageId, after, outcome: how } = outcome.body;
  const told = containerId !== null && imageId !== null;
  const known: Seen | null = told
    ? {
        containerId,
        imageId,
        running: null,
        health: "unknown",
        name: service.containerName,
        exitCode: null,
      }
    : null;
  return {
    afterRollback: after ?? known,
    // What did not bring back what ran before has failed, whatever it calls itself.
    rollback: rollback?.status === "failed" ? "failed" : how,
  };
}

function downtimeOf(deploy: StepRow | undefined): number | null {
  const body = deploy?.startedAt && deploy.outcome?.ok ? deploy.outcome.body : null;
  return body?.kind === "run" ? body.downtimeMs : null;
}
