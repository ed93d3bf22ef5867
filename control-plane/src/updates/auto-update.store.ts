import type { Sql } from "../database/connection.ts";
import { frozenSentence } from "../environments/freeze.ts";
import { type FreezeColumn, freezeFrom, freezeOf } from "../environments/freezes.store.ts";
import { storedTagFilter } from "../images/tag-filter.ts";
import { lineOf } from "../images/tag-line.ts";
import type { UpdateReason } from "../images/update-available.ts";
import type { UpdatePolicy } from "../images/update-policy.store.ts";
import type { UpdateWindow } from "../images/update-window.ts";
import { findCandidates } from "../plans/plan-input.store.ts";
import { takingPart } from "../plans/taking-part.ts";
import type { UpdateKind } from "../update-kinds.ts";
import type { AutoUpdateInput } from "./auto-update.ts";

/** What is decided from, with what to call it. */
export interface AutoUpdateFacts extends AutoUpdateInput {
  imageId: string;
  imageName: string;
  environmentId: string;
  tagFilter: string;
  /** what would be deployed: by auto-update, else by a person */
  digest: { id: string; manifestDigest: string; tags: string[]; pushedAt: Date } | null;
  /** the services that auto-update would deploy to, whether they are there or not */
  behindIds: string[];
  policy: UpdatePolicy;
  /** why the plan for this digest could not even be created; null: it was not tried, or it could */
  refusal: string | null;
}

interface Row {
  id: string;
  name: string;
  environmentId: string;
  tagFilter: string;
  autoUpdate: boolean;
  updateReason: UpdateReason;
  lastCheckedAt: Date | null;
  lastError: string | null;
  updateMinimumAgeMinutes: number;
  updateWindows: UpdateWindow[];
  updateTimeZone: string;
  updateKinds: UpdateKind[];
  updateSnoozedUntil: Date | null;
  updatePinned: boolean;
  updateHoldReason: string | null;
  updateRollout: object | null;
  updateDigestId: string | null;
  updateKind: UpdateKind | null;
  automaticDigestId: string | null;
  since: Date | null;
  behindIds: string[];
  updateRefusal: string | null;
  updateRefusedDigestId: string | null;
  digestId: string | null;
  manifestDigest: string;
  tags: string[];
  pushedAt: Date;
  activePlan: { planId: string; serviceName: string } | null;
  waitingPlanId: string | null;
  freeze: FreezeColumn | null;
  failed: number;
  cancelled: boolean;
  lastEndedAt: Date | null;
  failure: string | null;
}

/** The facts of these images, in two statements however many they are. */
export async function autoUpdateFacts(
  sql: Sql,
  imageIds: string[],
): Promise<Map<string, AutoUpdateFacts>> {
  const rows = await sql<Row[]>`
    select i.id, i.name, i.environment_id, i.tag_filter, i.auto_update, i.update_reason,
      i.last_checked_at, i.last_error, i.update_minimum_age_minutes, i.update_windows,
      i.update_time_zone, i.update_kinds, i.update_snoozed_until, i.update_pinned,
      i.update_hold_reason, i.update_rollout, i.update_digest_id, i.update_kind, i.automatic_digest_id,
      i.update_refusal, i.update_refused_digest_id,
      d.id as digest_id, d.manifest_digest, d.tags, coalesce(d.pushed_at, d.discovered_at) as pushed_at,
      coalesce((
        select since from tag_sightings s where s.digest_id = d.id and s.tag = i.automatic_tag
      ), d.discovered_at) as since,
      array(
        select u.service_id from service_updates u join services v on v.id = u.service_id
        where u.container_image_id = i.id and u.automatic_digest_id = i.automatic_digest_id
          and v.container_image_id = i.id and v.deployed_digest_id = u.deployed_digest_id
      ) as behind_ids,
      (
        select json_build_object('planId', p.plan_id, 'serviceName', v.name)
        from plan_services p join services v on v.id = p.service_id
        where p.active and v.container_image_id = i.id limit 1
      ) as active_plan,
      (
        select p.id from deployment_plans p join plan_targets t on t.plan_id = p.id
        where t.container_image_id = i.id and t.image_digest_id = d.id
          and p.status = 'waiting_for_approval'
        order by p.created_at desc limit 1
      ) as waiting_plan_id,
      (select ${freezeOf(sql)} from environments where environments.id = i.environment_id) as freeze,
      tried.failed, tried.cancelled, tried.last_ended_at, tried.failure
    from container_images i
    left join image_digests d on d.id = coalesce(i.automatic_digest_id, i.update_digest_id)
    left join lateral (
      -- A plan that put the digest into quarantine does not count: a person has released the digest since.
      select count(*) filter (where status <> 'cancelled' and not blames_digest) as failed,
        coalesce((array_agg(status order by created_at desc))[1] = 'cancelled', false) as cancelled,
        max(completed_at) as last_ended_at,
        (array_agg(error order by created_at desc))[1] as failure
      from deployment_plans p
      where p.container_image_id = i.id and p.image_digest_id = d.id
        and p.trigger_type = 'auto_update'
        and p.status in ('failed', 'rolled_back', 'cancelled')
    ) tried on true
    where i.id = any(${imageIds}::uuid[])`;
  const services = await findCandidates(sql, imageIds);
  return new Map(
    rows.map((row) => [
      row.id,
      factsOf(
        row,
        services.filter(({ containerImageId }) => containerImageId === row.id),
      ),
    ]),
  );
}

