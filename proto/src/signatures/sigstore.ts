import { type Bundle, bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { parsed } from "./json.ts";
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

function prove(verifier: Verifier, text: string): Proven {
  try {
    const bundle = bundleFromJSON(parsed(text));
    if (bundle.content.$case !== "dsseEnvelope") {
      return { ok: false, why: "it signs bytes, and no statement" };
    }
    const entity = toSignedEntity(bundle);
    const { identity } = verifier.verify(entity);
    const issuer = identity?.extensions?.issuer;
    const subject = identity?.subjectAlternativeName;
    if (!issuer || !subject) return { ok: false, why: "its certificate names nobody" };
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
