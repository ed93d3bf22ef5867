import { z } from "@hono/zod-openapi";
import type { Sql } from "../database/connection.ts";
import { iso } from "../http/routes.ts";
import { notFound, Problem } from "../problem.ts";
import { registryProblem } from "../registries/registry-problem.ts";
import type { CheckedImage } from "./check-registry.ts";
import { findDigest, findDigests } from "./digests.store.ts";
import { digestJson, digestSchema } from "./image-json.ts";
import { findImages, type ImageRow } from "./images.store.ts";
import { noRegistry } from "./resolve-tag.ts";
import type { SyncOutcome, SyncReport } from "./sync.ts";
import { updateReasons } from "./update-available.ts";

export const syncSchema = z
  .object({
    hasUpdate: z.boolean(),
    reason: z.enum(updateReasons).describe("Why there is an update, or none"),
    tagFilter: z.string(),
    newestDigest: z.string().nullable().describe("The newest that matches the filter"),
    newest: z.union([digestSchema, z.null()]),
    newDigests: z.number().describe("Digests that were not known before"),
    updatedDigests: z.number().describe("Known digests whose tags changed"),
    lastCheckedAt: z.string(),
    tags: z
      .object({ listed: z.number(), matching: z.number(), checked: z.number() })
      .describe("Tags in the repository, those that match, and those that were looked at"),
    notes: z.array(z.string()).describe("What was left out, and why"),
  })
  .openapi("UpdateCheck");

/** @throws {Problem} what kept the synchronisation from being one */
export function reportOf(outcome: SyncOutcome): SyncReport {
  if (outcome.ok) return outcome.value;
  switch (outcome.kind) {
    case "unknown_image":
      throw notFound("container image");
    case "no_registry":
      throw noRegistry();
    case "changed_meanwhile":
    case "busy":
    case "postponed":
      throw new Problem("conflict", outcome.kind, outcome.message);
    default:
      throw registryProblem(outcome);
  }
}

export async function syncJson(
  sql: Sql,
  image: ImageRow,
  report: SyncReport,
): Promise<z.infer<typeof syncSchema>> {
  const newest = report.newestId === null ? null : await findDigest(sql, report.newestId);
  return {
    hasUpdate: report.available,
    reason: report.reason,
    tagFilter: report.tagFilter,
    newestDigest: newest?.manifestDigest ?? null,
    newest: newest === null ? null : digestJson(newest, image),
    newDigests: report.newDigests,
    updatedDigests: report.updatedDigests,
    lastCheckedAt: iso(report.lastCheckedAt),
    tags: report.tags,
    notes: report.notes,
  };
}

/** What checking a registry's images came to, an error in the place of what could not be checked. */
export async function checkedJson(sql: Sql, checked: CheckedImage[]) {
  const reports = checked.flatMap(({ outcome }) => (outcome.ok ? [outcome.value] : []));
  const newest = await findDigests(
    sql,
    reports.flatMap(({ newestId }) => newestId ?? []),
  );
  const images = await findImages(
    sql,
    reports.map(({ imageId }) => imageId),
  );
  return checked.map(({ imageId, name, outcome }) => {
    if (!outcome.ok) {
      return {
        imageId,
        name,
        hasUpdate: false,
        newestDigest: null,
        newest: null,
        newDigests: 0,
        updatedDigests: 0,
        error: outcome.message,
      };
    }
    const { available, newestId, newDigests, updatedDigests } = outcome.value;
    const image = images.find(({ id }) => id === imageId);
    const digest = newest.find(({ id }) => id === newestId);
    return {
      imageId,
      name,
      hasUpdate: available,
      newestDigest: digest?.manifestDigest ?? null,
      newest: image === undefined || digest === undefined ? null : digestJson(digest, image),
      newDigests,
      updatedDigests,
      error: null,
    };
  });
}
