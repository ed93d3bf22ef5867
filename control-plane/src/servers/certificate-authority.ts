import "reflect-metadata";
import { createHash, createPublicKey, type KeyObject, webcrypto } from "node:crypto";
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
import type { Database, Sql } from "../database/connection.ts";
import type { Secrets } from "../secrets.ts";
import {
  type AuthorityRow,
  findAuthorities,
  insertFirstAuthority,
  keepCurrentAuthority,
  type NewAuthorityRow,
  replaceAuthority,
} from "./certificate-authority.store.ts";
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

/** An authority whose certificates count. */
export interface TrustedAuthority {
  certificatePem: string;
  /** SHA-256 of the certificate's DER, base64url: what a join token pins */
  fingerprint: string;
  publicKey: KeyObject;
  createdAt: Date;
  expiresAt: Date;
}

/**
 * The authority of this installation. It is another one after a rotation, which may happen on another
 * replica: {@link Authority.reload} reads again what is trusted.
 */
export interface Authority {
  /** of the one that issues certificates */
  readonly certificatePem: string;
  readonly fingerprint: string;
  /** all whose certificates count, the one that issues them first */
  readonly trusted: readonly TrustedAuthority[];
  /** a new certificate for the listener of this replica, which agents of the authority before believe, too; its key stays in memory */
  issueForControlPlane(): Promise<KeyedCertificate>;
  /**
   * A client certificate for a server's agent, valid for a year.
   * @param by the fingerprint of the authority that issues it; default: the current one
   * @returns null for a request that is malformed, not signed by its own key, or has a weak key
   */
  issueForServer(identity: AgentIdentity, csrPem: string, by?: string): Promise<string | null>;
  /**
   * Signs a text whose first line says what it is, so that no certificate can be taken for it: ECDSA
   * with SHA-256 by the current authority, IEEE P1363 in base64.
   */
  sign(text: string): Promise<string>;
  /** Reads again what is trusted. */
  reload(sql?: Sql): Promise<void>;
  /** The same, only if it has to be; the current authority then stays so until the transaction ends. */
  upToDate(sql: Sql): Promise<void>;
  /**
   * Makes a new authority the current one. What is here follows with {@link reload}.
   * @returns its fingerprint
   */
  replace(sql: Sql): Promise<string>;
}

/** What issues certificates for servers. */
export type Issuer = Pick<Authority, "issueForServer" | "fingerprint" | "trusted" | "upToDate">;

const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const day = 86_400_000;
const authorityDays = 20 * 365;
const serverDays = 365;
/** All have the same name, so that one that vouches for the next is no further step in a chain. */
const authorityName = "CN=Bridgeport CA";

/**
 * Opens the authority of this installation; on the first start of all replicas it is made.
 * @throws {ConfigError} when the master key does not open what it is to have locked
 */
export async function openAuthority(database: Database, secrets: Secrets): Promise<Authority> {
  let rows = await findAuthorities(database);
  if (rows.length === 0) rows = await insertFirstAuthority(database, await newRow(secrets, null));
  let [current, ...before] = await openAll(rows, secrets, []);

  async function read(sql: Sql): Promise<void> {
    const known = [current, ...before];
    [current, ...before] = await openAll(await findAuthorities(sql), secrets, known);
  }

  // One after the other: what was read earlier must not take the place of what was read later.
  let reading: Promise<void> = Promise.resolve();
  function reload(sql?: Sql): Promise<void> {
    if (sql !== undefined) return read(sql);
    reading = reading.catch(() => undefined).then(() => read(database));
    return reading;
  }

  return {
    get certificatePem() {
      return current.certificatePem;
    },
    get fingerprint() {
      return current.fingerprint;
    },
    get trusted() {
      return [current, ...before];
    },
    async issueForControlPlane() {
      const keys = await newKeys();
      const publicKey = await PublicKey.create(keys.publicKey);
      const certificate = await issue(current, `CN=${controlPlaneName}`, publicKey, authorityDays, [
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension([
          { type: "dns", value: controlPlaneName },
          { type: "dns", value: "localhost" },
        ]),
      ]);
      return {
        privateKeyPem: await privateKeyPem(keys),
        // Also when the one before is retired: its agents are to be told so by a control plane they believe.
        certificatePem: [certificate, current.crossPem].filter(Boolean).join("\n"),
      };
    },
    async issueForServer(identity, csrPem, by = current.fingerprint) {
      const issuer = [current, ...before].find(({ fingerprint }) => fingerprint === by);
      if (issuer === undefined) throw new Error("An authority that is not trusted cannot issue");
      const request = await readRequest(csrPem);
      if (request === null) return null;
      return issue(issuer, `CN=${identity.serverId}`, request.publicKey, serverDays, [
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
        new SubjectAlternativeNameExtension([{ type: "url", value: serverUri(identity) }]),
      ]);
    },
    async sign(text) {
      const signature = await webcrypto.subtle.sign(ecdsa, current.signingKey, Buffer.from(text));
      return Buffer.from(signature).toString("base64");
    },
    reload,
    async upToDate(sql) {
      if ((await keepCurrentAuthority(sql)) !== current.fingerprint) await reload(sql);
    },
    async replace(sql) {
      const next = await newRow(secrets, current);
      await replaceAuthority(sql, next);
      return next.fingerprint;
    },
  };
}

