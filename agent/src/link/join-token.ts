import { createHash, timingSafeEqual, type X509Certificate } from "node:crypto";

/** What a join token tells the agent before it has talked to anybody. */
export interface JoinToken {
  /** the whole token, as the control plane wants it */
  text: string;
  /** SHA-256 of the certificate authority's certificate in DER */
  caSha256: Buffer;
}

/** Reads `bp1.<base64url sha256>.<base64url secret>`; null for anything else. */
export function parseJoinToken(text: string): JoinToken | null {
  const match = /^bp1\.([A-Za-z0-9_-]{43})\.[A-Za-z0-9_-]{16,200}$/.exec(text.trim());
  const hash = match?.[1];
  if (hash === undefined) return null;
  const caSha256 = Buffer.from(hash, "base64url");
  return caSha256.length === 32 ? { text: text.trim(), caSha256 } : null;
}

/** Whether this is the authority that the token names. */
export function namesAuthority(token: JoinToken, ca: X509Certificate): boolean {
  return timingSafeEqual(createHash("sha256").update(ca.raw).digest(), token.caSha256);
}

/** Recognises a token that was used before, without keeping it. */
export function tokenFingerprint(text: string): string {
  return createHash("sha256").update(text.trim()).digest("hex");
}
