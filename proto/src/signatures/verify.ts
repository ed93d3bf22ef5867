import { type KeyObject, verify as verifyBytes } from "node:crypto";
import type { ImageSignature } from "../messages.ts";
import { isTrusted, type TrustedIdentity } from "./identities.ts";
import { at, listAt, parsed, textAt } from "./json.ts";
import type { TrustRoot } from "./proven.ts";
import type { TrustedKey } from "./public-keys.ts";
import { simpleObjection, statementObjection, type Unproven } from "./statement.ts";

/*
 * Sources: cosign's "simple signing" (github.com/sigstore/cosign, specs/SIGNATURE_SPEC.md), and for bundles
 * the DSSE envelope (github.com/secure-systems-lab/dsse, protocol.md) with an in-toto statement.
 */

/** Whose signatures count. */
export interface Trust {
  keys: readonly TrustedKey[];
  identities: readonly TrustedIdentity[];
  /** null: there is none, so no identity can be proven */
  root: TrustRoot | null;
}

/** Who has signed. */
export type Signer =
  | { kind: "key"; name: string }
  /** `signedAt`: epoch milliseconds */
  | { kind: "identity"; issuer: string; subject: string; signedAt: number };

export type Verified =
  | { ok: true; by: Signer }
  /** `by`: who has signed all the same; null: that is not known. `why`: what does not hold of a certificate */
  | { ok: false; reason: Unproven; by: Signer | null; why?: string };

/** @param digest of the manifest or index that would be deployed: `sha256:…` */
export function verifySignature(found: ImageSignature, digest: string, trust: Trust): Verified {
  return found.kind === "simple"
    ? verifySimple(found, digest, trust.keys)
    : verifyBundle(found.text, digest, trust);
}

function verifySimple(
  { payload, signature }: { payload: string; signature: string },
  digest: string,
  keys: readonly TrustedKey[],
): Verified {
  const bytes = Buffer.from(payload, "base64");
  // The signature first: nothing is believed, or even read, of bytes that no key has signed.
  const by = signerOf(bytes, [signature], keys);
  return by === null ? unsigned("other key") : judged(by, simpleObjection(bytes, digest));
}

function verifyBundle(text: string, digest: string, trust: Trust): Verified {
  const bundle = parsed(text);
  const envelope = at(bundle, "dsseEnvelope");
  const payload = textAt(envelope, "payload");
  const payloadType = textAt(envelope, "payloadType");
  const signatures = listAt(envelope, 16, "signatures")?.map((one) => textAt(one, "sig") ?? "");
  if (payload === undefined || payloadType === undefined || signatures === undefined) {
    return unsigned("damaged");
  }
  const body = Buffer.from(payload, "base64");
  const by = signerOf(preAuthenticated(payloadType, body), signatures, trust.keys);
  if (by !== null) return judged(by, statementObjection({ payload: body, payloadType }, digest));
  return hasCertificate(bundle) ? verifyIdentity(text, digest, trust) : unsigned("other key");
}

function hasCertificate(bundle: unknown): boolean {
  return ["certificate", "x509CertificateChain"].some(
    (name) => at(bundle, "verificationMaterial", name) !== undefined,
  );
}

function verifyIdentity(text: string, digest: string, { root, identities }: Trust): Verified {
  if (root === null) return unsigned("no trust root");
  const proven = root.prove(text);
  if (!proven.ok) return { ...unsigned("not proven"), why: proven.why };
  const by = { kind: "identity" as const, ...proven.by, signedAt: proven.signedAt };
  const objection = statementObjection(proven, digest);
  return judged(by, isTrusted(proven.by, identities) ? objection : "other identity");
}

function unsigned(reason: Unproven): Verified & { ok: false } {
  return { ok: false, reason, by: null };
}

function judged(by: Signer, objection: Unproven | null): Verified {
  return objection === null ? { ok: true, by } : { ok: false, reason: objection, by };
}

/** What there is instead of a signature that counts, as the rest of a sentence: the nearest to one. */
export function unproven(results: readonly Verified[]): string {
  const failed = results.flatMap((one) => (one.ok ? [] : [one]));
  const first = (reason: Unproven) => failed.find((one) => one.reason === reason);
  const other = first("other identity");
  if (first("other digest")) return "has only a signature of another image";
  if (first("no signature")) return "has only other statements by that signer";
  if (other?.by?.kind === "identity") {
    return `has only signatures by others, such as ${other.by.subject} (${other.by.issuer})`;
  }
  const unprovenOne = first("not proven");
  if (unprovenOne) return `has only a signature that does not hold (${unprovenOne.why})`;
  if (first("no trust root")) {
    return "has only a signature with a certificate, and there is no trust root to check that with";
  }
  if (first("damaged")) return "has only a signature that cannot be read";
  return first("other key") ? "has only signatures by other keys" : "has no signature";
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
): Signer | null {
  for (const signature of signatures) {
    const raw = Buffer.from(signature, "base64");
    const signer = keys.find(({ key }) => isBy(key, bytes, raw));
    if (signer !== undefined) return { kind: "key", name: signer.name };
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
