import { createPrivateKey, KeyObject, X509Certificate } from "node:crypto";

/** A key that has not left this process yet, and the request for its certificate. */
export interface CertificateRequest {
  /** PKCS#8 */
  keyPem: string;
  csrPem: string;
}

/** Makes an ECDSA P-256 key pair and a request for it. The control plane decides about the names. */
export async function requestCertificate(commonName: string): Promise<CertificateRequest> {
  // Loaded here alone: an enrolled agent needs it once in half a certificate's life.
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

/** Reads a certificate; null if that is none. */
export function parseCertificate(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

/** What is wrong with a certificate that was issued for `keyPem` by `ca`; null if nothing is. */
export function certificateFault(
  certificatePem: string,
  ca: X509Certificate,
  keyPem: string,
): string | null {
  const certificate = parseCertificate(certificatePem);
  if (certificate === null) return "it is not a certificate";
  if (!certificate.checkPrivateKey(createPrivateKey(keyPem))) return "it is for another key";
  if (!certificate.verify(ca.publicKey)) return "it is not signed by the control plane's authority";
  return null;
}

/** When a certificate should be renewed (half its life) and when it ends, in epoch milliseconds. */
export function certificateLife(
  certificatePem: string,
): { renewAt: number; endsAt: number } | null {
  const certificate = parseCertificate(certificatePem);
  if (certificate === null) return null;
  const begins = Date.parse(certificate.validFrom);
  const endsAt = Date.parse(certificate.validTo);
  return { renewAt: begins + (endsAt - begins) / 2, endsAt };
}
