import type { Unproven, Verified } from "@bridgeport/proto/signatures";

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
  /** why it does not count: a sentence; null: it does */
  why: string | null;
}

const reasons: Record<Unproven, string> = {
  "other key": "It is by a key that no rule of this image names.",
  "other identity": "It is by an identity that no rule of this image names.",
  "other digest": "It is of another image.",
  damaged: "It cannot be read.",
  "not proven": "It does not hold",
  "no trust root":
    "It has a certificate, and this control plane has no trust root to check that with (BRIDGEPORT_SIGSTORE_TRUST_ROOT).",
  "no signature": "It says something else than that the image is signed.",
};

export function seenSignature(verified: Verified): SeenSignature {
  const { ok: counts, by } = verified;
  const identity = by?.kind === "identity" ? by : null;
  return {
    counts,
    key: by?.kind === "key" ? by.name : null,
    issuer: identity?.issuer ?? null,
    subject: identity?.subject ?? null,
    signedAt: identity && new Date(identity.signedAt).toISOString(),
    why: verified.ok ? null : reasonOf(verified),
  };
}

function reasonOf({ reason, why }: Verified & { ok: false }): string {
  return why === undefined ? reasons[reason] : `${reasons[reason]}: ${why}.`;
}