type Service = Awaited<ReturnType<typeof findCandidates>>[number];

function factsOf(row: Row, services: Service[]): AutoUpdateFacts {
  const freeze = freezeFrom(row.freeze);
  const line = lineOf(storedTagFilter(row.tagFilter), row.digestId === null ? [] : row.tags, null);
  const behind = services.filter(({ id }) => row.behindIds.includes(id));
  const { taking, leftOut } = takingPart(behind, { kind: "automatic" }, line);
  const offline = taking.filter(({ serverOnline }) => !serverOnline);
  const digest =
    row.digestId === null
      ? null
      : {
          id: row.digestId,
          manifestDigest: row.manifestDigest,
          tags: row.tags,
          pushedAt: row.pushedAt,
        };
  return {
    imageId: row.id,
    imageName: row.name,
    environmentId: row.environmentId,
    tagFilter: row.tagFilter,
    digest,
    autoUpdate: row.autoUpdate,
    updateReason: row.updateReason,
    update:
      row.updateDigestId === null
        ? null
        : { digestId: row.updateDigestId, kind: row.updateKind ?? "other" },
    automatic:
      row.automaticDigestId === null || row.since === null
        ? null
        : { digestId: row.automaticDigestId, since: row.since.getTime() },
    kinds: row.updateKinds,
    snoozedUntil: row.updateSnoozedUntil?.getTime() ?? null,
    pinned: row.updatePinned,
    holdReason: row.updateHoldReason,
    behindIds: row.behindIds,
    policy: {
      minimumAgeMinutes: row.updateMinimumAgeMinutes,
      windows: row.updateWindows,
      timeZone: row.updateTimeZone,
      kinds: row.updateKinds,
      snoozedUntil: row.updateSnoozedUntil,
      pinned: row.updatePinned,
      reason: row.updateHoldReason,
      rollout: row.updateRollout,
    },
    lastCheckedAt: row.lastCheckedAt?.getTime() ?? null,
    lastError: row.lastError,
    services: services.length,
    behind: behind.length,
    leftOut,
    offlineServers: [...new Set(offline.map(({ serverName }) => serverName))].sort(),
    activePlan: row.activePlan,
    attempts: {
      failed: row.failed,
      lastEndedAt: row.lastEndedAt?.getTime() ?? 0,
      lastError: row.failure,
      cancelled: row.cancelled,
    },
    waitingPlanId: row.waitingPlanId,
    freeze: freeze && { until: freeze.until.getTime(), sentence: frozenSentence(freeze) },
    refusal: row.updateRefusedDigestId === row.digestId ? row.updateRefusal : null,
    minimumAgeMinutes: row.updateMinimumAgeMinutes,
    windows: row.updateWindows,
    timeZone: row.updateTimeZone,
  };
}

/** Images that are to be updated by themselves and have something newer. */
export async function autoUpdateCandidates(sql: Sql): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from container_images where auto_update and automatic_digest_id is not null`;
  return rows.map(({ id }) => id);
}
