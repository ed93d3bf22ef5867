import type { TagFilter } from "../images/tag-filter.ts";
import { type DatedDigest, updateAvailable } from "../images/update-available.ts";
import { nextOpening, type UpdateWindow } from "../images/update-window.ts";
import type { UpdateKind } from "../update-kinds.ts";

/** That a tag came to point to a digest. Times are epoch milliseconds. */
export interface Sighting {
  digestId: string;
  tag: string;
  since: number;
}

/** What is known of a digest beside its tags, which it had at different times. */
export type KnownDigest = Pick<DatedDigest, "id" | "pushedAt" | "undated">;

/** The part of an update policy that decides when and what. */
export interface TriedPolicy {
  kinds: readonly UpdateKind[];
  minimumAgeMinutes: number;
  windows: readonly UpdateWindow[];
  timeZone: string;
  snoozedUntil: number | null;
  pinned: boolean;
}

/** What a policy would have done with one digest. */
export interface WhatIf {
  digestId: string;
  tag: string;
  kind: UpdateKind;
  /** when it became the update */
  appearedAt: number;
  outcome: "deployed" | "waiting" | "superseded" | "not_allowed";
  /** when it would have been, or will be, deployed; null: never */
  deployedAt: number | null;
}

/**
 * What auto-update would have done by this policy over the recorded past: the tags that match the filter
 * as they moved, beginning with the first digest of them as what was deployed. Deploys are taken to
 * succeed at once, as nothing else is known of them.
 *
 * @returns one entry for each digest that was an update, in the order in which they appeared
 */
export function whatIf(
  past: { sightings: readonly Sighting[]; digests: readonly KnownDigest[]; filter: TagFilter },
  policy: TriedPolicy,
  now: number,
): WhatIf[] {
  const sightings = past.sightings.toSorted((a, b) => a.since - b.since);
  const digests = new Map(past.digests.map((digest) => [digest.id, digest]));
  const pointing = new Map<string, Sighting>();
  const entries = new Map<string, WhatIf>();
  let deployed: { digestId: string; tag: string } | null = null;

  for (const [index, sighting] of sightings.entries()) {
    pointing.set(sighting.tag, sighting);
    const next = sightings[index + 1];
    // What appeared at one moment is looked at together.
    if (next?.since === sighting.since) continue;
    const until = Math.min(now, next?.since ?? now);
    let at = sighting.since;
    for (;;) {
      const state = stateAt(past.filter, policy, digests, pointing, deployed);
      if (state === null) {
        deployed = firstOf(pointing, digests);
        break;
      }
      const { update, automatic } = state;
      if (update !== null && automatic === null) {
        note(entries, update, at, { outcome: "not_allowed", deployedAt: null });
      }
      if (automatic === null) break;
      const due = dueAt(policy, pointing.get(automatic.tag)?.since ?? at, at);
      if (due === null || due > until) {
        note(entries, automatic, at, { outcome: "waiting", deployedAt: due });
        break;
      }
      note(entries, automatic, at, { outcome: "deployed", deployedAt: due });
      deployed = automatic;
      at = due;
    }
  }
  const current = stateAt(past.filter, policy, digests, pointing, deployed)?.automatic?.digestId;
  return [...entries.values()].map((entry) =>
    entry.outcome === "waiting" && entry.digestId !== current
      ? { ...entry, outcome: "superseded", deployedAt: null }
      : entry,
  );
}

function stateAt(
  filter: TagFilter,
  policy: TriedPolicy,
  known: ReadonlyMap<string, KnownDigest>,
  pointing: ReadonlyMap<string, Sighting>,
  deployed: { digestId: string; tag: string } | null,
) {
  if (deployed === null) return null;
  const tags = new Map<string, string[]>([[deployed.digestId, []]]);
  for (const { tag, digestId } of pointing.values()) {
    tags.set(digestId, [...(tags.get(digestId) ?? []), tag]);
  }
  return updateAvailable({
    hasRegistry: true,
    deployedDigestId: deployed.digestId,
    deployedTags: [deployed.tag],
    filter,
    digests: [...tags].flatMap(([id, own]): DatedDigest[] => {
      const digest = known.get(id);
      return digest === undefined
        ? []
        : [{ ...digest, tags: own, quarantined: false, skipped: false }];
    }),
    automaticKinds: policy.kinds,
  });
}

/** Of what was there first, the newest. */
function firstOf(
  pointing: ReadonlyMap<string, Sighting>,
  known: ReadonlyMap<string, KnownDigest>,
): Sighting | null {
  const pushedAt = ({ digestId }: Sighting) => known.get(digestId)?.pushedAt ?? 0;
  return [...pointing.values()].toSorted((a, b) => pushedAt(b) - pushedAt(a))[0] ?? null;
}

/** When it may be deployed, not before `at`; null: never */
function dueAt(policy: TriedPolicy, since: number, at: number): number | null {
  if (policy.pinned) return null;
  const ripe = since + policy.minimumAgeMinutes * 60_000;
  const earliest = Math.max(at, ripe, policy.snoozedUntil ?? 0);
  return nextOpening(policy.windows, policy.timeZone, earliest);
}

function note(
  entries: Map<string, WhatIf>,
  { digestId, tag, kind }: { digestId: string; tag: string; kind: UpdateKind },
  at: number,
  came: Pick<WhatIf, "outcome" | "deployedAt">,
): void {
  const appearedAt = entries.get(digestId)?.appearedAt ?? at;
  entries.set(digestId, { digestId, tag, kind, appearedAt, ...came });
}
