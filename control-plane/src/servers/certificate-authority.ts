import "reflect-metadata";
import { createHash, createPublicKey, webcrypto } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  Pkcs10CertificateRequest,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { ConfigError } from "../config.ts";
import type { Database } from "../database/connection.ts";
import type { Secrets } from "../secrets.ts";
import { findAuthority, insertAuthority } from "./certificate-authority.store.ts";
import { type AgentIdentity, serverUri } from "./server-uri.ts";

/*
 * The product's own certificate authority: agents and control plane know each other by it alone.
 * Whatever a certificate says comes from our records; of a request only its key is used.
 */

/** The name that agents expect of the control plane's certificate, wherever it listens. */
export const controlPlaneName = "bridgeport-control-plane";

export interface KeyedCertificate {
  certificatePem: string;
  privateKeyPem: string;
}

export interface Authority {
  certificatePem: string;
  /** SHA-256 of the certificate's DER, base64url: what a join token pins */
  fingerprint: string;
  /** a new certificate for the listener of this replica; its key stays in memory */
  issueForControlPlane(): Promise<KeyedCertificate>;
  /**
   * A client certificate for a server's agent, valid for a year.
   * @returns null for a request that is malformed, not signed by its own key, or has a weak key
   */
  issueForServer(identity: AgentIdentity, csrPem: string): Promise<string | null>;
}

const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const day = 86_400_000;
const authorityDays = 20 * 365;
const serverDays = 365;

/**
 * Opens the authority of this installation; on the first start of all replicas it is made.
 * @throws {ConfigError} when the master key does not open what it is to have locked
 */
export async function openAuthority(database: Database, secrets: Secrets): Promise<Authority> {
  const row =
    (await findAuthority(database)) ?? (await insertAuthority(database, await newRow(secrets)));
  return authorityOf(row.certificatePem, await unlock(secrets, row.privateKey));
}

async function newRow(secrets: Secrets) {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: "CN=Bridgeport CA",
    keys,
    signingAlgorithm: ecdsa,
    ...validFor(authorityDays),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    certificatePem: certificate.toString("pem"),
    privateKey: secrets.encrypt(await privateKeyPem(keys)),
  };
}

async function unlock(secrets: Secrets, encrypted: Buffer): Promise<webcrypto.CryptoKey> {
  let pem: string;
  try {
    pem = secrets.decrypt(encrypted);
  } catch {
    throw new ConfigError(
      "The master key is not the one that this database was set up with: set BRIDGEPORT_MASTER_KEY to that one, or restore master.key in the data directory.",
    );
  }
  const der = PemConverter.decodeFirst(pem);
  return webcrypto.subtle.importKey("pkcs8", der, ecdsa, false, ["sign"]);
}

async function authorityOf(
  certificatePem: string,
  signingKey: webcrypto.CryptoKey,
): Promise<Authority> {
  const ca = new X509Certificate(certificatePem);
  const keyId = await SubjectKeyIdentifierExtension.create(ca.publicKey);

  async function issue(subject: string, publicKey: PublicKey, days: number, more: Extension[]) {
    const { notBefore, notAfter } = validFor(days);
    const certificate = await X509CertificateGenerator.create({
      subject,
      issuer: ca.subject,
      publicKey,
      signingKey,
      signingAlgorithm: ecdsa,
      notBefore,
      // Nothing outlives its issuer.
      notAfter: new Date(Math.min(notAfter.getTime(), ca.notAfter.getTime())),
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        await SubjectKeyIdentifierExtension.create(publicKey),
        new AuthorityKeyIdentifierExtension(keyId.keyId),
        ...more,
      ],
    });
    return certificate.toString("pem");
  }

  return {
    certificatePem,
    fingerprint: fingerprintOf(ca),
    async issueForControlPlane() {
      const keys = await newKeys();
      const publicKey = await PublicKey.create(keys.publicKey);
      return {
        privateKeyPem: await privateKeyPem(keys),
        certificatePem: await issue(`CN=${controlPlaneName}`, publicKey, authorityDays, [
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
          new SubjectAlternativeNameExtension([
            { type: "dns", value: controlPlaneName },
            { type: "dns", value: "localhost" },
          ]),
        ]),
      };
    },
    async issueForServer(identity, csrPem) {
      const request = await readRequest(csrPem);
      if (request === null) return null;
      return issue(`CN=${identity.serverId}`, request.publicKey, serverDays, [
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
        new SubjectAlternativeNameExtension([{ type: "url", value: serverUri(identity) }]),
      ]);
    },
  };
}

/** A request counts only if it proves to own its key, and the key is one that is still good. */
async function readRequest(csrPem: string): Promise<Pkcs10CertificateRequest | null> {
  try {
    const request = new Pkcs10CertificateRequest(csrPem);
    const key = createPublicKey(request.publicKey.toString("pem"));
    const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
    const strong =
      key.asymmetricKeyType === "ec"
        ? ["prime256v1", "secp384r1", "secp521r1"].includes(namedCurve ?? "")
        : key.asymmetricKeyType === "rsa" && (modulusLength ?? 0) >= 2048;
    return strong && (await request.verify()) ? request : null;
  } catch {
    // Whatever cannot be read is no request; the library has no other way to say so.
    return null;
  }
}

/** SHA-256 of a certificate's DER, base64url. */
function fingerprintOf(certificate: X509Certificate): string {
  return createHash("sha256").update(Buffer.from(certificate.rawData)).digest("base64url");
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ecdsa, true, ["sign", "verify"]);
}

async function privateKeyPem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return PemConverter.encode(
    await webcrypto.subtle.exportKey("pkcs8", keys.privateKey),
    "PRIVATE KEY",
  );
}

/** Valid from a day ago, because clocks differ. */
function validFor(days: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - day), notAfter: new Date(now + days * day) };
}
