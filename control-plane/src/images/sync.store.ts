import { type Database, json, type Sql, transaction } from "../database/connection.ts";
import { readSystemSettings } from "../environments/system-settings.store.ts";
import type { Connection } from "../registries/connections.ts";
import { isAdoptable } from "../services/deployed.store.ts";
import { adoptRunning } from "./adoption.store.ts";
import {
  digestsByManifest,
  type NewDigest,
  noteSightings,
  setTags,
  taggedDigests,
  upsertDigests,
} from "./digests.store.ts";
import { serverPlatforms } from "./image-services.store.ts";
import { keepListedTags } from "./listed-tags.store.ts";
import type { ListedTags } from "./listed-tags.ts";
import type { NewerOutside } from "./newer-outside.ts";
import { refreshRunningDigests } from "./running-digest.store.ts";
import { planTagMoves, type TaggedDigest, type TagObservation } from "./tag-moves.ts";
import type { UpdateState } from "./update-available.ts";
import { isDecidedOtherwise, refreshUpdateAvailable, updateRules } from "./updates.store.ts";

/** One image rarely runs at more digests at once. */
const mostUnknownRunning = 20;

/** Everything that a synchronisation goes by. */
export interface SyncSubject {
  image: { id: string; environmentId: string; imageName: string; tagFilter: string };
  registry: Connection;
  /** newest-looking matching tags that are looked at */
  maxTags: number;
  /** the check before went by the same registry and filter, and left nothing out */
  checkedAlike: boolean;
  /** what the image's servers run; empty: unknown */
  platforms: string[];
  /** digests that run, were not deployed by us, and have no row yet */
  unknownRunning: string[];
  /** what was decided on its updates holds as long as its digests and their tags are the same */
  decided: boolean;
}

/** @returns null for an unknown image, `no registry` for one without */
export async function loadSyncSubject(
  sql: Sql,
  imageId: string,
): Promise<SyncSubject | null | "no registry"> {
  const [[row], settings, platforms] = await Promise.all([
    readSubject(sql, imageId),
    readSystemSettings(sql),
    serverPlatforms(sql, imageId),
  ]);
  if (row === undefined) return null;
  const { image, checkedAlike, unknownRunning, decided, ...registry } = row;
  if (registry.id === null) return "no registry";
  return {
    image,
    registry: registry as Connection,
    maxTags: settings.registryMaxTags,
    checkedAlike,
    platforms,
    unknownRunning,
    decided,
  };
}

function readSubject(sql: Sql, imageId: string) {
  return sql<
    (Pick<SyncSubject, "image" | "checkedAlike" | "unknownRunning" | "decided"> &
      (Connection | { id: null }))[]
  >`
    select
      json_build_object('id', i.id, 'environmentId', i.environment_id, 'imageName', i.image_name,
        'tagFilter', i.tag_filter) as image,
      r.id, r.type, r.registry_url, r.repository_prefix, r.username, r.token, r.password, r.token_realm,
      i.update_rules = ${updateRules} and not exists (
        select from services left join service_updates as known on known.service_id = services.id
        where services.container_image_id = i.id and (${isDecidedOtherwise(sql)}
          or exists (select from image_digests as digest where ${isAdoptable(sql)}))
      ) as decided,
      coalesce(i.checked_by = i.registry_id || ' ' || i.tag_filter, false) as checked_alike,
      array(
        -- An image that lost its name to a newer one may have its id alone, which with the containerd
        -- store is its manifest's digest.
        select distinct coalesce(v.running_digest, c.report ->> 'imageId') as digest
        from services v
        left join containers c on c.server_id = v.server_id and c.name = v.container_name
        where v.container_image_id = i.id and v.deployed_digest_id is null
          and v.discovery_status = 'found'
          and coalesce(v.running_digest, c.report ->> 'imageId') like 'sha256:%'
          and not exists (select from image_digests d where d.container_image_id = i.id
            and (d.manifest_digest = coalesce(v.running_digest, c.report ->> 'imageId')
              or d.platforms @> json_build_array(json_build_object(
                'manifestDigest', coalesce(v.running_digest, c.report ->> 'imageId')))::jsonb
              or d.platforms @> json_build_array(json_build_object(
                'configDigest', coalesce(v.running_digest, c.report ->> 'imageId')))::jsonb))
        order by 1 limit ${mostUnknownRunning}
      ) as unknown_running
    from container_images i left join registries r on r.id = i.registry_id
    where i.id = ${imageId}`;
}

