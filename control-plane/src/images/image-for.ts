import { type Actor, requireEnvironment } from "../actor.ts";
import type { Sql } from "../database/connection.ts";
import type { AuditEntry } from "../identity/audit.store.ts";
import { notFound, Problem } from "../problem.ts";
import { findImage, type ImageRow, registryBelongs } from "./images.store.ts";
import { parseTagFilter } from "./tag-filter.ts";

/** @throws {Problem} 404 for an unknown image, 403 for one of an environment out of the token's scope */
export async function imageFor(sql: Sql, actor: Actor, id: string): Promise<ImageRow> {
  const image = await findImage(sql, id);
  if (image === null) throw notFound("container image");
  requireEnvironment(actor, image.environmentId);
  return image;
}

/** What the audit says about something done to an image. */
export function imageEntry(
  action: string,
  image: Pick<ImageRow, "id" | "name" | "environmentId">,
  details: Record<string, unknown> = {},
): AuditEntry {
  return {
    action,
    resourceType: "container_image",
    resourceId: image.id,
    resourceName: image.name,
    environmentId: image.environmentId,
    details,
  };
}

/** A field that is wrong, as validation says it. */
export function fieldProblem(path: string, message: string): Problem {
  return new Problem("invalid", "validation_failed", message, { details: [{ path, message }] });
}

/**
 * A tag filter as it is stored.
 * @throws {Problem} 400 for one that is empty or too long
 */
export function checkedTagFilter(text: string): string {
  const parsed = parseTagFilter(text);
  if (!parsed.ok) throw fieldProblem("tagFilter", parsed.message);
  return text.trim();
}

/** @throws {Problem} 400 for a registry connection that is unknown or another environment's */
export async function checkRegistryBelongs(
  sql: Sql,
  environmentId: string,
  registryId: string | null,
): Promise<void> {
  if (registryId === null || (await registryBelongs(sql, environmentId, registryId))) return;
  throw fieldProblem(
    "registryConnectionId",
    "There is no such registry connection in this environment: list them at /api/environments/:envId/registries.",
  );
}
