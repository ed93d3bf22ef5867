import { setMaxListeners } from "node:events";
import type { Database } from "../database/connection.ts";
import type { RegistryConnections } from "../registries/connections.ts";
import { type Outcome, success } from "../registries/outcome.ts";
import type { DigestDescriptions } from "./digest-descriptions.ts";
import { taggedDigests } from "./digests.store.ts";
import { findListedTags } from "./listed-tags.store.ts";
import { observeRegistry } from "./observe-registry.ts";
import { readUnread } from "./read-unread.ts";
import { type AppliedSync, applySync, loadSyncSubject, noteSyncFailure } from "./sync.store.ts";
import { SyncQueue } from "./sync-queue.ts";

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
 *   list tags → filter, and what it names exactly → at most `registryMaxTags`: what is new, then
 *     what looks newest → HEAD each
 *     → describe digests that are new → record everything in one transaction
 *     → read what an earlier version left unread
 */
export class ImageSync {
  readonly #parts: ImageSyncParts;
  readonly #queue: SyncQueue;

  constructor(parts: ImageSyncParts) {
    this.#parts = parts;
    this.#queue = new SyncQueue(parts.database);
  }

  /**
   * Synchronises one image. Never twice at once, on however many replicas: a call during another
   * one waits for it and then starts again, so that it sees what was pushed before it.
   */
  async check(imageId: string): Promise<SyncOutcome> {
    const outcome = await this.#queue.run(imageId, (lease) => this.#synchronize(imageId, lease));
    return outcome === "busy"
      ? refusal("busy", "This image is being checked already; try again in a minute.")
      : outcome;
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
    const registry = await registries.open(subject.registry, { signal: abort.signal });
    const observed = registry.ok
      ? await observeRegistry(this.#parts.descriptions, subject, {
          registry: registry.value,
          rows,
          lastList: () => findListedTags(database, imageId, subject.registry.id),
          abort,
        })
      : registry;
    lease.signal.removeEventListener("abort", callOff);
    if (!observed.ok) {
      await noteSyncFailure(database, [imageId], observed.message);
      return observed;
    }
    const { resolved, isGone, fresh, complete, list, newerOutside, notes, tags } = observed.value;
    const applied = await applySync(database, subject, rows, {
      seen: { resolved, isGone },
      fresh,
      complete,
      list,
      newerOutside,
      note: notes.length === 0 ? null : notes.join(" "),
      leaseOwner: lease.owner,
    });
    if (applied === null) {
      return refusal(
        "changed_meanwhile",
        "The image was changed or deleted while it was being checked; check it again.",
      );
    }
    if (registry.ok) await readUnread(database, subject, registry.value);
    return success({ ...applied, imageId, tagFilter: subject.image.tagFilter, tags, notes });
  }
}

function refusal(kind: SyncRefusal["kind"], message: string): SyncRefusal {
  return { ok: false, kind, message };
}
