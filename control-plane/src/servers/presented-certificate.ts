import { X509Certificate } from "node:crypto";
import type { PeerCertificate } from "node:tls";
import type { Authority } from "./certificate-authority.ts";
import { type AgentIdentity, identityOf } from "./server-uri.ts";

/** What counts of an agent's certificate, which an authority of ours has signed. */
export interface PresentedCertificate extends AgentIdentity {
  /** the fingerprint of that one */
  authority: string;
  /** as Node prints it */
  serial: string;
  validFrom: Date;
  expiresAt: Date;
}

/**
 * Of a peer whose certificate TLS has verified; null: it has none, it is no server's, or its authority
 * has been retired since the connection began.
 */
export function presentedCertificate(
  peer: PeerCertificate | undefined,
  ours: Pick<Authority, "trusted">,
): PresentedCertificate | null {
  const identity = identityOf(peer?.subjectaltname);
  if (!peer || identity === null) return null;
  const authority = issuerOf(new X509Certificate(peer.raw), ours);
  if (authority === null) return null;
  return {
    ...identity,
    authority,
    serial: peer.serialNumber,
    validFrom: new Date(peer.valid_from),
    expiresAt: new Date(peer.valid_to),
  };
}

/** Of a certificate that was just issued for a server. */
export function issuedCertificate(
  identity: AgentIdentity,
  pem: string,
  ours: Pick<Authority, "trusted">,
): PresentedCertificate {
  const certificate = new X509Certificate(pem);
  const authority = issuerOf(certificate, ours);
  if (authority === null) throw new Error("A certificate was issued by another authority");
  const { serialNumber, validFrom, validTo } = certificate;
  return {
    ...identity,
    authority,
    serial: serialNumber,
    validFrom: new Date(validFrom),
    expiresAt: new Date(validTo),
  };
}

/** @returns the fingerprint of the authority of ours that has signed it; null: none has */
export function issuerOf(
  certificate: X509Certificate,
  { trusted }: Pick<Authority, "trusted">,
): string | null {
  const issuer = trusted.find(({ publicKey }) => certificate.verify(publicKey));
  return issuer?.fingerprint ?? null;
}
