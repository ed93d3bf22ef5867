import { type Registry, repositoryOf } from "../registries/connections.ts";
import type { ImageDescription } from "../registries/describe-image.ts";
import { type Outcome, success } from "../registries/outcome.ts";
import { parseReference } from "../registries/reference.ts";
import { type DigestDescriptions, newDigest, pushTimes } from "./digest-descriptions.ts";
import type { NewDigest } from "./digests.store.ts";
import type { ListedTags } from "./listed-tags.ts";
import { lookAtTags, type TagSearch } from "./look-at-tags.ts";
import { type NewerOutside, newerOutside } from "./newer-outside.ts";
import { looksLikeReferrer } from "./newest-tags.ts";
import { commonPlatform } from "./server-platform.ts";
import type { SyncSubject } from "./sync.store.ts";
import { artifactNote, capNote, skippedNotes } from "./sync-notes.ts";
import { listNotes, tellsAll } from "./tag-candidates.ts";
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
  /** higher versions that the filter leaves out */
  newerOutside: NewerOutside | null;
  /** sentences on what was left out */
  notes: string[];
  /** in the repository, matching the filter, looked at */
  tags: { listed: number; matching: number; checked: number };
}

/** Asks the registry everything that a synchronisation needs; writes nothing. */
export async function observeRegistry(
  descriptions: DigestDescriptions,
  subject: SyncSubject,
  options: {
    registry: Registry;
    rows: readonly TaggedDigest[];
    lastList: TagSearch["lastList"];
    abort: AbortController;
  },
): Promise<Outcome<RegistryObservation>> {
  const { registry, rows, lastList } = options;
  const { client } = registry;
  const parsed = parseReference(subject.image.imageName);
  if (!parsed.ok) throw new Error(`a stored image name is not valid: ${parsed.message}`);
  const repository = repositoryOf(client.endpoint, parsed.reference);
  const filter = storedTagFilter(subject.image.tagFilter);
  const knownTags = new Set(rows.flatMap(({ tags }) => tags));
  const look = await lookAtTags(
    {
      registry,
      repository,
      domain: parsed.reference.domain,
      filter,
      most: subject.maxTags,
      known: knownTags,
      checkedAlike: subject.checkedAlike,
      lastList,
    },
    options.abort,
  );
  if (!look.ok) return look;
  const { candidates, gone, resolved, skipped, matching, looked } = look.value;
  const answered = [...resolved.keys()].reverse();
  const whole = tellsAll(candidates, answered);
  const openNotes = listNotes(candidates, filter, answered);

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
    looked === matching &&
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
  const details =
    look.value.details ?? (unknown.size > 0 ? await registry.tagDetails(repository) : new Map());
  const times = pushTimes(details);
  const appeared = new Set(
    [...resolved].flatMap(([tag, digest]) =>
      knownTags.has(tag) || look.value.fresh.has(tag) ? [digest] : [],
    ),
  );
  const at = new Date();
  // What runs and has lost its tag is looked for by its digest. What is not there was built elsewhere.
  const running = await descriptions.describeAll(
    client,
    repository,
    subject.unknownRunning.filter((digest) => !isPartOf(digest, described.value.digests.values())),
    commonPlatform(subject.platforms),
  );
  const found = new Map([...(running.ok ? running.value.digests : []), ...described.value.digests]);
  return success({
    resolved,
    // What matches was asked for by name. What does not is gone when the list is to be believed
    // and lacks it; a tag that was recorded while it was being read may simply be younger.
    isGone: (tag) =>
      gone.has(tag) ||
      (whole && knownTags.has(tag) && !candidates.listed.has(tag) && !matchesFilter(filter, tag)),
    fresh: new Map(
      [...found].map(([digest, about]) => [
        digest,
        newDigest(about, times.get(digest) ?? null, {
          at,
          appeared:
            appeared.has(digest) || (subject.checkedAlike && described.value.digests.has(digest)),
        }),
      ]),
    ),
    complete,
    list: look.value.list,
    newerOutside: newerOutside(candidates.listed, filter),
    notes: [
      ...capNote(looked, matching),
      ...openNotes,
      ...artifactNote(artifacts.sort()),
      ...skippedNotes(skipped),
    ],
    tags: {
      listed: candidates.listed.size,
      matching,
      checked: looked,
    },
  });
}

/** Whether what an engine calls by this digest is one of these images, or one of their platforms'. */
function isPartOf(digest: string, images: Iterable<ImageDescription>): boolean {
  for (const { manifestDigest, platforms } of images) {
    const known = platforms.flatMap((one) => [one.manifestDigest, one.configDigest]);
    if (manifestDigest === digest || known.includes(digest)) return true;
  }
  return false;
}
