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
 * Whether what was sent is the secret itself, for senders that cannot sign. A secret may have any
 * characters: what is beyond ASCII arrives byte by byte in a header.
 */
export function isSecret(secret: string, sent: string | null | undefined): boolean {
  const given = sent?.trim() ?? "";
  const wanted = secret.trim();
  const bytes = Buffer.from(given, "latin1").toString("utf8");
  // Both are compared, whatever the first says.
  return given !== "" && [given, bytes].filter((text) => sameText(text, wanted)).length > 0;
}
