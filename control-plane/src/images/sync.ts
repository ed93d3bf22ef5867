import { setMaxListeners } from "node:events";
import type { Database } from "../database/connection.ts";
import {
  type Registry,
  type RegistryConnections,
  repositoryOf,
} from "../registries/connections.ts";
import type { TagDetail } from "../registries/dialects/dialect.ts";
import { servesDomain } from "../registries/endpoint.ts";
import { failure, type Outcome, success } from "../registries/outcome.ts";
import { parseReference } from "../registries/reference.ts";
import { type DigestDescriptions, newDigest, pushTimes } from "./digest-descriptions.ts";
import { taggedDigests } from "./digests.store.ts";
import { looksLikeReferrer, newestFirst } from "./newest-tags.ts";
import { pointTags } from "./point-tags.ts";
import { commonPlatform } from "./server-platform.ts";
import {
  type AppliedSync,
  applySync,
  loadSyncSubject,
  noteSyncFailure,
  type SyncSubject,
} from "./sync.store.ts";
import { artifactNote, capNote, skippedNotes } from "./sync-notes.ts";
import { SyncTurns } from "./sync-turns.ts";
import { matchesFilter, storedTagFilter } from "./tag-filter.ts";
import type { TaggedDigest } from "./tag-moves.ts";

/** What a synchronisation of one image came to. */
export interface SyncReport extends AppliedSync {
  imageId: string;
  tagFilter: string;
  /** tags in the repository, those that match the filter, and those that were looked at */
  tags: { listed: number; matching: number; checked: number };
  /** sentences on what was left out; empty: nothing was */
  notes: string[];
}

/** Why there is no report though the registry did nothing wrong. */
export interface SyncRefusal {
  ok: false;
  kind: "unknown_image" | "no_registry" | "changed_meanwhile" | "busy" | "postponed";
  message: string;
}

export type SyncOutcome = Outcome<SyncReport> | SyncRefusal;

export interface ImageSyncParts {
  database: Database;
  registries: RegistryConnections;
  descriptions: DigestDescriptions;
}

/**
 * Brings an image's digests in line with its registry. Cheap where nothing changed: the list of
 * tags and one HEAD for each that matches.
 *
 *   list tags → filter → newest-looking `registryMaxTags` → HEAD each
 *     → describe digests that are new → record everything in one transaction
 */
export class ImageSync {
  readonly #parts: ImageSyncParts;
  readonly #turns: SyncTurns;

  constructor(parts: ImageSyncParts) {
    this.#parts = parts;
    this.#turns = new SyncTurns(parts.database);
  }

  /**
   * Synchronises one image. Never twice at once, on however many replicas: a call during another
   * one waits for it and then starts again, so that it sees what was pushed before it.
   */
  async check(imageId: string): Promise<SyncOutcome> {
    const turn = await this.#turns.take(imageId, (lease) => this.#synchronize(imageId, lease));
    return turn === "busy"
      ? refusal("busy", "This image is being checked by somebody else; try again in a minute.")
      : turn;
  }

