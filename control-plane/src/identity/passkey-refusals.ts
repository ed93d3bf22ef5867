import { Problem } from "../problem.ts";
import type { Refusal } from "./passkey-ceremonies.ts";
import { type RelyingParty, relyingPartyOf } from "./relying-party.ts";

/** @throws {Problem} 409 that says why, where the console is reached at an address without passkeys */
export function requireRelyingParty(publicUrl: string): RelyingParty {
  const party = relyingPartyOf(publicUrl);
  if (typeof party === "string") throw new Problem("conflict", "passkeys_unavailable", party);
  return party;
}

/** Why a passkey does not count; the audit has the word, and the user gets the sentence. */
export type PasskeyRefusal =
  | Refusal
  /** this browser has asked for no challenge, or for another purpose */
  | "not_begun"
  /** the challenge is too old, or was answered before */
  | "expired"
  /** no user has it: it was removed, or is of another installation */
  | "unknown_passkey"
  /** it says that it is another user's */
  | "other_user";

const unusable = "The passkey's answer could not be used. Try again.";

export function passkeyRefused(
  kind: "invalid" | "unauthenticated",
  refusal: PasskeyRefusal,
  { origin }: RelyingParty,
): Problem {
  const sentences: Record<PasskeyRefusal, string> = {
    not_begun: "This was not begun in this browser. Begin it again.",
    expired: "This took longer than five minutes, or was used already. Begin it again.",
    unknown_passkey:
      "This passkey is not known here: it was removed, or belongs to another installation.",
    other_user: unusable,
    wrong_origin: `Passkeys work at ${origin} only: open the console there.`,
    wrong_rp_id: `This passkey is not one for ${origin}.`,
    user_not_verified:
      "The passkey has not checked that it is you: set up a PIN, a fingerprint or the like for it.",
    counter:
      "This passkey has been used elsewhere since its last login, so that it may have been copied. Log in with your password, and remove it.",
    attestation: "The passkey sent a certificate of its maker, which was not asked for.",
    invalid: unusable,
  };
  const code = refusal === "unknown_passkey" ? refusal : "passkey_refused";
  return new Problem(kind, code, sentences[refusal]);
}
