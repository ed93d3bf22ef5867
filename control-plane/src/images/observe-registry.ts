import type { RegistryClient } from "../registries/client.ts";
import { type Registry, repositoryOf } from "../registries/connections.ts";
import type { TagDetail } from "../registries/dialects/dialect.ts";
import { servesDomain } from "../registries/endpoint.ts";
import {
  concernsWholeRegistry,
  failure,
  type Outcome,
  type RegistryFailure,
  success,
} from "../registries/outcome.ts";
import { type ImageReference, parseReference } from "../registries/reference.ts";
import { type DigestDescriptions, newDigest, pushTimes } from "./digest-descriptions.ts";
import type { NewDigest } from "./digests.store.ts";
import type { ListedTags } from "./listed-tags.ts";
import { looksLikeReferrer, newestFirst } from "./newest-tags.ts";
import { pointTags } from "./point-tags.ts";
import { commonPlatform } from "./server-platform.ts";
import type { SyncSubject } from "./sync.store.ts";
import { artifactNote, capNote, skippedNotes } from "./sync-notes.ts";
import { listNotes, tagCandidates, tellsAll } from "./tag-candidates.ts";
import { chooseTags, listToKeep } from "./tag-choice.ts";
import { matchesFilter, storedTagFilter } from "./tag-filter.ts";
import type { TaggedDigest, TagObservation } from "./tag-moves.ts";

/** What a registry has for an image. */
export interface RegistryObservation extends TagObservation {
  /** what is known of digests that are new */
  fresh: Map<string, Omit<NewDigest, "tags">>;
  /** whether every tag that matches is accounted for */
  complete: boolean;
  /** the list to compare the next one with; null: all of it was looked at, or it is as before */
  list: ListedTags | null;
  /** sentences on what was left out */
  notes: string[];
  /** in the repository, matching the filter, looked at */
  tags: { listed: number; matching: number; checked: number };
}

/**
 * Asks the registry everything that a synchronisation needs; writes nothing.
 * @param lastList finds what the list had at the check before, where that could not look at all
 */
export async function observeRegistry(
  descriptions: DigestDescriptions,
  subject: SyncSubject,
  registry: Registry,
  rows: readonly TaggedDigest[],
  lastList: () => Promise<ListedTags | null>,
  abort: AbortController,
): Promise<Outcome<RegistryObservation>> {
  const { client } = registry;
  const parsed = parseReference(subject.image.imageName);
  if (!parsed.ok) throw new Error(`a stored image name is not valid: ${parsed.message}`);
  const repository = repositoryOf(client.endpoint, parsed.reference);
  const filter = storedTagFilter(subject.image.tagFilter);

  const list = await client.listTags(repository);
  const knownTags = new Set(rows.flatMap(({ tags }) => tags));
  const sought = tagCandidates(list, filter, knownTags);
  if (!sought.ok) return withoutList(sought, client, parsed.reference);
  const found = sought.value;
  const { listed, candidates } = found;
  // The vendor is asked only where its answer matters: unchanged repositories cost HEADs alone.
  let details: Map<string, TagDetail> | null = null;
  const tooMany = candidates.length > subject.maxTags;
  if (tooMany) details = await registry.tagDetails(repository);
  const withTimes = (tags: readonly string[]) =>
    tags.map((tag) => ({ tag, pushedAt: details?.get(tag)?.pushedAt ?? null }));
  const last = tooMany ? await lastList() : null;
  // A check that left nothing out recorded every tag that there was.
  const before =
    last === null && !subject.checkedAlike
      ? null
      : (tag: string) => knownTags.has(tag) || last?.has(tag) === true;
  const choice = chooseTags(withTimes(candidates), filter, subject.maxTags, before);
  const chosen = new Set(choice.chosen);
  // An earlier version recorded signatures as images; what is named like one is looked at again.
  const suspicious = candidates.filter(
    (tag) => knownTags.has(tag) && looksLikeReferrer(tag) && !chosen.has(tag),
  );
  const doubtful = newestFirst(withTimes([...found.doubtful, ...suspicious]), filter);
  const asked = [...chosen, ...doubtful.slice(0, subject.maxTags).map(({ tag }) => tag)];
  const heads = await pointTags(client, repository, asked, abort);
  if (!heads.ok) return concernsWholeRegistry(heads) ? heads : (found.refused ?? heads);
  const { gone, skipped } = heads.value;
  // Without a list, an account that may read nothing looks like a repository without these tags.
  if (found.refused !== null && heads.value.resolved.size === 0) {
    return withoutList(found.refused, client, parsed.reference);
  }
  // What looks newest comes last, so that of digests without a date it counts as the latest.
  const resolved = new Map(
    asked.toReversed().flatMap((tag) => {
      const digest = heads.value.resolved.get(tag);
      return digest === undefined ? [] : [[tag, digest] as const];
    }),
  );
  const answered = asked.filter((tag) => resolved.has(tag));
  const absent = (tag: string) => gone.has(tag) && !listed.has(tag);
  const matching = [...new Set([...candidates, ...answered])].filter((tag) => !absent(tag));
  const looked = asked.filter((tag) => !absent(tag));
  const whole = tellsAll(found, answered);
  const openNotes = listNotes(found, filter, answered);

  const known = new Set(rows.map(({ manifestDigest }) => manifestDigest));
  const unknown = new Set(
    [...resolved].flatMap(([tag, digest]) =>
      known.has(digest) && !looksLikeReferrer(tag) ? [] : [digest],
    ),
  );
  const described = await descriptions.describeAll(
    client,
    repository,
    [...unknown],
    commonPlatform(subject.platforms),
  );
  if (!described.ok) return described;
  // What was left out for a reason that may pass was there all the same.
  const complete =
    looked.length === matching.length &&
    openNotes.length === 0 &&
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
  const appeared = new Set(
    [...resolved].flatMap(([tag, digest]) =>
      knownTags.has(tag) || choice.fresh.has(tag) ? [digest] : [],
    ),
  );
  const keep =
    tooMany && found.refused === null && listed.size > 0
      ? listToKeep(listed, [
          ...choice.later,
          ...[...choice.fresh].filter((tag) => skipped.has(tag)),
        ])
      : null;
  const at = new Date();
  return success({
    resolved,
    // What matches was asked for by name. What does not is gone when the list is to be believed
    // and lacks it; a tag that was recorded while it was being read may simply be younger.
    isGone: (tag) =>
      gone.has(tag) ||
      (whole && knownTags.has(tag) && !listed.has(tag) && !matchesFilter(filter, tag)),
    fresh: new Map(
      [...described.value.digests].map(([digest, about]) => [
        digest,
        newDigest(about, times.get(digest) ?? null, {
          at,
          appeared: subject.checkedAlike || appeared.has(digest),
        }),
      ]),
    ),
    complete,
    list: keep === null || last?.bytes.equals(keep.bytes) === true ? null : keep,
    notes: [
      ...capNote(looked.length, matching.length),
      ...openNotes,
      ...artifactNote(artifacts.sort()),
      ...skippedNotes(skipped),
    ],
    tags: {
      listed: listed.size,
      matching: matching.length,
      checked: looked.length,
    },
  });
}

/** Why there is nothing without the list, with what may be changed. */
function withoutList(
  failed: RegistryFailure,
  { endpoint }: RegistryClient,
  { domain }: ImageReference,
): RegistryFailure {
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
