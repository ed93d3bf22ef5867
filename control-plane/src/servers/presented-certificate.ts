import { X509Certificate } from "node:crypto";
import type { PeerCertificate } from "node:tls";
import { type AgentIdentity, identityOf } from "./server-uri.ts";

/** What counts of an agent's certificate, which our authority has signed. */
export interface PresentedCertificate extends AgentIdentity {
  /** as Node prints it */
  serial: string;
  validFrom: Date;
  expiresAt: Date;
}

/** Of a peer whose certificate TLS has verified; null: it has none, or it is no server's. */
export function presentedCertificate(
  peer: PeerCertificate | undefined,
): PresentedCertificate | null {
  const identity = identityOf(peer?.subjectaltname);
  if (!peer || identity === null) return null;
  return {
    ...identity,
    serial: peer.serialNumber,
    validFrom: new Date(peer.valid_from),
    expiresAt: new Date(peer.valid_to),
  };
}

/** Of a certificate that was just issued for a server. */
export function issuedCertificate(identity: AgentIdentity, pem: string): PresentedCertificate {
  const { serialNumber, validFrom, validTo } = new X509Certificate(pem);
  return {
    ...identity,
    serial: serialNumber,
    validFrom: new Date(validFrom),
    expiresAt: new Date(validTo),
  };
}
