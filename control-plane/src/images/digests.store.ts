import { json, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import type { PlatformImage } from "../registries/describe-image.ts";
import type { ImageContent } from "../registries/image-content.ts";
import type { ImageFacts } from "../registries/image-facts.ts";
import { keepContents } from "./digest-contents.store.ts";

export interface DigestRow {
  id: string;
  containerImageId: string;
  /** what is pulled; of an image for several platforms, the index's */
  manifestDigest: string;
  /** of the preferred platform */
  configDigest: string | null;
  mediaType: string | null;
  platforms: PlatformImage[];
  /** sorted */
  tags: string[];
  /** compressed bytes for the preferred platform */
  size: number | null;
  pushedAt: Date | null;
  discoveredAt: Date;
  /** what the image says of itself; null: not read yet */
  image: ImageFacts | null;
}

/** A digest that is about to be recorded. */
export interface NewDigest {
  manifestDigest: string;
  configDigest: string | null;
  mediaType: string;
  platforms: PlatformImage[];
  tags: string[];
  size: number | null;
  /** or when it was first seen, where that is not known */
  pushedAt: Date;
  /** when it was pushed as the registry says; null: it does not */
  registryPushedAt: Date | null;
  /** it is not known, and it was not seen to appear either */
  undated: boolean;
  image: ImageFacts;
  /** null: too large to be kept */
  content: ImageContent | null;
}

/** A page of an image's digests, newest first. */
export async function listDigests(
  sql: Sql,
  imageId: string,
  page: { limit: number; offset: number },
): Promise<{ digests: DigestRow[]; total: number }> {
  const digests = await sql<DigestRow[]>`
    select * from image_digests where container_image_id = ${imageId}
    order by pushed_at desc nulls last, id desc limit ${page.limit} offset ${page.offset}`;
  const [count] = await sql<{ total: number }[]>`
    select count(*) as total from image_digests where container_image_id = ${imageId}`;
  return { digests, total: count?.total ?? 0 };
}

/** An image's newest digests. */
export async function newestDigests(
  sql: Sql,
  imageId: string,
  limit: number,
): Promise<DigestRow[]> {
  return sql<DigestRow[]>`
    select * from image_digests where container_image_id = ${imageId}
    order by pushed_at desc nulls last, id desc limit ${limit}`;
}

/**
 * Which digests are shown of images, each with the version of its row: while both are the same, so is all that
 * the row says.
 */
export interface ShownVersions {
  containerImageId: string;
  /** the newest, each as `<id> <version>`, separated by `;`; null: there is none */
  newest: string | null;
  /** the same of those that the image itself names: deployed, newest by its filter, update */
  named: string | null;
}

/** @param each how many of the newest digests of each image, at most */
export async function shownVersions(
  sql: Sql,
  imageIds: string[],
  each: number,
): Promise<ShownVersions[]> {
  return sql<ShownVersions[]>`
    select container_images.id as container_image_id, (
      select string_agg(concat_ws(' ', id, version), ';' order by pushed_at desc nulls last, id desc)
      from (
        select id, pushed_at, concat(xmin, ctid) as version from image_digests
        where container_image_id = container_images.id
        order by pushed_at desc nulls last, id desc limit ${each}
      ) as digest
    ) as newest, (
      select string_agg(concat_ws(' ', id, concat(xmin, ctid)), ';') from image_digests
      where id = any(array[deployed_digest_id, newest_digest_id, update_digest_id])
    ) as named
    from container_images where container_images.id = any(${imageIds}::uuid[])`;
}

export async function findDigests(sql: Sql, ids: string[]): Promise<DigestRow[]> {
  return sql<DigestRow[]>`select * from image_digests where id = any(${ids}::uuid[])`;
}

export async function findDigest(sql: Sql, id: string): Promise<DigestRow | null> {
  const [row] = await findDigests(sql, [id]);
  return row ?? null;
}

/** What is known of tags: every digest row of an image, bare. */
export async function taggedDigests(
  sql: Sql,
  imageId: string,
): Promise<{ id: string; manifestDigest: string; tags: string[] }[]> {
  return sql`
    select id, manifest_digest, tags from image_digests where container_image_id = ${imageId}`;
}

/** Digests of an image by what their manifests' digests are. */
export async function digestsByManifest(
  sql: Sql,
  imageId: string,
  manifestDigests: string[],
): Promise<DigestRow[]> {
  return sql<DigestRow[]>`
    select * from image_digests
    where container_image_id = ${imageId} and manifest_digest = any(${manifestDigests}::text[])`;
}

/**
 * Records digests with their contents. One that is there already only gets its tags, and what it was
 * recorded without: a row is immutable otherwise.
 */
export async function upsertDigests(
  sql: Sql,
  imageId: string,
  digests: NewDigest[],
): Promise<void> {
  if (digests.length === 0) return;
  const rows = digests.map(({ content: _, ...digest }) => ({ id: newId(), ...digest }));
  await sql`
    insert into image_digests (id, container_image_id, manifest_digest, config_digest, media_type,
      platforms, tags, size, pushed_at, undated, image)
    select id, ${imageId}, "manifestDigest", "configDigest", "mediaType", platforms, tags, size,
      "pushedAt", undated, image
    from jsonb_to_recordset(${json(sql, rows)}) as row (id uuid, "manifestDigest" text,
      "configDigest" text, "mediaType" text, platforms jsonb, tags text[], size bigint,
      "pushedAt" timestamptz, undated boolean, image jsonb)
    on conflict (container_image_id, manifest_digest) do update
      set tags = excluded.tags, image = coalesce(image_digests.image, excluded.image)`;
  await keepContents(
    sql,
    imageId,
    digests.flatMap(({ manifestDigest, content }) =>
      content === null ? [] : [{ ...content, manifestDigest }],
    ),
  );
}

/**
 * Notes since when tags point to the digests that they point to, of those that were not noted yet: since
 * the registry's own push time where it tells one of a new digest, else since now.
 */
export async function noteSightings(
  sql: Sql,
  imageId: string,
  pushed: { manifestDigest: string; registryPushedAt: Date | null }[],
): Promise<void> {
  await sql`
    insert into tag_sightings (digest_id, tag, since)
    select d.id, tag, least(now(), coalesce(row."registryPushedAt", now()))
    from image_digests d
    cross join lateral (select distinct unnest(d.tags) as tag) as tags
    left join jsonb_to_recordset(${json(sql, pushed)})
      as row ("manifestDigest" text, "registryPushedAt" timestamptz)
      on row."manifestDigest" = d.manifest_digest
    where d.container_image_id = ${imageId}
      and not exists (select from tag_sightings s where s.digest_id = d.id and s.tag = tags.tag)
    on conflict do nothing`;
}

/** Gives rows other tags, in one statement. */
export async function setTags(sql: Sql, rows: { id: string; tags: string[] }[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    update image_digests set tags = row.tags
    from jsonb_to_recordset(${json(sql, rows)}) as row (id uuid, tags text[])
    where image_digests.id = row.id`;
}

/** Notes that a digest is told of as an update. @returns false when it was already */
export async function noteUpdateTold(sql: Sql, digestId: string): Promise<boolean> {
  const told = await sql`
    update image_digests set update_told_at = now()
    where id = ${digestId} and update_told_at is null`;
  return told.count > 0;
}
