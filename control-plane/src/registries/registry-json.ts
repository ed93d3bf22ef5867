import { z } from "@hono/zod-openapi";
import { iso } from "../http/routes.ts";
import { passwordRules } from "./pull-credentials.ts";
import type { BudgetSnapshot } from "./rate-budget.ts";
import type { RegistryRow } from "./registries.store.ts";
import { registryTypes } from "./registry-type.ts";

const budgetSchema = z
  .object({
    host: z.string(),
    limit: z.number().nullable().describe("Requests that the host allows per window"),
    remaining: z.number().nullable(),
    windowSeconds: z.number().nullable(),
    pausedUntil: z
      .string()
      .nullable()
      .describe("The host has asked to be left alone until then; null: it has not"),
    observedAt: z.string().nullable().describe("When the host last told its limits"),
    requests: z.number().describe("Sent to it since this process started"),
  })
  .openapi("RegistryBudget");

export const registrySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    type: z.enum(registryTypes),
    registryUrl: z.string(),
    repositoryPrefix: z.string().nullable(),
    username: z.string().nullable(),
    hasToken: z.boolean(),
    hasPassword: z.boolean(),
    passwordToAgents: z.enum(passwordRules),
    tokenRealm: z
      .string()
      .nullable()
      .describe(
        "The token service that gets the credentials, as seen when the connection was first used; another one that the registry names is accepted by trying out the connection. null: none was seen yet",
      ),
    isDefault: z.boolean(),
    refreshIntervalMinutes: z.number(),
    autoLinkPattern: z.string().nullable(),
    lastRefreshAt: z.string().nullable().describe("The last check of all of its images"),
    lastCheckedAt: z
      .string()
      .nullable()
      .describe("The last check that worked of any of its images, alone or with the others"),
    lastError: z.string().nullable().describe("Why the last check of its images failed as a whole"),
    environmentId: z.string(),
    imageCount: z.number(),
    budget: z.union([budgetSchema, z.null()]),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .openapi("Registry");

/** What a PATCH must not set. */
export const derivedRegistryFields = [
  "hasToken",
  "hasPassword",
  "tokenRealm",
  "lastRefreshAt",
  "lastCheckedAt",
  "lastError",
  "environmentId",
  "imageCount",
  "budget",
  "createdAt",
  "updatedAt",
];

/** Without the token and the password: they are written, never read. */
export function registryJson(
  row: RegistryRow,
  budget: BudgetSnapshot | null,
): z.infer<typeof registrySchema> {
  const time = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    registryUrl: row.registryUrl,
    repositoryPrefix: row.repositoryPrefix,
    username: row.username,
    hasToken: row.token !== null,
    hasPassword: row.password !== null,
    passwordToAgents: row.passwordToAgents,
    tokenRealm: row.tokenRealm,
    isDefault: row.isDefault,
    refreshIntervalMinutes: row.refreshIntervalMinutes,
    autoLinkPattern: row.autoLinkPattern,
    lastRefreshAt: iso(row.lastRefreshAt),
    lastCheckedAt: iso(row.lastCheckedAt),
    lastError: row.lastError,
    environmentId: row.environmentId,
    imageCount: row.imageCount,
    budget:
      budget === null
        ? null
        : {
            ...budget,
            pausedUntil: time(budget.pausedUntil),
            observedAt: time(budget.observedAt),
          },
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
  };
}
