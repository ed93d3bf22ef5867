import { createHash, createPublicKey, type KeyObject } from "node:crypto";

/** A key that images are signed with, as it is kept. */
export interface SigningKey {
  /** how people call it */
  name: string;
  /** PEM, as in cosign.pub */
  publicKey: string;
}

export interface TrustedKey {
  name: string;
  key: KeyObject;
}

const leastRsaBits = 2048;
const curves = new Set(["prime256v1", "secp384r1", "secp521r1"]);

/** @returns the key; or a sentence about why it cannot be used */
export function readPublicKey(pem: string): KeyObject | string {
  if (/PRIVATE KEY/.test(pem)) {
    return "it is a private key: give the public one (cosign.pub), and make a new pair, as this one has left its place";
  }
  if (!/^\s*-----BEGIN PUBLIC KEY-----/.test(pem)) {
    return "it is not a public key in PEM (-----BEGIN PUBLIC KEY-----), such as cosign.pub";
  }
  let key: KeyObject;
  try {
    key = createPublicKey({ key: pem, format: "pem" });
  } catch {
    return "it cannot be read: the PEM is damaged";
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === "ed25519") return key;
  if (type === "ec" && curves.has(details?.namedCurve ?? "")) return key;
  if (type === "rsa" && (details?.modulusLength ?? 0) >= leastRsaBits) return key;
  return `it is no ECDSA key of P-256, P-384 or P-521, Ed25519 key, or RSA key of ${leastRsaBits} bits or more`;
}

/** SHA-256 of the key in DER, in hexadecimal: what two people compare. */
export function fingerprintOf(pem: string): string {
  const der = createPublicKey(pem).export({ type: "spki", format: "der" });
  return createHash("sha256").update(der).digest("hex");
}