export interface AppliedSync extends Pick<UpdateState, "available" | "reason" | "newestId"> {
  newDigests: number;
  updatedDigests: number;
  lastCheckedAt: Date;
}

/**
 * Writes down what a synchronisation found, all in one transaction: new digests, tags that moved
 * or went, whether there is an update. Where nothing did, which is nearly always, one statement
 * says that it was checked.
 *
 * @param rows the image's digests, as they were before the registry was asked
 * @param fresh what is known of digests that had no row when the synchronisation began
 * @param complete whether every tag that matches is accounted for
 * @param newerOutside higher versions that the filter leaves out
 * @param list of tags to compare the next one with; null: the one that is kept is still good
 * @param note what was left out, and why; null: nothing
 * @returns null when the image is gone, has another registry by now, or the lease was lost: then
 * nothing was written
 */
export async function applySync(
  database: Database,
  subject: SyncSubject,
  rows: readonly TaggedDigest[],
  found: FoundBySync,
): Promise<AppliedSync | null> {
  const { id } = subject.image;
  const moves = planTagMoves(rows, found.seen);
  const changes = found.fresh.size + moves.fresh.length + moves.changed.length;
  if (subject.decided && changes === 0 && found.list === null) {
    const checked = await noteChecked(database, subject, found);
    return checked && { ...checked, newDigests: 0, updatedDigests: 0 };
  }
  return transaction(database, async (sql) => {
    // What is sent at once is answered in its order: the rows are read under the image's lock.
    const [checked, rows] = await Promise.all([
      noteChecked(sql, subject, found),
      taggedDigests(sql, id),
    ]);
    if (checked === null) return null;
    const written = await writeDigests(sql, id, { ...found, rows });
    if (found.list !== null) await keepListedTags(sql, id, subject.registry.id, found.list);
    await adoptRunning(sql, id);
    const state = await refreshUpdateAvailable(sql, id);
    if (state === null) return null;
    return { ...state, ...written, lastCheckedAt: checked.lastCheckedAt };
  });
}

/** What a synchronisation found, by the lease that it holds. */
interface FoundBySync {
  seen: TagObservation;
  fresh: ReadonlyMap<string, Omit<NewDigest, "tags">>;
  complete: boolean;
  list: ListedTags | null;
  newerOutside: NewerOutside | null;
  note: string | null;
  leaseOwner: string;
}

/**
 * Says that an image was checked, and what was decided on it before.
 * @returns null when the image is gone, has another registry by now, or the lease was lost
 */
async function noteChecked(
  sql: Sql,
  subject: SyncSubject,
  { note, newerOutside, complete, leaseOwner }: FoundBySync,
): Promise<Omit<AppliedSync, "newDigests" | "updatedDigests"> | null> {
  const { image, registry } = subject;
  const [checked] = await sql<Omit<AppliedSync, "newDigests" | "updatedDigests">[]>`
    update container_images set last_checked_at = now(), last_error = null,
      last_check_note = ${note},
      newer_outside_filter = ${newerOutside === null ? null : json(sql, newerOutside)},
      checked_by = ${complete ? `${registry.id} ${image.tagFilter}` : null}
    where id = ${image.id} and registry_id = ${registry.id} and exists (
      select from image_syncs where container_image_id = ${image.id} and owner = ${leaseOwner}
    )
    returning update_available as available, update_reason as reason, newest_digest_id as newest_id,
      last_checked_at`;
  return checked ?? null;
}

