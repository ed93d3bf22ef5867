/** A digest row as far as its tags go. */
export interface TaggedDigest {
  id: string;
  manifestDigest: string;
  tags: readonly string[];
}

/** What a registry said of tags. */
export interface TagObservation {
  /** tag → the digest that it points to now */
  resolved: ReadonlyMap<string, string>;
  /** whether a tag that was known before no longer exists */
  isGone(tag: string): boolean;
}

export interface TagMoves {
  /** rows whose tags change, with all the tags that they have then, sorted */
  changed: { id: string; tags: string[] }[];
  /** digests that have no row yet, with their tags, sorted */
  fresh: { manifestDigest: string; tags: string[] }[];
}

/**
 * Which rows get other tags: a tag that moved leaves its old row and joins the new one, a deleted
 * one leaves its row. Tags that nothing was heard of stay where they are.
 */
export function planTagMoves(rows: readonly TaggedDigest[], seen: TagObservation): TagMoves {
  const tagsOf = new Map<string, string[]>();
  for (const [tag, digest] of seen.resolved) {
    const tags = tagsOf.get(digest);
    if (tags === undefined) tagsOf.set(digest, [tag]);
    else tags.push(tag);
  }
  const changed: TagMoves["changed"] = [];
  const known = new Set<string>();
  for (const row of rows) {
    known.add(row.manifestDigest);
    const stay = row.tags.filter((tag) => !seen.resolved.has(tag) && !seen.isGone(tag));
    const tags = [...new Set([...stay, ...(tagsOf.get(row.manifestDigest) ?? [])])].sort();
    const same = tags.length === row.tags.length && tags.every((tag) => row.tags.includes(tag));
    if (!same) changed.push({ id: row.id, tags });
  }
  const fresh = [...tagsOf]
    .filter(([digest]) => !known.has(digest))
    .map(([manifestDigest, tags]) => ({ manifestDigest, tags: tags.sort() }));
  return { changed, fresh };
}
