/*
 * What a synchronisation left out, in sentences for people.
 */

const mentionedTags = 5;

export function capNote(checked: number, matching: number): string[] {
  if (matching <= checked) return [];
  return [
    `Only the newest-looking ${checked} of ${matching} matching tags were looked at; narrow the tag filter or raise registryMaxTags.`,
  ];
}

/** @param tags those whose content is no image */
export function artifactNote(tags: readonly string[]): string[] {
  if (tags.length === 0) return [];
  const count =
    tags.length === 1 ? "1 tag that is no image" : `${tags.length} tags that are no images`;
  return [`Left out ${count} (signatures, attestations, caches and the like): ${named(tags)}.`];
}

/** One sentence for each reason, with the first tags that it holds for. */
export function skippedNotes(skipped: ReadonlyMap<string, string>): string[] {
  const byReason = new Map<string, string[]>();
  for (const [tag, reason] of skipped) byReason.set(reason, [...(byReason.get(reason) ?? []), tag]);
  return [...byReason].map(([reason, tags]) => `Left out ${named(tags)}: ${reason}`);
}

function named(tags: readonly string[]): string {
  const more = tags.length - mentionedTags;
  return `${tags.slice(0, mentionedTags).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
