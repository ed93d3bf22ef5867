import type { ProvenIdentity } from "./identities.ts";
import { textAt } from "./json.ts";

/**
 * Which certificates and logs are believed: what Sigstore publishes as `trusted_root.json`, or what a
 * company's own installation has in its place.
 */
export interface TrustRoot {
  /** Checks a Sigstore bundle with a certificate, but not what it says. */
  prove(bundle: string): Proven;
}

export type Proven =
  | {
      ok: true;
      by: ProvenIdentity;
      /** when it was signed, as the log or the timestamp says: epoch milliseconds */
      signedAt: number;
      payload: Buffer;
      payloadType: string;
    }
  | { ok: false; why: string };

const mediaType = "application/vnd.dev.sigstore.trustedroot";

/** @returns the trust root that is in the text of a file, or a sentence about why there is none */
export async function readTrustRoot(text: string): Promise<TrustRoot | string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "it is not JSON";
  }
  if (!textAt(value, "mediaType")?.startsWith(mediaType)) {
    return "it is no trust root of Sigstore (trusted_root.json)";
  }
  // Loaded here, as most agents and control planes have no trust root and are to be small.
  const { openTrustRoot } = await import("./sigstore.ts");
  return openTrustRoot(value);
}