/** New digests and moved tags. The caller holds the image's row, and has read `rows` since. */
async function writeDigests(
  sql: Sql,
  imageId: string,
  found: {
    rows: readonly TaggedDigest[];
    seen: TagObservation;
    fresh: ReadonlyMap<string, Omit<NewDigest, "tags">>;
  },
): Promise<{ newDigests: number; updatedDigests: number }> {
  const moves = planTagMoves(found.rows, found.seen);
  const tagged = new Map(moves.fresh.map(({ manifestDigest, tags }) => [manifestDigest, tags]));
  const known = new Set(found.rows.map(({ manifestDigest }) => manifestDigest));
  const fresh = [...found.fresh.values()].flatMap((digest) => {
    const tags = tagged.get(digest.manifestDigest) ?? [];
    // What runs has a row though no tag points to it; its tags may have moved on while it was described.
    return known.has(digest.manifestDigest) ? [] : [{ ...digest, tags }];
  });
  await upsertDigests(sql, imageId, fresh);
  await setTags(sql, moves.changed);
  if (fresh.length + moves.changed.length > 0) {
    const pushed = fresh.map(({ manifestDigest, registryPushedAt }) => {
      return { manifestDigest, registryPushedAt };
    });
    await noteSightings(sql, imageId, pushed);
  }
  // What an engine called by an unknown name may have its row now.
  if (fresh.length > 0) await refreshRunningDigests(sql, imageId);
  return { newDigests: fresh.length, updatedDigests: moves.changed.length };
}

/**
 * Records where one tag points to.
 * @param fresh what the digest is, where it may have no row yet
 * @returns the id of its row
 */
export async function recordTag(
  database: Database,
  imageId: string,
  tag: string,
  manifestDigest: string,
  fresh: Omit<NewDigest, "tags"> | null,
): Promise<string> {
  return transaction(database, async (sql) => {
    await sql`select id from container_images where id = ${imageId} for no key update`;
    await writeDigests(sql, imageId, {
      rows: await taggedDigests(sql, imageId),
      seen: { resolved: new Map([[tag, manifestDigest]]), isGone: () => false },
      fresh: new Map(fresh === null ? [] : [[manifestDigest, fresh]]),
    });
    await adoptRunning(sql, imageId);
    await refreshUpdateAvailable(sql, imageId);
    const [row] = await digestsByManifest(sql, imageId, [manifestDigest]);
    if (row === undefined) throw new Error("a digest that was recorded just now is gone");
    return row.id;
  });
}

/** Notes why images could not be synchronised; the time of the last successful one stays. */
export async function noteSyncFailure(
  sql: Sql,
  imageIds: string[],
  message: string,
): Promise<void> {
  if (imageIds.length === 0) return;
  await sql`
    update container_images set last_error = ${message}
    where id = any(${imageIds}::uuid[]) and last_error is distinct from ${message}`;
}

/**
 * Takes the lease on an image's synchronisation, or prolongs the caller's own.
 * @returns whether the caller has it now, another caller does, or there is no such image
 */
export async function takeSyncLease(
  sql: Sql,
  imageId: string,
  owner: string,
  seconds: number,
): Promise<"taken" | "held" | "no image"> {
  const [image] = await sql<{ taken: boolean }[]>`
    with image as (select id from container_images where id = ${imageId}),
    lease as (
      insert into image_syncs (container_image_id, owner, expires_at)
      select id, ${owner}, now() + make_interval(secs => ${seconds}) from image
      on conflict (container_image_id) do update
        set owner = excluded.owner, expires_at = excluded.expires_at
        where image_syncs.owner = excluded.owner or image_syncs.expires_at < now()
      returning owner
    )
    select exists (select from lease) as taken from image`;
  if (image === undefined) return "no image";
  return image.taken ? "taken" : "held";
}

export async function releaseSyncLease(sql: Sql, imageId: string, owner: string): Promise<void> {
  await sql`
    delete from image_syncs where container_image_id = ${imageId} and owner = ${owner}`;
}
