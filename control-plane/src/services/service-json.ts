import { defaultWaitMs } from "@bridgeport/proto";
import { z } from "@hono/zod-openapi";
import type { Sql } from "../database/connection.ts";
import { iso } from "../http/routes.ts";
import { updateKinds } from "../update-kinds.ts";
import { driftOf } from "./drift.ts";
import { hiddenRecorded, withHiddenValues } from "./hidden-values.ts";
import { findRecordedSpec, type ServiceRow } from "./services.store.ts";
import { serviceStatus, serviceStatuses } from "./status.ts";

/** What an update would deploy. */
export const updateSchema = z
  .object({
    digestId: z.string(),
    bestTag: z.string().nullable(),
    kind: z
      .enum(updateKinds)
      .describe(
        "By the tags of both: patch, minor, major: a higher version of the same shape; rebuild: another digest of the same tag; older: a lower version that was pushed later, never installed automatically; other: nothing that tags tell",
      ),
    reason: z.string().describe("A sentence for people: why it counts as newer"),
  })
  .openapi("Update");

export const serviceSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    containerName: z.string(),
    serverId: z.string(),
    server: z.object({ id: z.string(), name: z.string() }),
    environmentId: z.string(),
    containerImageId: z.string(),
    containerImage: z.object({
      id: z.string(),
      name: z.string(),
      imageName: z.string(),
      updateAvailable: z.boolean(),
    }),
    imageTag: z.string().nullable(),
    deployedDigestId: z.string().nullable(),
    deployedDigest: z.string().nullable().describe("The manifest digest deployed last"),
    deployedBy: z
      .enum(["found running"])
      .nullable()
      .describe(
        "Set while what was found running counts as deployed; null: its history says who deployed it",
      ),
    updateAvailable: z
      .boolean()
      .describe("There is a newer version than the one that it is itself deployed at"),
    behind: z.boolean().describe("The same, unless all there is is a lower version"),
    update: z
      .union([updateSchema, z.null()])
      .describe("What an update would deploy to it; null: there is none"),
    runningDigest: z
      .string()
      .nullable()
      .describe("The manifest digest that its container runs; null: not known"),
    drift: z
      .object({
        expected: z.string().describe("The manifest digest that was deployed"),
        actual: z
          .string()
          .describe(
            "The manifest digest that runs, or the engine's id of an image that was never pulled",
          ),
      })
      .nullable()
      .describe("Set when what runs is certainly not what was deployed"),
    status: z
      .enum(serviceStatuses)
      .describe(
        "In one word, the first that holds: deploying (a plan is at work on it), not_created (no container of its name was seen yet), missing (its container is gone), unknown (its server is not connected), unhealthy, starting or healthy (by its health check), running (without one), restarting, paused, failed (ended by itself with an error), stopped",
      ),
    containerStatus: z
      .enum(["created", "running", "paused", "restarting", "removing", "exited", "dead", "unknown"])
      .nullable()
      .describe("As its engine says; null: there is no container"),
    healthStatus: z.enum(["none", "starting", "healthy", "unhealthy", "unknown"]).nullable(),
    discoveryStatus: z.enum(["found", "missing"]),
    healthCheckUrl: z.string().nullable(),
    healthWaitMs: z
      .number()
      .nullable()
      .describe(
        `null: ${defaultWaitMs.withCheck} for a container with a health check, ${defaultWaitMs.without} without`,
      ),
    healthRetries: z.number(),
    healthIntervalMs: z.number(),
    healthProbe: z.enum(["eager", "engine"]),
    deployOrder: z.enum(["stop-first", "start-first"]),
    spec: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe(
        "Values of variables are hidden: NAME=***. Operators can ask for them (POST …/reveal-values). Written back, *** keeps the stored value of that name.",
      ),
    recordedSpec: z
      .record(z.string(), z.unknown())
      .nullable()
      .optional()
      .describe(
        "Not in lists. What its server's agent says that its container was created from by the last deploy. Where the container is gone, it is created from this rather than from `spec`; setting `spec` forgets it. Values of variables as in `spec`.",
      ),
    exposedPorts: z.array(
      z.object({
        containerPort: z.number(),
        hostPort: z.number().nullable(),
        hostIp: z.string().nullable(),
        protocol: z.string(),
      }),
    ),
    composeProject: z
      .string()
      .nullable()
      .describe("The Compose project that its container says it is of"),
    activePlanId: z.string().nullable().describe("The plan that is at work on it"),
    lastDeployedAt: z.string().nullable(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .openapi("Service");

/** What a PATCH must not set. */
export const derivedServiceFields = [
  "deployedDigestId",
  "deployedDigest",
  "deployedBy",
  "updateAvailable",
  "behind",
  "update",
  "runningDigest",
  "drift",
  "status",
  "containerStatus",
  "healthStatus",
  "discoveryStatus",
  "recordedSpec",
  "exposedPorts",
  "composeProject",
  "activePlanId",
  "lastDeployedAt",
  "server",
  "serverId",
  "environmentId",
  "createdAt",
  "updatedAt",
];

export function serviceJson(row: ServiceRow): z.infer<typeof serviceSchema> {
  const { container } = row;
  const inActivePlan = row.activePlanId !== null;
  return {
    id: row.id,
    name: row.name,
    containerName: row.containerName,
    serverId: row.serverId,
    server: { id: row.serverId, name: row.serverName },
    environmentId: row.environmentId,
    containerImageId: row.containerImageId,
    containerImage: {
      id: row.containerImageId,
      name: row.imageDisplayName,
      imageName: row.imageName,
      updateAvailable: row.imageUpdateAvailable,
    },
    imageTag: row.imageTag,
    deployedDigestId: row.deployedDigestId,
    deployedDigest: row.deployedDigest,
    deployedBy:
      row.deployedDigestId !== null && row.lastDeployedAt === null ? "found running" : null,
    updateAvailable: row.update !== null,
    behind: row.update !== null && row.update.kind !== "older",
    update: row.update,
    runningDigest: row.runningDigest,
    drift: driftOf({ ...row, inActivePlan }),
    status: serviceStatus({ ...row, inActivePlan }),
    containerStatus: container?.state ?? null,
    healthStatus: container?.health ?? null,
    discoveryStatus: row.discoveryStatus,
    healthCheckUrl: row.healthCheckUrl,
    healthWaitMs: row.healthWaitMs,
    healthRetries: row.healthRetries,
    healthIntervalMs: row.healthIntervalMs,
    healthProbe: row.healthProbe,
    deployOrder: row.deployOrder,
    spec: withHiddenValues(row.spec),
    exposedPorts: container?.ports ?? [],
    composeProject: row.composeProject,
    activePlanId: row.activePlanId,
    lastDeployedAt: iso(row.lastDeployedAt),
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
  };
}

/** With what is in no list. */
export async function wholeServiceJson(
  sql: Sql,
  row: ServiceRow,
): Promise<z.infer<typeof serviceSchema>> {
  const recordedSpec = withHiddenValues(await findRecordedSpec(sql, row.id), hiddenRecorded);
  return { ...serviceJson(row), recordedSpec };
}
