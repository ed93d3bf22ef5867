import type { ProvenIdentity } from "./identities.ts";

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
