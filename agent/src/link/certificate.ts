import { createPrivateKey, KeyObject, X509Certificate } from "node:crypto";

/** A new key, which exists only in this process, and the request for its certificate. */
export interface CertificateRequest {
  /** PKCS#8 */
  keyPem: string;
  csrPem: string;
}

/**
 * Creates an ECDSA P-256 key pair and a certificate request. The control plane decides on the
 * certificate's names.
 */
export async function requestCertificate(commonName: string): Promise<CertificateRequest> {
  // Loaded only when it is needed, to save memory: at enrolment, and at half of a certificate's lifetime.
  await import("reflect-metadata");
  const { Pkcs10CertificateRequestGenerator } = await import("@peculiar/x509");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const csr = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [commonName] }],
    keys,
    signingAlgorithm: algorithm,
  });
  const keyPem = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" });
  return { keyPem: keyPem.toString(), csrPem: csr.toString("pem") };
}

/** Reads a certificate; null if the text is not one. */
export function parseCertificate(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

/** Reads authorities, the one that issues certificates first; null if one of them is no certificate, or there is none. */
export function parseAuthorities(
  pems: readonly string[],
): [X509Certificate, ...X509Certificate[]] | null {
  const [first, ...more] = pems.map(parseCertificate);
  if (!first || !more.every((each) => each !== null)) return null;
  return [first, ...more];
}

/** The certificates that stand one after the other in a text. */
export function splitPem(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

/** What is wrong with a certificate that was issued for `keyPem` by one of `authorities`; null if nothing is. */
export function certificateFault(
  certificatePem: string,
  authorities: readonly X509Certificate[],
  keyPem: string,
): string | null {
  const certificate = parseCertificate(certificatePem);
  if (certificate === null) return "it is not a certificate";
  if (!certificate.checkPrivateKey(createPrivateKey(keyPem))) return "it is for another key";
  if (!authorities.some(({ publicKey }) => certificate.verify(publicKey))) {
    return "it is not signed by the control plane's authority";
  }
  return null;
}

/** When a certificate should be renewed (at half its lifetime) and when it expires, in epoch milliseconds. */
export function certificateLifetime(
  certificatePem: string,
): { renewAt: number; expiresAt: number } | null {
  const certificate = parseCertificate(certificatePem);
  if (certificate === null) return null;
  const begins = Date.parse(certificate.validFrom);
  const expiresAt = Date.parse(certificate.validTo);
  return { renewAt: begins + (expiresAt - begins) / 2, expiresAt };
}
