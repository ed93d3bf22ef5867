import type { Registry } from "../registries/connections.ts";
import type { TagDetail } from "../registries/dialects/dialect.ts";
import { servesDomain } from "../registries/endpoint.ts";
import {
  concernsWholeRegistry,
  failure,
  type Outcome,
  type RegistryFailure,
  success,
} from "../registries/outcome.ts";
import type { ListedTags } from "./listed-tags.ts";
import { looksLikeReferrer, newestFirst } from "./newest-tags.ts";
import { type Heads, pointTags } from "./point-tags.ts";
import { type TagCandidates, tagCandidates } from "./tag-candidates.ts";
import { chooseTags, listToKeep } from "./tag-choice.ts";
import type { TagFilter } from "./tag-filter.ts";

/** What is looked at, and what is known of it. */
export interface TagSearch {
  registry: Registry;
  repository: string;
  /** as the image's name has it */
  domain: string;
  filter: TagFilter;
  /** how many tags may be looked at */
  most: number;
  /** tags that are recorded */
  known: ReadonlySet<string>;
  /** the check before went by the same filter and left nothing out */
  checkedAlike: boolean;
  /** finds what the list had at the check before, where that could not look at all */
  lastList(): Promise<ListedTags | null>;
}

/** What a look at a repository's tags came to. */
export interface TagLook extends Heads {
  candidates: TagCandidates;
  /** those that the check before did not have */
  fresh: ReadonlySet<string>;
  /** that match and are there, and of these the ones that were looked at */
  matching: number;
  looked: number;
  /** what the vendor says, where it was asked */
  details: Map<string, TagDetail> | null;
  /** the list to compare the next one with; null: there is none, or it is as before */
  list: ListedTags | null;
}

/** Lists a repository's tags and asks where those that matter point to. */
export async function lookAtTags(
  search: TagSearch,
  abort: AbortController,
): Promise<Outcome<TagLook>> {
  const { registry, repository, filter, most, known } = search;
  const sought = tagCandidates(await registry.client.listTags(repository), filter, known);
  if (!sought.ok) return withoutList(sought, search);
  const { listed, refused, candidates, doubtful } = sought.value;

  const tooMany = candidates.length > most;
  // The vendor is asked only where its answer matters: unchanged repositories cost HEADs alone.
  const details = tooMany ? await registry.tagDetails(repository) : null;
  const last = tooMany ? await search.lastList() : null;
  const withTimes = (tags: readonly string[]) =>
    tags.map((tag) => ({ tag, pushedAt: details?.get(tag)?.pushedAt ?? null }));
  // A check that left nothing out recorded every tag that there was.
  const before =
    last === null && !search.checkedAlike
      ? null
      : (tag: string) => known.has(tag) || last?.has(tag) === true;
  const choice = chooseTags(withTimes(candidates), filter, most, before);
  const chosen = new Set(choice.chosen);
  // An earlier version recorded signatures as images; what is named like one is looked at again.
  const suspicious = candidates.filter(
    (tag) => known.has(tag) && looksLikeReferrer(tag) && !chosen.has(tag),
  );
  const beside = newestFirst(withTimes([...doubtful, ...suspicious]), filter).slice(0, most);
  const asked = [...chosen, ...beside.map(({ tag }) => tag)];

  const heads = await pointTags(registry.client, repository, asked, abort);
  if (!heads.ok) return concernsWholeRegistry(heads) ? heads : (refused ?? heads);
  const { gone, skipped, resolved } = heads.value;
  // Without a list, an account that may read nothing looks like a repository without these tags.
  if (refused !== null && resolved.size + skipped.size === 0) return withoutList(refused, search);

  const absent = (tag: string) => gone.has(tag) && !listed.has(tag);
  const there = new Set([...candidates, ...asked].filter((tag) => !absent(tag)));
  const unread = [...choice.fresh].filter((tag) => skipped.has(tag));
  const keep =
    tooMany && refused === null && listed.size > 0
      ? listToKeep(listed, [...choice.later, ...unread])
      : null;
  return success({
    candidates: sought.value,
    fresh: choice.fresh,
    // What looks newest comes last, so that of digests without a date it counts as the latest.
    resolved: new Map(
      asked.toReversed().flatMap((tag) => {
        const digest = resolved.get(tag);
        return digest === undefined ? [] : [[tag, digest] as const];
      }),
    ),
    gone,
    skipped,
    matching: there.size,
    looked: asked.filter((tag) => !absent(tag)).length,
    details,
    list: keep === null || last?.bytes.equals(keep.bytes) === true ? null : keep,
  });
}

/** Why there is nothing without the list, with what may be changed. */
function withoutList(failed: RegistryFailure, { registry, domain }: TagSearch): RegistryFailure {
  const { endpoint } = registry.client;
  if (failed.kind === "not_found" && !servesDomain(endpoint, domain)) {
    return failure(
      "not_found",
      `${failed.message} The image's name says ${domain}, its registry connection is for ${endpoint.domain}: link it to another one.`,
    );
  }
  const unless = { forbidden: "If the account may pull and not list, n", too_large: "Or n" };
  if (failed.kind !== "forbidden" && failed.kind !== "too_large") return failed;
  return {
    ...failed,
    message: `${failed.message} ${unless[failed.kind]}ame exact tags in the image's tag filter.`,
  };
}