/** An authority with what it signs by. */
interface OpenedAuthority extends TrustedAuthority {
  certificate: X509Certificate;
  signingKey: webcrypto.CryptoKey;
  crossPem: string | null;
}

async function openAll(
  rows: readonly AuthorityRow[],
  secrets: Secrets,
  known: readonly OpenedAuthority[],
): Promise<[OpenedAuthority, ...OpenedAuthority[]]> {
  const opened: OpenedAuthority[] = [];
  for (const row of rows) {
    const same = known.find(({ fingerprint }) => fingerprint === row.fingerprint);
    opened.push(same ?? (await open(row, secrets)));
  }
  const [current, ...before] = opened;
  if (current === undefined) throw new Error("The certificate authority is gone");
  return [current, ...before];
}

async function open(row: AuthorityRow, secrets: Secrets): Promise<OpenedAuthority> {
  const { certificatePem, fingerprint, crossPem, createdAt } = row;
  const certificate = new X509Certificate(certificatePem);
  return {
    certificatePem,
    fingerprint,
    crossPem,
    createdAt,
    certificate,
    publicKey: createPublicKey(certificatePem),
    expiresAt: certificate.notAfter,
    signingKey: await unlock(secrets, row.privateKey),
  };
}

/** @param before signs the new key as well, for those who trust only that one; null: it is the first */
async function newRow(secrets: Secrets, before: OpenedAuthority | null): Promise<NewAuthorityRow> {
  const keys = await newKeys();
  const extensions = [
    new BasicConstraintsExtension(true, 0, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    await SubjectKeyIdentifierExtension.create(keys.publicKey),
  ];
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: authorityName,
    keys,
    signingAlgorithm: ecdsa,
    ...validFor(authorityDays),
    extensions,
  });
  const cross =
    before &&
    (await X509CertificateGenerator.create({
      subject: authorityName,
      publicKey: keys.publicKey,
      ...issuedBy(before, authorityDays),
      extensions: [...extensions, await namingIssuer(before)],
    }));
  return {
    certificatePem: certificate.toString("pem"),
    fingerprint: fingerprintOf(certificate),
    privateKey: secrets.encrypt(await privateKeyPem(keys)),
    crossPem: cross?.toString("pem") ?? null,
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

async function issue(
  issuer: OpenedAuthority,
  subject: string,
  publicKey: PublicKey,
  days: number,
  more: Extension[],
): Promise<string> {
  const certificate = await X509CertificateGenerator.create({
    subject,
    publicKey,
    ...issuedBy(issuer, days),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(publicKey),
      await namingIssuer(issuer),
      ...more,
    ],
  });
  return certificate.toString("pem");
}

function issuedBy({ certificate, signingKey }: OpenedAuthority, days: number) {
  const { notBefore, notAfter } = validFor(days);
  return {
    issuer: certificate.subject,
    signingKey,
    signingAlgorithm: ecdsa,
    notBefore,
    // Nothing outlives its issuer.
    notAfter: new Date(Math.min(notAfter.getTime(), certificate.notAfter.getTime())),
  };
}

/** By its key, as authorities that follow each other have the same name. */
async function namingIssuer({ certificate }: OpenedAuthority): Promise<Extension> {
  const { keyId } = await SubjectKeyIdentifierExtension.create(certificate.publicKey);
  return new AuthorityKeyIdentifierExtension(keyId);
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