  async #synchronize(
    imageId: string,
    lease: { owner: string; signal: AbortSignal },
  ): Promise<SyncOutcome> {
    const { database, registries } = this.#parts;
    const [subject, rows] = await Promise.all([
      loadSyncSubject(database, imageId),
      taggedDigests(database, imageId),
    ]);
    if (subject === null) return refusal("unknown_image", "No such container image");
    if (subject === "no registry") {
      return refusal("no_registry", "No registry connection configured for this image");
    }
    const abort = new AbortController();
    // Every request of this synchronisation listens to it.
    setMaxListeners(0, abort.signal);
    const callOff = () => abort.abort();
    lease.signal.addEventListener("abort", callOff);
    const registry = await registries.open(subject.registry, abort.signal);
    const observed = registry.ok
      ? await this.#observe(subject, registry.value, rows, abort)
      : registry;
    lease.signal.removeEventListener("abort", callOff);
    if (!observed.ok) {
      await noteSyncFailure(database, [imageId], observed.message);
      return observed;
    }
    const { listed, gone, resolved, fresh, complete, notes, tags } = observed.value;
    const knownBefore = new Set(rows.flatMap((row) => row.tags));
    const applied = await applySync(database, subject, {
      seen: {
        resolved,
        // A tag that was recorded while the list was being read may simply be younger than it.
        isGone: (tag) => gone.has(tag) || (knownBefore.has(tag) && !listed.has(tag)),
      },
      fresh,
      complete,
      note: notes.length === 0 ? null : notes.join(" "),
      leaseOwner: lease.owner,
    });
    if (applied === null) {
      return refusal(
        "changed_meanwhile",
        "The image was changed or deleted while it was being checked; check it again.",
      );
    }
    return success({ ...applied, imageId, tagFilter: subject.image.tagFilter, tags, notes });
  }

  /** Asks the registry everything; writes nothing. */
  async #observe(
    subject: SyncSubject,
    registry: Registry,
    rows: readonly TaggedDigest[],
    abort: AbortController,
  ) {
    const { client } = registry;
    const parsed = parseReference(subject.image.imageName);
    if (!parsed.ok) throw new Error(`a stored image name is not valid: ${parsed.message}`);
    const repository = repositoryOf(client.endpoint, parsed.reference);
    const filter = storedTagFilter(subject.image.tagFilter);

    const list = await client.listTags(repository);
    if (!list.ok) {
      const elsewhere = !servesDomain(client.endpoint, parsed.reference.domain);
      return list.kind === "not_found" && elsewhere
        ? failure(
            "not_found",
            `${list.message} The image's name says ${parsed.reference.domain}, its registry connection is for ${client.endpoint.domain}: link it to another one.`,
          )
        : list;
    }
    const matching = list.value.filter((tag) => matchesFilter(filter, tag));
    // The vendor is asked only where its answer matters: unchanged repositories cost HEADs alone.
    let details: Map<string, TagDetail> | null = null;
    if (matching.length > subject.maxTags) details = await registry.tagDetails(repository);
    const chosen = newestFirst(
      matching.map((tag) => ({ tag, pushedAt: details?.get(tag)?.pushedAt ?? null })),
      filter,
    )
      .slice(0, subject.maxTags)
      .map(({ tag }) => tag);
    const heads = await pointTags(client, repository, chosen, abort);
    if (!heads.ok) return heads;
    const { gone, skipped } = heads.value;
    // What looks newest comes last, so that of digests without a date it counts as the latest.
    const resolved = new Map(
      chosen.toReversed().flatMap((tag) => {
        const digest = heads.value.resolved.get(tag);
        return digest === undefined ? [] : [[tag, digest] as const];
      }),
    );

    const known = new Set(rows.map(({ manifestDigest }) => manifestDigest));
    // An earlier version recorded signatures as images; what is named like one is read once more.
    const unknown = new Set(
      [...resolved].flatMap(([tag, digest]) =>
        known.has(digest) && !looksLikeReferrer(tag) ? [] : [digest],
      ),
    );
    const described = await this.#parts.descriptions.describeAll(
      client,
      repository,
      [...unknown],
      commonPlatform(subject.platforms),
    );
    if (!described.ok) return described;
    // What was left out for a reason that may pass was there all the same.
    const complete =
      chosen.length === matching.length &&
      skipped.size === 0 &&
      [...described.value.skipped.values()].every(({ forGood }) => forGood);
    const artifacts: string[] = [];
    for (const [tag, digest] of resolved) {
      const left = described.value.skipped.get(digest);
      if (left === undefined) continue;
      if (left.artifact) artifacts.push(tag);
      else skipped.set(tag, left.reason);
    }
    for (const tag of artifacts) {
      resolved.delete(tag);
      gone.add(tag);
    }
    if (unknown.size > 0) details ??= await registry.tagDetails(repository);
    const times = pushTimes(details ?? new Map());
    const knownTags = new Set(rows.flatMap(({ tags }) => tags));
    const moved = new Set(
      [...resolved].flatMap(([tag, digest]) => (knownTags.has(tag) ? [digest] : [])),
    );
    const at = new Date();
    return success({
      listed: new Set(list.value),
      resolved,
      gone,
      fresh: new Map(
        [...described.value.digests].map(([digest, about]) => [
          digest,
          newDigest(about, times.get(digest) ?? null, {
            at,
            appeared: subject.checkedAlike || moved.has(digest),
          }),
        ]),
      ),
      complete,
      notes: [
        ...capNote(chosen.length, matching.length),
        ...artifactNote(artifacts.sort()),
        ...skippedNotes(skipped),
      ],
      tags: {
        listed: list.value.length,
        matching: matching.length,
        checked: chosen.length,
      },
    });
  }
}

function refusal(kind: SyncRefusal["kind"], message: string): SyncRefusal {
  return { ok: false, kind, message };
}
