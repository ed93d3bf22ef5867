import { type Outcome, type RegistryFailure, success } from "../registries/outcome.ts";
import { isTag } from "../registries/reference.ts";
import { isWildcard, matchesFilter, type TagFilter } from "./tag-filter.ts";

/*
 * A repository's list of tags is not always to be had, nor to be believed: some accounts may pull
 * and not list, and a cache lists only what passed through it. What the filter names exactly is
 * therefore asked for by name, whatever the list says, and so is a tag that was there before.
 */

/** The tags that a check asks for. */
export interface TagCandidates {
  listed: ReadonlySet<string>;
  /** why there is no list; null: there is one */
  refused: RegistryFailure | null;
  /** what the filter matches in the list, and what it names exactly */
  candidates: string[];
  /** were there before and match the filter, but are not in the list */
  doubtful: string[];
}

/** Whether tags may be had by their names although their list is not. */
export function mayAskByName(failed: RegistryFailure): boolean {
  if (failed.kind === "rate_limited" || failed.kind === "unreachable") return false;
  const { status } = failed;
  return (
    failed.kind === "too_large" ||
    (status !== null && ((status >= 400 && status < 500) || status === 501))
  );
}

/** The tags that a filter names, rather than describes. */
export function exactTags({ patterns }: TagFilter): string[] {
  return patterns.filter((pattern) => !isWildcard(pattern) && isTag(pattern));
}

/**
 * @param known tags that were there at the check before
 * @returns why there is nothing to ask for
 */
export function tagCandidates(
  list: Outcome<string[]>,
  filter: TagFilter,
  known: Iterable<string>,
): Outcome<TagCandidates> {
  const exact = exactTags(filter);
  if (!list.ok && (exact.length === 0 || !mayAskByName(list))) return list;
  const listed = new Set(list.ok ? list.value : []);
  const matching = [...listed].filter((tag) => matchesFilter(filter, tag));
  const candidates = new Set([...matching, ...exact]);
  return success({
    listed,
    refused: list.ok ? null : list,
    candidates: [...candidates],
    doubtful: [...new Set(known)].filter(
      (tag) => !candidates.has(tag) && matchesFilter(filter, tag),
    ),
  });
}

/** Whether what the list does not have is not there. */
export function tellsAll({ listed, refused }: TagCandidates, answered: Iterable<string>): boolean {
  if (refused !== null || listed.size === 0) return false;
  for (const tag of answered) if (!listed.has(tag)) return false;
  return true;
}

/**
 * What a list that cannot be believed leaves open; nothing for a filter of exact names.
 * @param answered every tag that answered
 */
export function listNotes(
  candidates: TagCandidates,
  filter: TagFilter,
  answered: readonly string[],
): string[] {
  const wildcards = filter.patterns.filter(isWildcard);
  if (wildcards.length === 0 || tellsAll(candidates, answered)) return [];
  const patterns = wildcards.join(", ");
  if (candidates.refused !== null) {
    return [
      `The list of tags cannot be read, so what ${patterns} matches cannot be checked; what the filter names exactly was asked for by name. ${candidates.refused.message}`,
    ];
  }
  const unlisted = answered.filter((tag) => !candidates.listed.has(tag));
  if (unlisted.length === 0) {
    return [
      `The registry lists no tags, so ${patterns} matches none; if there are some, as behind a cache, name them exactly in the tag filter.`,
    ];
  }
  return [
    `The registry's list lacks tags that it has (${unlisted.slice(0, 5).join(", ")}), as a cache's does, so some that ${patterns} matches may be missing; what the filter names exactly was asked for by name.`,
  ];
}
