import { z } from "@hono/zod-openapi";
import { iso } from "../http/routes.ts";
import { version } from "../version.ts";
import { isOutdated } from "./outdated.ts";
import type { ServerRow } from "./servers.store.ts";

export const serverSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    hostname: z.string().nullable(),
    tags: z.array(z.string()),
    status: z
      .enum(["pending", "online", "offline"])
      .describe("pending: no agent has ever connected; online: its agent is connected now"),
    agentVersion: z.string().nullable(),
    agentOutdated: z.boolean().describe("It is older than the control plane"),
    agentUpgrade: z
      .object({
        status: z
          .enum(["queued", "running", "succeeded", "failed", "cancelled"])
          .describe("cancelled: it did not begin, as another of its environment failed"),
        from: z.string(),
        to: z.string(),
        error: z.string().nullable(),
      })
      .nullable()
      .describe("What became of the last order to upgrade the agent"),
    dockerVersion: z.string().nullable(),
    os: z.string().nullable(),
    architecture: z.string().nullable(),
    cpus: z.number().nullable(),
    memoryBytes: z.number().nullable(),
    diskFreeBytes: z.number().nullable(),
    engineError: z
      .string()
      .nullable()
      .describe("Why the agent cannot use its Docker Engine; null: it can"),
    policy: z
      .object({
        hash: z
          .string()
          .nullable()
          .describe("SHA-256 of the policy file in hexadecimal; null: the host has none"),
        summary: z.string().describe("What it allows and denies, in the words of the agent"),
      })
      .nullable()
      .describe(
        "The policy that the owner of the host gave its agent; null: not known, as no agent has told it",
      ),
    lastSeenAt: z.string().nullable(),
    revokedAt: z
      .string()
      .nullable()
      .describe(
        "When its certificates were revoked; null: they are good. Until an agent joins with a new join token, none is let in",
      ),
    certificateExpiresAt: z
      .string()
      .nullable()
      .describe(
        "Until when its agent's certificate is good, which the agent renews at half of its life; null: it has none that counts",
      ),
    environmentId: z.string(),
    createdAt: z.string(),
    updatedAt: z.string(),
    serviceCount: z.number(),
  })
  .openapi("Server");

/** What a PATCH must not set. */
export const derivedServerFields = [
  "status",
  "agentVersion",
  "agentOutdated",
  "agentUpgrade",
  "dockerVersion",
  "os",
  "architecture",
  "cpus",
  "memoryBytes",
  "diskFreeBytes",
  "certificateExpiresAt",
  "engineError",
  "policy",
  "lastSeenAt",
  "revokedAt",
  "serviceCount",
  "environmentId",
  "createdAt",
  "updatedAt",
];

export function serverJson(row: ServerRow): z.infer<typeof serverSchema> {
  const { host } = row;
  return {
    id: row.id,
    name: row.name,
    hostname: row.hostname,
    tags: row.tags,
    status: row.status,
    agentVersion: row.agentVersion,
    agentOutdated: isOutdated(row.agentVersion, version),
    agentUpgrade: row.agentUpgrade,
    dockerVersion: host?.dockerVersion ?? null,
    os: host?.os ?? null,
    architecture: host?.architecture ?? null,
    cpus: host?.cpus ?? null,
    memoryBytes: host?.memoryBytes ?? null,
    diskFreeBytes: host?.diskFreeBytes ?? null,
    engineError: host && !host.engineAvailable ? (host.engineError ?? "unknown") : null,
    policy: host?.policy ?? null,
    lastSeenAt: iso(row.lastSeenAt),
    revokedAt: iso(row.revokedAt),
    certificateExpiresAt: iso(row.certificateExpiresAt),
    environmentId: row.environmentId,
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
    serviceCount: row.serviceCount,
  };
}
