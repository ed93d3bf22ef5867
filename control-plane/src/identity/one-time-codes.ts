import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/*
 * Time-based one-time passwords (RFC 6238) as every authenticator app makes them: SHA-1, six digits,
 * a new one every 30 s.
 */

const stepMs = 30_000;
const digits = 6;
/** steps that a device's clock may be ahead or behind */
const skew = 1;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** A new secret, as base32: 160 bits, as RFC 4226 recommends. */
export function newCodeSecret(): string {
  return base32(randomBytes(20));
}

/** A code for a user who has lost the device: 80 bits, in groups that can be typed from paper. */
export function newRecoveryCode(): string {
  return (base32(randomBytes(10)).match(/.{4}/g) ?? []).join("-");
}

/** What an authenticator app reads from the QR code. */
export function otpauthUri(secret: string, account: string): string {
  const issuer = "Bridgeport";
  const query = new URLSearchParams({ secret, issuer, algorithm: "SHA1", digits: "6" });
  query.set("period", String(stepMs / 1000));
  return `otpauth://totp/${issuer}:${encodeURIComponent(account)}?${query}`;
}

export function stepAt(now: number): number {
  return Math.floor(now / stepMs);
}

/** The code of a step: RFC 4226 with the step as its counter. */
export function codeOf(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", fromBase32(secret)).update(counter).digest();
  const offset = mac.readUInt8(mac.length - 1) & 0x0f;
  const number = mac.readUInt32BE(offset) & 0x7f_ff_ff_ff;
  return String(number % 10 ** digits).padStart(digits, "0");
}

/** @returns the step that the code is of, after `lastStep` and not far from now; null if of none */
export function matchingStep(
  secret: string,
  code: string,
  { now, lastStep }: { now: number; lastStep: number },
): number | null {
  const current = stepAt(now);
  let match: number | null = null;
  for (let step = current - skew; step <= current + skew; step += 1) {
    const expected = Buffer.from(codeOf(secret, step));
    const given = Buffer.from(code);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) continue;
    if (step > lastStep) match ??= step;
  }
  return match;
}

/** A code as it was typed, possibly with spaces, hyphens and small letters; null if it is of neither kind. */
export function readCode(typed: string): { kind: "totp" | "recovery_code"; code: string } | null {
  const code = typed.replaceAll(/[\s-]/g, "").toUpperCase();
  if (/^\d{6}$/.test(code)) return { kind: "totp", code };
  return /^[A-Z2-7]{16}$/.test(code) ? { kind: "recovery_code", code } : null;
}

function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{5}/g) ?? []).map((five) => alphabet[Number.parseInt(five, 2)]).join("");
}

function fromBase32(text: string): Buffer {
  const bits = [...text]
    .map((sign) => alphabet.indexOf(sign).toString(2).padStart(5, "0"))
    .join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
