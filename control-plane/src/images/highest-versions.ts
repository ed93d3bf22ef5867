import { isHigher, shapeOf, type TagVersion, tagVersion } from "./tag-version.ts";
import { isVersion } from "./update-kind.ts";

/**
 * Leaves out what is a lower version than another one of them, of the same shape: a backport that was
 * pushed after a higher version is not where a service that is behind both should go. What has no version
 * stays.
 */
export function withoutLower<D extends { tags: readonly string[] }>(digests: readonly D[]): D[] {
  const versions = new Map(digests.map((digest) => [digest, versionOf(digest.tags)]));
  const highest = new Map<string, TagVersion>();
  for (const version of versions.values()) {
    if (version === null) continue;
    const other = highest.get(shapeOf(version));
    if (other === undefined || isHigher(other, version)) highest.set(shapeOf(version), version);
  }
  return digests.filter((digest) => {
    const version = versions.get(digest) ?? null;
    const top = version && highest.get(shapeOf(version));
    return !version || !top || !isHigher(version, top);
  });
}

/** Of several tags, the version with the most numbers: 1.2.3 rather than 1. */
function versionOf(tags: readonly string[]): TagVersion | null {
  return tags.reduce<TagVersion | null>((best, tag) => {
    const version = tagVersion(tag);
    if (version === null || !isVersion(version)) return best;
    return best === null || version.numbers.length > best.numbers.length ? version : best;
  }, null);
}
