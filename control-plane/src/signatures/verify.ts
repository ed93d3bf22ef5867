import { type KeyObject, verify as verifyBytes } from "node:crypto";
import { z } from "zod";
import type { TrustedKey } from "./public-keys.ts";

/**
 * Whether a signature is of exactly one digest and by one of the keys. Pure: bytes in, answer out.
 *
 * Sources: cosign's "simple signing" (github.com/sigstore/cosign, specs/SIGNATURE_SPEC.md), and for
 * bundles the DSSE envelope (github.com/secure-systems-lab/dsse, protocol.md) with an in-toto statement.
 */

/** What a registry has beside an image. */
export type FoundSignature =
  | { kind: "simple"; payload: Buffer; signature: string }
  | { kind: "bundle"; text: Buffer };

export type Verified = { ok: true; key: string } | { ok: false; reason: Unproven };

/** Why a signature proves nothing. */
export type Unproven =
  | "other key" // by none of the keys, or changed after it was made
  | "other digest" // valid, and of another image
  | "damaged" // cannot be read
  | "no signature"; // valid, and says something else than that the image is signed

const cosignType = "cosign container image signature";
const inTotoType = "application/vnd.in-toto+json";
const signPredicate = "https://sigstore.dev/cosign/sign/v1";

const simpleShape = z.object({
  critical: z.object({
    image: z.object({ "docker-manifest-digest": z.string() }),
    type: z.string(),
  }),
});

const bundleShape = z.object({
  dsseEnvelope: z.object({
    payload: z.string(),
    payloadType: z.string(),
    signatures: z.array(z.object({ sig: z.string() })).max(16),
  }),
});

const statementShape = z.object({
  predicateType: z.string(),
  subject: z.array(z.object({ digest: z.record(z.string(), z.string()) })).max(1000),
});

/** @param digest of the manifest or index that would be deployed: `sha256:…` */
export function verifySignature(
  found: FoundSignature,
  digest: string,
  keys: readonly TrustedKey[],
): Verified {
  return found.kind === "simple"
    ? verifySimple(found, digest, keys)
    : verifyBundle(found.text, digest, keys);
}

function verifySimple(
  { payload, signature }: { payload: Buffer; signature: string },
  digest: string,
  keys: readonly TrustedKey[],
): Verified {
  // The signature first: nothing is believed, or even read, of bytes that no key has signed.
  const key = signerOf(payload, [signature], keys);
  if (key === null) return { ok: false, reason: "other key" };
  const said = readJson(payload, simpleShape);
  if (said === null) return { ok: false, reason: "damaged" };
  const { image, type } = said.critical;
  if (type !== cosignType) return { ok: false, reason: "no signature" };
  if (image["docker-manifest-digest"] !== digest) return { ok: false, reason: "other digest" };
  return { ok: true, key };
}

function verifyBundle(text: Buffer, digest: string, keys: readonly TrustedKey[]): Verified {
  const bundle = readJson(text, bundleShape);
  if (bundle === null) return { ok: false, reason: "damaged" };
  const { payload, payloadType, signatures } = bundle.dsseEnvelope;
  const body = Buffer.from(payload, "base64");
  const key = signerOf(
    preAuthenticated(payloadType, body),
    signatures.map(({ sig }) => sig),
    keys,
  );
  if (key === null) return { ok: false, reason: "other key" };
  const statement = payloadType === inTotoType ? readJson(body, statementShape) : null;
  if (statement === null) return { ok: false, reason: "damaged" };
  // The same key signs SBOMs and provenance, which say nothing of whether the image may run.
  if (statement.predicateType !== signPredicate) return { ok: false, reason: "no signature" };
  const [algorithm = "", hex = ""] = digest.split(":");
  const isOfIt = statement.subject.some((one) => ownValue(one.digest, algorithm) === hex);
  return isOfIt ? { ok: true, key } : { ok: false, reason: "other digest" };
}

/** The bytes that a DSSE signature is of. */
export function preAuthenticated(payloadType: string, body: Buffer): Buffer {
  const type = Buffer.from(payloadType, "utf8");
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} `),
    type,
    Buffer.from(` ${body.length} `),
    body,
  ]);
}

function signerOf(
  bytes: Buffer,
  signatures: readonly string[],
  keys: readonly TrustedKey[],
): string | null {
  for (const signature of signatures) {
    const raw = Buffer.from(signature, "base64");
    const signer = keys.find(({ key }) => isBy(key, bytes, raw));
    if (signer !== undefined) return signer.name;
  }
  return null;
}

function isBy(key: KeyObject, bytes: Buffer, signature: Buffer): boolean {
  return hashesFor(key).some((hash) => {
    try {
      return verifyBytes(hash, bytes, key, signature);
    } catch {
      return false;
    }
  });
}

/** cosign signs with SHA-256 whatever the curve; later versions go by the curve. */
function hashesFor(key: KeyObject): (string | null)[] {
  if (key.asymmetricKeyType === "ed25519") return [null];
  if (key.asymmetricKeyType === "rsa") return ["sha256"];
  const byCurve: Record<string, string> = { secp384r1: "sha384", secp521r1: "sha512" };
  const own = byCurve[key.asymmetricKeyDetails?.namedCurve ?? ""];
  return own === undefined ? ["sha256"] : ["sha256", own];
}

function ownValue(values: Record<string, string>, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function readJson<T>(text: Buffer, shape: z.ZodType<T>): T | null {
  try {
    return shape.parse(JSON.parse(text.toString("utf8")));
  } catch {
    return null;
  }
}
