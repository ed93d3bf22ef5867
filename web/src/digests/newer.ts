import type { Digest } from "$lib/api/model.ts";
import { tagMatches } from "./tag-filter.ts";

/**
 * The digests that match the filter and are newer than `current` (a manifest digest), newest
 * first; all that match where `current` is not among them.
 */
export function newerDigests(
  digests: readonly Digest[],
  current: string | null,
  patterns: readonly string[],
): Digest[] {
  const time = ({ pushedAt, discoveredAt }: Digest) => Date.parse(pushedAt ?? discoveredAt);
  const now = digests.find(({ manifestDigest }) => manifestDigest === current);
  return digests
    .filter(
      (digest) =>
        digest.manifestDigest !== current &&
        digest.tags.some((tag) => tagMatches(tag, patterns)) &&
        (now === undefined || time(digest) > time(now)),
    )
    .sort((a, b) => time(b) - time(a));
}
