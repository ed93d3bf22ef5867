import { matchesFilter, type TagFilter } from "./tag-filter.ts";

/** What deciding needs to know of a digest row. */
export interface DatedDigest {
  id: string;
  tags: readonly string[];
  /** when it was pushed, or first seen where that is not known; epoch milliseconds */
  pushedAt: number;
  /** it is not known when it was pushed, and it was not seen to appear: it may be older than it looks */
  undated: boolean;
  /** failed or rolled back in this environment */
  quarantined: boolean;
}

/** Why there is, or is not, an update. */
export const updateReasons = [
  "newer_digest",
  "up_to_date",
  "undated",
  "no_registry",
  "nothing_deployed",
  "deployed_unknown",
  "quarantined",
] as const;
export type UpdateReason = (typeof updateReasons)[number];

export interface UpdateState {
  available: boolean;
  reason: UpdateReason;
  /** the newest digest with a matching tag, trusted or not; null: none */
  newestId: string | null;
  /** what an update would deploy; null: there is none */
  updateId: string | null;
}

/** The newest of the digests with a matching tag; null: none. Ties go to the greater id, the later row. */
export function newestMatching<D extends DatedDigest>(
  digests: readonly D[],
  filter: TagFilter,
): D | null {
  let newest: D | null = null;
  for (const digest of digests) {
    if (!digest.tags.some((tag) => matchesFilter(filter, tag))) continue;
    if (
      newest === null ||
      digest.pushedAt > newest.pushedAt ||
      (digest.pushedAt === newest.pushedAt && digest.id > newest.id)
    ) {
      newest = digest;
    }
  }
  return newest;
}

/**
 * Whether an update is available: the image has a registry and a deployed digest that is known,
 * and a digest that matches the current filter was pushed later than it. A digest that failed or
 * was rolled back here does not count. In doubt, no update is claimed.
 *
 * @param digests all of the image that may count, the deployed one among them
 */
export function updateAvailable(image: {
  hasRegistry: boolean;
  deployedDigestId: string | null;
  filter: TagFilter;
  digests: readonly DatedDigest[];
}): UpdateState {
  const newestId = newestMatching(image.digests, image.filter)?.id ?? null;
  const no = (reason: UpdateReason): UpdateState => ({
    available: false,
    reason,
    newestId,
    updateId: null,
  });

  if (!image.hasRegistry) return no("no_registry");
  if (image.deployedDigestId === null) return no("nothing_deployed");
  const deployed = image.digests.find(({ id }) => id === image.deployedDigestId);
  if (deployed === undefined) return no("deployed_unknown");

  const later = image.digests.filter(
    ({ pushedAt, undated }) => !undated && pushedAt > deployed.pushedAt,
  );
  const update = newestMatching(
    later.filter(({ quarantined }) => !quarantined),
    image.filter,
  );
  if (update !== null) {
    return { available: true, reason: "newer_digest", newestId, updateId: update.id };
  }
  if (newestMatching(later, image.filter) !== null) return no("quarantined");
  const doubtful = image.digests.filter(
    ({ id, pushedAt, undated }) => undated && id !== deployed.id && pushedAt >= deployed.pushedAt,
  );
  return no(newestMatching(doubtful, image.filter) === null ? "up_to_date" : "undated");
}
