import type { Shown } from "./shown.ts";
import { isSecret, isSignedBy } from "./signature.ts";
import { deliveryHeader, signedBytes, timestampHeader } from "./signed-time.ts";

/** How a sender shows that it knows the secret. */
export type Proof =
  /** the HMAC-SHA256 of the body in a header, in hexadecimal */
  | { kind: "signature"; header: string }
  /** the same, or of more than the body; see signed-time.ts */
  | { kind: "timed_signature"; header: string }
  /** the secret itself in a header; in `Authorization` with or without `Bearer` before it */
  | { kind: "secret"; header: string }
  /** `Authorization: Bearer` and the secret */
  | { kind: "bearer" }
  /** the secret in the URL's query, for senders that can be given nothing but a URL */
  | { kind: "query" };

/** By which of these means a request shows that its sender knows the secret; null: by none. */
export function provenBy(
  proofs: readonly Proof[],
  secret: string,
  shown: Shown,
  body: Uint8Array,
): Proof | null {
  const proven = proofs.find((proof) => {
    switch (proof.kind) {
      case "signature":
        return isSignedBy(secret, body, shown.header(proof.header));
      case "timed_signature":
        return isSignedBy(secret, signedBytes(shown, body), shown.header(proof.header));
      case "secret":
        return [shown.header(proof.header), bearer(shown, proof.header)].some((sent) =>
          isSecret(secret, sent),
        );
      case "bearer":
        return isSecret(secret, bearer(shown, "Authorization"));
      case "query":
        return isSecret(secret, secretOf(shown.query));
      default:
        return proof satisfies never;
    }
  });
  return proven ?? null;
}

/** What to do for a proof, as the rest of a sentence that begins with "Send". */
export function toSend(proofs: readonly Proof[], variable: string): string {
  return proofs
    .map((proof) => {
      switch (proof.kind) {
        case "signature":
          return `the HMAC-SHA256 of the body by ${variable}, in hexadecimal, in ${proof.header}`;
        case "timed_signature":
          return `the HMAC-SHA256 of the body by ${variable} (with ${timestampHeader}, the seconds since 1970: of ${deliveryHeader}, a dot, the timestamp, a dot and the body), in hexadecimal, in ${proof.header}`;
        case "secret":
          return `${variable} in the header ${proof.header}`;
        case "bearer":
          return `the header Authorization: Bearer with ${variable}`;
        case "query":
          return `${variable} in the URL as ?secret=`;
        default:
          return proof satisfies never;
      }
    })
    .join(", or ");
}

function bearer(shown: Shown, header: string): string | undefined {
  if (header.toLowerCase() !== "authorization") return undefined;
  return /^Bearer +(\S.*)$/is.exec(shown.header(header)?.trim() ?? "")?.[1];
}

/** A plus in a URL that a person put together is meant as one, not as a space. */
function secretOf(query: string): string | undefined {
  return new URLSearchParams(query.replaceAll("+", "%2B")).get("secret") ?? undefined;
}
