import { unproven, type Verified } from "@bridgeport/proto/signatures";

/** One signature beside an image, as people read of it. */
export interface SeenSignature {
  /** it is one that the rule asks for */
  counts: boolean;
  /** name of the rule's key that made it; null: none of them did */
  key: string | null;
  /** of a certificate that holds: who vouches for whom; null: there is none, or it does not hold */
  issuer: string | null;
  subject: string | null;
  /** when that was signed, by the log's or the timestamp authority's word, in ISO 8601 */
  signedAt: string | null;
  /** why it does not count: the rest of a sentence that begins with the digest; null: it does */
  why: string | null;
}

export function seenSignature(verified: Verified): SeenSignature {
  const { ok: counts, by } = verified;
  const identity = by?.kind === "identity" ? by : null;
  return {
    counts,
    key: by?.kind === "key" ? by.name : null,
    issuer: identity?.issuer ?? null,
    subject: identity?.subject ?? null,
    signedAt: identity && new Date(identity.signedAt).toISOString(),
    why: counts ? null : unproven([verified]),
  };
}
