import type { UpdateReason } from "./update-available.ts";

/** What the last check of an image came to, and what that rests on. */
export interface Verdict {
  kind: "update" | "none" | "skipped" | "not_checked";
  /** the last check that worked; null: none did */
  checkedAt: Date | null;
  /** which registry was asked; null: the image is linked to none */
  registryHost: string | null;
  /** the tag and the manifest digest that the sentence is about; null: none */
  tag: string | null;
  digest: string | null;
  /** why, in a sentence for people */
  reason: string;
}

/** What a verdict is made from. */
export interface VerdictFacts {
  reason: UpdateReason;
  registryHost: string | null;
  checkedAt: Date | null;
  /** why the last check failed; null: it did not */
  lastError: string | null;
  /** what an update would deploy */
  update: { tag: string | null; digest: string; because: string } | null;
  /** the newest digest that matches the filter */
  newest: { tag: string | null; digest: string } | null;
  /** why a person skipped the newest, or why it failed here */
  unwantedBecause: string | null;
}

/** What is known of an image's updates, in words, with what that rests on. */
export function verdictOf(facts: VerdictFacts): Verdict {
  const { registryHost, checkedAt, update, newest } = facts;
  const known = { checkedAt, registryHost };
  if (update !== null) {
    const { tag, digest, because } = update;
    return { ...known, kind: "update", tag, digest, reason: because };
  }
  const { kind, sentence } = whyNone(facts);
  const because = kind === "skipped" ? facts.unwantedBecause : null;
  return {
    ...known,
    kind,
    tag: newest?.tag ?? null,
    digest: newest?.digest ?? null,
    reason: because === null ? sentence : `${sentence} Reason: ${because}`,
  };
}

/** Why there is no update, in the words that every place uses. */
export function whyNone({
  reason,
  lastError,
  checkedAt,
}: Pick<VerdictFacts, "reason" | "lastError" | "checkedAt">): {
  kind: Exclude<Verdict["kind"], "update">;
  sentence: string;
} {
  const known = sentences[reason];
  if (known !== undefined) return known;
  if (lastError !== null) {
    return {
      kind: "not_checked",
      sentence: `The last check of the registry failed: ${lastError}`,
    };
  }
  if (checkedAt === null) {
    return { kind: "not_checked", sentence: "The registry was not checked yet." };
  }
  return {
    kind: "none",
    sentence: "The newest version that matches the tag filter is deployed.",
  };
}

const sentences: Partial<Record<UpdateReason, ReturnType<typeof whyNone>>> = {
  no_registry: {
    kind: "not_checked",
    sentence: "It is linked to no registry, so newer versions are not known.",
  },
  quarantined: {
    kind: "skipped",
    sentence:
      "The newer version failed or was rolled back here: release it, or wait for a newer one.",
  },
  skipped: {
    kind: "skipped",
    sentence: "The newer version was skipped: it counts again when that is taken back.",
  },
  undated: {
    kind: "none",
    sentence:
      "It is not known when the other versions were pushed, so none of them counts as newer: deploy one by hand. What is pushed from now on is noticed.",
  },
  nothing_deployed: {
    kind: "none",
    sentence:
      "Nothing that runs is known as a digest of this image, so there is nothing to compare with: check for updates, or deploy once.",
  },
  deployed_unknown: {
    kind: "none",
    sentence:
      "The deployed digest is no longer known, so there is nothing to compare with: deploy once.",
  },
};
