import { type Bundle, bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { limits } from "../limits.ts";
import { at, parsed, textAt } from "./json.ts";
import type { Proven, TrustRoot } from "./proven.ts";

/**
 * Sigstore's own library, asked for all that it knows to ask: a certificate of a trusted authority that was
 * valid when it was used, by a time that a log or a timestamp authority has signed; the certificate's and the
 * signature's entries in their logs; the signature itself. Who has signed is compared elsewhere: the
 * library takes its policy's subject for a regular expression that need not match as a whole.
 */
export function openTrustRoot(value: unknown): TrustRoot | string {
  let verifier: Verifier;
  try {
    const root = TrustedRoot.fromJSON(value);
    if (root.certificateAuthorities.length === 0) return "it has no certificate authority";
    if (root.tlogs.length === 0) return "it has no transparency log (tlogs)";
    if (root.ctlogs.length === 0) return "it has no log of certificates (ctlogs)";
    verifier = new Verifier(toTrustMaterial(root), {
      ctlogThreshold: 1,
      tlogThreshold: 1,
      timestampThreshold: 1,
    });
  } catch (error) {
    return `it cannot be read: ${sentence(error)}`;
  }
  return { prove: (bundle) => prove(verifier, bundle) };
}

/*
 * Anybody who may push to a repository chooses what is checked here. The library compares every time with
 * every other, and makes objects of every few bytes of a certificate, so it is given few and short ones: a
 * genuine bundle has one or two times, and a certificate of 1 to 3 kB.
 */
const mostEntries = 8;
const longestCertificate = 8192;
const longestTimestamp = 16_384;

/** Why the library is not asked of a bundle: the rest of a sentence; null: it is. */
function tooMuch(text: string, bundle: unknown): string | null {
  if (text.length > limits.signatureLength) return "it is too long";
  const material = at(bundle, "verificationMaterial");
  const entries = at(material, "tlogEntries") ?? [];
  const stamps = at(material, "timestampVerificationData", "rfc3161Timestamps") ?? [];
  const chain = at(material, "x509CertificateChain", "certificates") ?? [];
  for (const list of [entries, stamps, chain]) {
    if (!Array.isArray(list)) return "it is damaged";
    if (list.length > mostEntries)
      return `it has more than ${mostEntries} entries, times or certificates`;
  }
  const certificates = [at(material, "certificate"), ...(chain as unknown[])];
  const isLong = (most: number, name: string) => (one: unknown) =>
    (textAt(one, name)?.length ?? 0) > most;
  if (certificates.some(isLong(longestCertificate, "rawBytes")))
    return "its certificate is too long";
  if ((stamps as unknown[]).some(isLong(longestTimestamp, "signedTimestamp"))) {
    return "its timestamp is too long";
  }
  return null;
}

function prove(verifier: Verifier, text: string): Proven {
  try {
    const value = parsed(text);
    const excess = tooMuch(text, value);
    if (excess !== null) return { ok: false, why: excess };
    const bundle = bundleFromJSON(value);
    if (bundle.content.$case !== "dsseEnvelope") {
      return { ok: false, why: "it signs bytes, and no statement" };
    }
    const entity = toSignedEntity(bundle);
    const { identity } = verifier.verify(entity);
    const issuer = identity?.extensions?.issuer;
    const subject = identity?.subjectAlternativeName;
    if (!issuer || !subject) return { ok: false, why: "its certificate names no identity" };
    const { payload, payloadType } = bundle.content.dsseEnvelope;
    return {
      ok: true,
      by: { issuer, subject },
      signedAt: signedAt(bundle, entity.timestamps),
      payload: Buffer.from(payload),
      payloadType,
    };
  } catch (error) {
    return { ok: false, why: sentence(error) };
  }
}

/** The first of the times for which the verifier has checked the certificate. */
function signedAt(
  { verificationMaterial }: Bundle,
  timestamps: ReturnType<typeof toSignedEntity>["timestamps"],
): number {
  const logged = verificationMaterial.tlogEntries.flatMap(({ inclusionPromise, integratedTime }) =>
    inclusionPromise === undefined ? [] : Number(integratedTime) * 1000,
  );
  const stamped = timestamps.flatMap((one) =>
    one.$case === "timestamp-authority" ? one.timestamp.signingTime.getTime() : [],
  );
  return Math.min(...logged, ...stamped);
}

function sentence(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const reason = cause instanceof Error ? `: ${cause.message}` : "";
  return `${message}${reason}`.slice(0, 300);
}
