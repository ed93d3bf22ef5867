import { createHash, timingSafeEqual } from "node:crypto";
import { signatureOf } from "./message.ts";

/** Whether two texts are the same, in a time that tells nothing about where they differ. */
export function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/**
 * Whether a header holds the HMAC-SHA256 of a body by a secret: in hexadecimal, with or without
 * `sha256=` before it.
 */
export function isSignedBy(
  secret: string,
  body: Uint8Array,
  header: string | null | undefined,
): boolean {
  const sent = /^(?:sha256=)?([0-9a-f]{64})$/i.exec(header?.trim() ?? "")?.[1];
  return sent !== undefined && sameText(sent.toLowerCase(), signatureOf(secret, body));
}

/**
 * Whether an `Authorization` header holds the secret itself, for senders that cannot sign. A
 * secret may have any characters: what is beyond ASCII arrives byte by byte.
 */
export function isBearerOf(secret: string, header: string | null | undefined): boolean {
  const sent = /^Bearer +(.+)$/i.exec(header?.trim() ?? "")?.[1];
  if (sent === undefined) return false;
  const wanted = secret.trim();
  return sameText(sent, wanted) || sameText(Buffer.from(sent, "latin1").toString("utf8"), wanted);
}
