import { brokenConstraint, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import type { Page, Position } from "../database/position.ts";
import { countedRows } from "../database/row-counts.store.ts";
import { recordEvent } from "../events/events.store.ts";
import { Problem } from "../problem.ts";
import { linkedBy } from "../registries/auto-link.ts";
import {
  type ImageReference,
  isImageId,
  nameAsWritten,
  normalizedName,
  parseReference,
} from "../registries/reference.ts";
import { autoLinks } from "../registries/registries.store.ts";
import type { UpdateKind } from "../update-kinds.ts";
import type { NewerOutside } from "./newer-outside.ts";
import type { UpdateReason } from "./update-available.ts";
import { refreshUpdateAvailable } from "./updates.store.ts";

export interface ImageRow {
  id: string;
  environmentId: string;
  name: string;
  /** as the user wrote it */
  imageName: string;
  /** as it is compared */
  normalizedName: string;
  tagFilter: string;
  registryId: string | null;
  autoUpdate: boolean;
  updateAvailable: boolean;
  updateReason: UpdateReason;
  deployedDigestId: string | null;
  /** the newest digest that matches the filter */
  newestDigestId: string | null;
  /** what an update would deploy */
  updateDigestId: string | null;
  updateTag: string | null;
  updateKind: UpdateKind | null;
  updateBecause: string | null;
  /** as the last check found it; the filter may have been changed since */
  newerOutsideFilter: NewerOutside | null;
  updateSnoozedUntil: Date | null;
  updatePinned: boolean;
  updateHoldReason: string | null;
  /** the last successful synchronisation */
  lastCheckedAt: Date | null;
  /** why the last synchronisation failed */
  lastError: string | null;
  /** what the last successful one left out */
  lastCheckNote: string | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface ImageFields {
  name: string;
  imageName: string;
  reference: Pick<ImageReference, "domain" | "path">;
  tagFilter: string;
  registryId: string | null;
  autoUpdate: boolean;
}

/**
 * A page of an environment's images, by name.
 * @returns `last` where the next page begins
 */
export async function listImages(
  sql: Sql,
  environmentId: string,
  { limit, offset, after = null }: Page<string>,
): Promise<{ images: ImageRow[]; total: number; last: Position<string> | undefined }> {
  const rows = await sql<(ImageRow & { key: string })[]>`
    select container_images.*, page.key
    from container_images join (
      select id as shown, lower(name) as key from container_images
      where environment_id = ${environmentId}
      ${after === null ? sql`` : sql`and (lower(name), id) > (${after.key}, ${after.id}::uuid)`}
      order by lower(name), id limit ${limit} offset ${offset}
    ) as page on id = shown
    order by page.key, id`;
  const end = rows.at(-1);
  const last = end && { key: end.key, id: end.id };
  const of = { environmentIds: [environmentId] };
  return {
    images: rows.map(({ key: _, ...image }) => image),
    total: await countedRows(sql, "container_images", of),
    last,
  };
}

export async function findImages(sql: Sql, ids: string[]): Promise<ImageRow[]> {
  return sql<ImageRow[]>`select * from container_images where id = any(${ids}::uuid[])`;
}

export async function findImage(sql: Sql, id: string): Promise<ImageRow | null> {
  const [row] = await sql<ImageRow[]>`select * from container_images where id = ${id}`;
  return row ?? null;
}

/** The environment's image of a name, however it is written; null: none, or not a name. */
export async function findImageByName(
  sql: Sql,
  environmentId: string,
  imageName: string,
): Promise<ImageRow | null> {
  const parsed = parseReference(imageName);
  if (!parsed.ok) return null;
  const [row] = await sql<ImageRow[]>`
    select * from container_images
    where environment_id = ${environmentId} and normalized_name = ${normalizedName(parsed.reference)}`;
  return row ?? null;
}

/** @throws {Problem} 409 when the environment has an image of that name */
export async function insertImage(
  sql: Sql,
  environmentId: string,
  fields: ImageFields,
): Promise<string> {
  const id = newId();
  const { reference, ...columns } = fields;
  try {
    await sql`
      insert into container_images
        ${sql({ id, environmentId, normalizedName: normalizedName(reference), ...columns })}`;
  } catch (error) {
    throw brokenConstraint(error) === "container_images_environment_id_normalized_name_key"
      ? new Problem(
          "conflict",
          "image_name_taken",
          "A container image for this image name already exists",
        )
      : error;
  }
  await refreshUpdateAvailable(sql, id);
  return id;
}

/** Changes an image and decides again on its updates. */
export async function updateImage(
  sql: Sql,
  id: string,
  change: Partial<Pick<ImageRow, "name" | "tagFilter" | "registryId" | "autoUpdate">>,
): Promise<void> {
  const forgetsError = change.registryId !== undefined || change.tagFilter !== undefined;
  await sql`
    update container_images set ${sql({
      ...change,
      ...(forgetsError ? { lastError: null, lastCheckNote: null } : {}),
      ...(change.registryId === undefined ? {} : { newerOutsideFilter: null }),
      updatedAt: new Date(),
    })} where id = ${id}`;
  await refreshUpdateAvailable(sql, id);
}

/** @throws {Problem} 400 while services are linked */
export async function deleteImage(sql: Sql, id: string): Promise<void> {
  const [locked] = await sql`select from container_images where id = ${id} for update`;
  if (locked === undefined) return;
  const [count] = await sql<{ services: number }[]>`
    select count(*) as services from services where container_image_id = ${id}`;
  if (count !== undefined && count.services > 0) {
    throw new Problem(
      "invalid",
      "image_has_services",
      `Cannot delete container image: ${count.services} service(s) are still linked`,
    );
  }
  await sql`update container_images set deployed_digest_id = null where id = ${id}`;
  await sql`delete from container_images where id = ${id}`;
}

/**
 * The environment's image of what a container runs; made where there is none, and linked to the
 * registry whose auto-link pattern takes it in. Two that are found at once become one.
 *
 * @param reference a name as the user wrote it; the tag of one that has it becomes the new image's
 * filter
 * @throws {Error} for what is no name, such as a bare image id
 */
export async function findOrCreateImage(
  sql: Sql,
  environmentId: string,
  reference: string,
): Promise<ImageRow> {
  const parsed = parseReference(reference);
  if (!parsed.ok || isImageId(reference)) throw new Error(`not the name of an image: ${reference}`);
  const known = await findImageByName(sql, environmentId, reference);
  if (known !== null) return known;
  const { path, tag } = parsed.reference;
  const id = newId();
  const registryId = linkedBy(await autoLinks(sql, environmentId), parsed.reference);
  const [inserted] = await sql<{ id: string }[]>`
    insert into container_images ${sql({
      id,
      environmentId,
      name: path.slice(path.lastIndexOf("/") + 1),
      imageName: nameAsWritten(reference),
      normalizedName: normalizedName(parsed.reference),
      tagFilter: tag ?? "latest",
      registryId,
    })}
    on conflict (environment_id, normalized_name) do nothing returning id`;
  if (inserted !== undefined) {
    await refreshUpdateAvailable(sql, id);
    if (registryId !== null) await checkSoon(sql, environmentId, id);
  }
  const image = await findImageByName(sql, environmentId, reference);
  if (image === null) throw new Error("an image that was made just now is gone");
  return image;
}

/** An image that an auto-link pattern has taken in is checked without waiting for the schedule. */
function checkSoon(sql: Sql, environmentId: string, imageId: string): Promise<void> {
  return recordEvent(sql, { name: "image.linked", environmentId, subjectId: imageId });
}

/**
 * Links a registry to the images of its environment that have none and that its auto-link pattern takes
 * in, unless another registry's does more exactly: for when it was connected after they were found, or
 * its pattern was changed.
 * @returns the names of the images that were linked
 */
export async function linkImages(
  sql: Sql,
  registry: { id: string; environmentId: string },
): Promise<string[]> {
  const { id: registryId, environmentId } = registry;
  const registries = await autoLinks(sql, environmentId);
  if (!registries.some(({ id }) => id === registryId)) return [];
  const images = await sql<{ id: string; imageName: string; normalizedName: string }[]>`
    select id, image_name, normalized_name from container_images
    where environment_id = ${environmentId} and registry_id is null
    order by id for no key update`;
  const linked: string[] = [];
  for (const { id, imageName, normalizedName } of images) {
    const parsed = parseReference(normalizedName);
    if (!parsed.ok || linkedBy(registries, parsed.reference) !== registryId) continue;
    await updateImage(sql, id, { registryId });
    await checkSoon(sql, environmentId, id);
    linked.push(imageName);
  }
  return linked;
}

/** Whether a registry connection belongs to the environment. */
export async function registryBelongs(
  sql: Sql,
  environmentId: string,
  registryId: string,
): Promise<boolean> {
  const rows = await sql`
    select from registries where id = ${registryId} and environment_id = ${environmentId}`;
  return rows.length > 0;
}

/** The images of a registry, those that were checked longest ago first. */
export async function imagesOfRegistry(
  sql: Sql,
  registryId: string,
): Promise<{ id: string; name: string; normalizedName: string }[]> {
  return sql`
    select id, name, normalized_name from container_images where registry_id = ${registryId}
    order by last_checked_at nulls first, id`;
}
