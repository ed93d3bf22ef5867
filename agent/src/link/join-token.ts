import { createHash, timingSafeEqual, type X509Certificate } from "node:crypto";

/** What the agent learns from a join token before it connects to the control plane. */
export interface JoinToken {
  /** the whole token, as it is sent to the control plane */
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

/** Whether this is the certificate authority whose hash the token contains. */
export function hasAuthority(token: JoinToken, ca: X509Certificate): boolean {
  return timingSafeEqual(createHash("sha256").update(ca.raw).digest(), token.caSha256);
}

/** A hash by which a token that was used before is recognised, so that the token is not stored. */
export function tokenFingerprint(text: string): string {
  return createHash("sha256").update(text.trim()).digest("hex");
}
