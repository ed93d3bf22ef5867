import type { UpdateKind } from "../update-kinds.ts";
import { getBestTag } from "./best-tag.ts";
import { withoutLower } from "./highest-versions.ts";
import { isWildcard, matchesFilter, type TagFilter } from "./tag-filter.ts";
import { updateKind } from "./update-kind.ts";

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
  /** a person does not want this one */
  skipped: boolean;
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
  "skipped",
] as const;
export type UpdateReason = (typeof updateReasons)[number];

export interface UpdateState {
  available: boolean;
  reason: UpdateReason;
  /** the newest digest with a matching tag, trusted or not; null: none */
  newestId: string | null;
  /** what an update would deploy; null: there is none */
  update: Update | null;
  /** what auto-update may deploy: the newest of the kinds that it may; null: nothing */
  automatic: Update | null;
}

export interface Update {
  digestId: string;
  /** by which it is followed */
  tag: string;
  /** when it was pushed, or first seen; epoch milliseconds */
  pushedAt: number;
  kind: UpdateKind;
  /** a sentence for people: why it counts as newer */
  because: string;
}

/** The newest of the digests with a matching tag; null: none. Ties go to the greater id, the later row. */
export function newestMatching<D extends DatedDigest>(
  digests: readonly D[],
  filter: TagFilter,
): D | null {
  return newestOf(digests.filter(({ tags }) => tags.some((tag) => matchesFilter(filter, tag))));
}

function newestOf<D extends DatedDigest>(digests: readonly D[]): D | null {
  return digests.reduce<D | null>((newest, digest) => {
    if (newest === null || digest.pushedAt > newest.pushedAt) return digest;
    return digest.pushedAt === newest.pushedAt && digest.id > newest.id ? digest : newest;
  }, null);
}

/**
 * Whether an update is available: the image has a registry and a deployed digest that is known, and a
 * digest that matches the current filter is newer. In doubt, no update is claimed.
 *
 * - Newer is what was pushed later than what is deployed. A lower version that was pushed later (a
 *   backport) is an update only where there is no other one; of several versions of one shape, the
 *   highest is.
 * - Where an exact pattern is followed, because it is the filter's only one or what is deployed was
 *   deployed by it, newer is what that tag points to now, whatever its date: its publisher may step back,
 *   or promote an earlier build.
 * - A digest that failed or was rolled back here does not count, nor does one that a person skipped.
 *
 * @param image.deployedTags tags that it was deployed by; they may point elsewhere by now
 * @param image.digests all of the image that may count, the deployed one among them
 */
export function updateAvailable(image: {
  hasRegistry: boolean;
  deployedDigestId: string | null;
  deployedTags: readonly string[];
  filter: TagFilter;
  digests: readonly DatedDigest[];
  /** that auto-update may deploy; `older` never is */
  automaticKinds: readonly UpdateKind[];
  /** whether what is deployed may become this digest at all; see tag-line.ts */
  isOfLine?: (digest: DatedDigest) => boolean;
}): UpdateState {
  const { filter, digests, isOfLine = () => true } = image;
  const newestId = newestMatching(digests, filter)?.id ?? null;
  const no = (reason: UpdateReason): UpdateState => {
    return { available: false, reason, newestId, update: null, automatic: null };
  };

  if (!image.hasRegistry) return no("no_registry");
  if (image.deployedDigestId === null) return no("nothing_deployed");
  const deployed = digests.find(({ id }) => id === image.deployedDigestId);
  if (deployed === undefined) return no("deployed_unknown");

  const from = [...new Set([...image.deployedTags, ...deployed.tags])];
  const others = digests
    .filter((digest) => digest.id !== deployed.id && isOfLine(digest))
    .map((digest) => ({ ...digest, tags: digest.tags.filter((tag) => matchesFilter(filter, tag)) }))
    .filter(({ tags }) => tags.length > 0);
  const followed = filter.patterns.filter((pattern) => isFollowed(pattern, filter, from, deployed));
  const isNext = ({ tags }: DatedDigest): boolean => followed.some((tag) => tags.includes(tag));
  const newer = others.filter(
    (digest) => isNext(digest) || (!digest.undated && digest.pushedAt > deployed.pushedAt),
  );
  const choices = newer
    .filter(({ quarantined, skipped }) => !quarantined && !skipped)
    .map((digest) => ({ ...digest, kind: kindOf(from, digest, isNext(digest)) }));
  const upwards = choices.filter(({ kind }) => kind !== "older");
  const described = (choice: (typeof choices)[number] | null): Update | null => {
    if (choice === null) return null;
    const { id: digestId, kind, pushedAt, tags } = choice;
    const tag = followed.find((one) => tags.includes(one)) ?? getBestTag(tags, filter.patterns);
    if (tag === null) return null;
    const because = reasonOf(deployed, choice, tag, isNext(choice));
    return { digestId, tag, pushedAt, kind, because };
  };
  const update = described(newestOf(withoutLower(upwards)) ?? newestOf(withoutLower(choices)));
  if (update !== null) {
    const allowed = upwards.filter(({ kind }) => image.automaticKinds.includes(kind));
    return {
      available: true,
      reason: "newer_digest",
      newestId,
      update,
      automatic: described(newestOf(withoutLower(allowed))),
    };
  }
  const unwanted = newestOf(newer);
  if (unwanted !== null) return no(unwanted.quarantined ? "quarantined" : "skipped");
  const isDoubtful = others.some(
    ({ undated, pushedAt }) => undated && pushedAt >= deployed.pushedAt,
  );
  return no(isDoubtful ? "undated" : "up_to_date");
}

/** Whether what is deployed follows this exact tag, and the tag has left it. */
function isFollowed(
  pattern: string,
  { patterns }: TagFilter,
  from: readonly string[],
  deployed: DatedDigest,
): boolean {
  if (isWildcard(pattern) || deployed.tags.includes(pattern)) return false;
  return from.includes(pattern) || patterns.length === 1;
}

function kindOf(from: readonly string[], digest: DatedDigest, isNext: boolean): UpdateKind {
  const kind = updateKind(from, digest.tags);
  // Its tag is what is followed, whether or not the deployed digest ever had it here.
  return isNext && kind === "other" ? "rebuild" : kind;
}

function reasonOf(
  deployed: DatedDigest,
  update: DatedDigest & { kind: UpdateKind },
  tag: string,
  isNext: boolean,
): string {
  if (update.kind === "older") {
    return `${tag} was pushed later than what is deployed, but it is a lower version: it is not installed automatically.`;
  }
  if (!isNext) return `${tag} was pushed later than what is deployed.`;
  const isEarlier = !update.undated && !deployed.undated && update.pushedAt < deployed.pushedAt;
  return isEarlier
    ? `${tag} points to another digest now, whose build is older than what is deployed.`
    : `${tag} points to another digest now.`;
}
