import { z } from "@hono/zod-openapi";
import { iso } from "../http/routes.ts";
import { driftOf } from "./drift.ts";
import type { ServiceRow } from "./services.store.ts";
import { serviceStatus, serviceStatuses } from "./status.ts";

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
      .describe("null: 30000 for a container with a health check, 5000 without"),
    healthRetries: z.number(),
    healthIntervalMs: z.number(),
    healthProbe: z.enum(["eager", "engine"]),
    deployOrder: z.enum(["stop-first", "start-first"]),
    spec: z.record(z.string(), z.unknown()).nullable(),
    exposedPorts: z.array(
      z.object({
        containerPort: z.number(),
        hostPort: z.number().nullable(),
        hostIp: z.string().nullable(),
        protocol: z.string(),
      }),
    ),
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
  "runningDigest",
  "drift",
  "status",
  "containerStatus",
  "healthStatus",
  "discoveryStatus",
  "exposedPorts",
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
    spec: row.spec,
    exposedPorts: container?.ports ?? [],
    activePlanId: row.activePlanId,
    lastDeployedAt: iso(row.lastDeployedAt),
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
  };
}
