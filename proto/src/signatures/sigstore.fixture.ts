import "reflect-metadata";
import { createHash, generateKeyPairSync, type KeyObject, sign, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { statementOf } from "./signing.fixture.ts";
import { preAuthenticated } from "./verify.ts";

/*
 * For tests: an installation of Sigstore of one's own. It has a certificate authority (as Fulcio), a log of
 * certificates (RFC 6962) and a transparency log of signatures (as Rekor), all with real keys, and makes
 * what `cosign sign` makes with it.
 */

export interface TestSigstore {
  /** the text of its `trusted_root.json` */
  trustRoot: string;
  sign(digest: string, options?: SignOptions): Promise<Buffer>;
}

export interface SignOptions {
  issuer?: string;
  subject?: string;
  /** when the log says that it was signed; the certificate is valid for ten minutes from `certifiedAt` on */
  signedAt?: Date;
  certifiedAt?: Date;
  /** of the statement */
  predicateType?: string;
  /** what a hostile signer leaves out or does */
  without?: "promise" | "promise and proof" | "log entry" | "certificate's log entry";
  /** signs with another key than the certificate has */
  otherKey?: boolean;
  /** the log's entry is of another signature */
  otherEntry?: boolean;
}

export const testIssuer = "https://token.actions.githubusercontent.com";
export const testSubject =
  "https://github.com/acme/shop/.github/workflows/release.yml@refs/heads/main";

const issuerOid = "1.3.6.1.4.1.57264.1.8";
const sctOid = "1.3.6.1.4.1.11129.2.4.2";
const day = 86_400_000;
const name = "CN=sigstore, O=tests";
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

export async function newSigstore(): Promise<TestSigstore> {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, [
    "sign",
    "verify",
  ])) as webcrypto.CryptoKeyPair;
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: "01", name, keys, signingAlgorithm: algorithm },
    ...{ notBefore: new Date(Date.now() - 900 * day), notAfter: new Date(Date.now() + 900 * day) },
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const certificates = newLog();
  const entries = newLog();
  return {
    trustRoot: JSON.stringify(trustRootOf(authority, certificates, entries)),
    async sign(digest, options = {}) {
      const { issuer = testIssuer, subject = testSubject, signedAt = new Date() } = options;
      const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const certificate = await certify({ authority, keys, log: certificates }, own.publicKey, {
        ...{ issuer, subject, at: options.certifiedAt ?? new Date(signedAt.getTime() - 60_000) },
        logged: options.without !== "certificate's log entry",
      });
      const payloadType = "application/vnd.in-toto+json";
      const payload = statementOf(digest, options.predicateType);
      const signed = preAuthenticated(payloadType, payload);
      const key = options.otherKey
        ? generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
        : own.privateKey;
      const signature = sign("sha256", signed, key);
      const entry = {
        apiVersion: "0.0.1",
        kind: "dsse",
        spec: {
          envelopeHash: { algorithm: "sha256", value: hex(signed) },
          payloadHash: { algorithm: "sha256", value: hex(payload) },
          signatures: [
            {
              signature: (options.otherEntry ? sign("sha256", signed, key) : signature).toString(
                "base64",
              ),
              verifier: Buffer.from(certificate.toString("pem")).toString("base64"),
            },
          ],
        },
      };
      return Buffer.from(
        JSON.stringify({
          mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
          verificationMaterial: {
            certificate: { rawBytes: base64(certificate.rawData) },
            tlogEntries:
              options.without === "log entry"
                ? []
                : [logEntry(entries, entry, signedAt, options.without)],
          },
          dsseEnvelope: {
            payload: payload.toString("base64"),
            payloadType,
            signatures: [{ sig: signature.toString("base64") }],
          },
        }),
      );
    },
  };
}

interface Log {
  id: Buffer;
  publicKey: Buffer;
  sign(bytes: Buffer): Buffer;
}

function newLog(): Log {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const der = publicKey.export({ type: "spki", format: "der" });
  return { id: sha256(der), publicKey: der, sign: (bytes) => sign("sha256", bytes, privateKey) };
}

/** A certificate as Fulcio issues it, with the promise of a log of certificates inside. */
async function certify(
  by: { authority: x509.X509Certificate; keys: webcrypto.CryptoKeyPair; log: Log },
  publicKey: KeyObject,
  { issuer, subject, at, logged }: { issuer: string; subject: string; at: Date; logged: boolean },
): Promise<x509.X509Certificate> {
  const spki = publicKey.export({ type: "spki", format: "der" });
  const key = await webcrypto.subtle.importKey("spki", spki, algorithm, true, ["verify"]);
  const isMail = subject.includes("@") && !subject.includes("://");
  const parameters = {
    ...{ serialNumber: "0102", issuer: name, publicKey: key, signingKey: by.keys.privateKey },
    ...{ signingAlgorithm: algorithm, notBefore: at, notAfter: new Date(at.getTime() + 600_000) },
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.codeSigning]),
      await x509.AuthorityKeyIdentifierExtension.create(by.keys.publicKey),
      new x509.SubjectAlternativeNameExtension(
        [{ type: isMail ? "email" : "url", value: subject }],
        true,
      ),
      new x509.Extension(issuerOid, false, tagged(0x0c, Buffer.from(issuer))),
    ],
  };
  const before = await x509.X509CertificateGenerator.create(parameters);
  if (!logged) return before;
  const authorityKey = Buffer.from(by.authority.publicKey.rawData);
  const promise = certificatePromise(by.log, sha256(authorityKey), toBeSigned(before), at);
  const listed = Buffer.concat([uint(promise.length, 2), promise]);
  parameters.extensions.push(
    new x509.Extension(
      sctOid,
      false,
      tagged(0x04, Buffer.concat([uint(listed.length, 2), listed])),
    ),
  );
  return await x509.X509CertificateGenerator.create(parameters);
}

/** A signed certificate timestamp, RFC 6962 section 3.2. */
function certificatePromise(log: Log, issuer: Buffer, certificate: Buffer, at: Date): Buffer {
  const time = uint(at.getTime(), 8);
  const none = uint(0, 2);
  const signature = log.sign(
    Buffer.concat([
      Buffer.from([0, 0]),
      ...[time, uint(1, 2), issuer, uint(certificate.length, 3), certificate, none],
    ]),
  );
  return Buffer.concat([
    ...[Buffer.from([0]), log.id, time, none, Buffer.from([4, 3])],
    ...[uint(signature.length, 2), signature],
  ]);
}

/** An entry of a log in which it is the only one: with the log's promise, and the proof that it is in. */
function logEntry(log: Log, entry: object, at: Date, without: SignOptions["without"]): object {
  const body = Buffer.from(canonical(entry));
  const integratedTime = Math.floor(at.getTime() / 1000);
  const promised = canonical({
    ...{ body: body.toString("base64"), integratedTime, logIndex: 0 },
    logID: log.id.toString("hex"),
  });
  const root = sha256(Buffer.concat([Buffer.from([0]), body]));
  const note = `log.test - 1\n1\n${root.toString("base64")}\n`;
  const noted = Buffer.concat([log.id.subarray(0, 4), log.sign(Buffer.from(note))]);
  const none = without === "promise and proof";
  return {
    logIndex: "0",
    logId: { keyId: log.id.toString("base64") },
    kindVersion: { kind: "dsse", version: "0.0.1" },
    integratedTime: String(integratedTime),
    ...(none || without === "promise"
      ? {}
      : {
          inclusionPromise: {
            signedEntryTimestamp: log.sign(Buffer.from(promised)).toString("base64"),
          },
        }),
    ...(none
      ? {}
      : {
          inclusionProof: {
            ...{ logIndex: "0", treeSize: "1", rootHash: root.toString("base64"), hashes: [] },
            checkpoint: { envelope: `${note}\n\u2014 log.test ${noted.toString("base64")}\n` },
          },
        }),
    canonicalizedBody: body.toString("base64"),
  };
}

function trustRootOf(authority: x509.X509Certificate, certificates: Log, entries: Log): object {
  const validFor = { start: new Date(Date.now() - 900 * day).toISOString() };
  const logOf = ({ id, publicKey }: Log) => ({
    baseUrl: "https://log.test",
    hashAlgorithm: "SHA2_256",
    publicKey: {
      ...{ rawBytes: publicKey.toString("base64"), keyDetails: "PKIX_ECDSA_P256_SHA_256" },
      validFor,
    },
    logId: { keyId: id.toString("base64") },
  });
  return {
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    tlogs: [logOf(entries)],
    certificateAuthorities: [
      {
        subject: { organization: "tests", commonName: "sigstore" },
        uri: "https://authority.test",
        certChain: { certificates: [{ rawBytes: base64(authority.rawData) }] },
        validFor,
      },
    ],
    ctlogs: [logOf(certificates)],
    timestampAuthorities: [],
  };
}

/** The part of a certificate that is signed: its first element. */
function toBeSigned(certificate: x509.X509Certificate): Buffer {
  const der = Buffer.from(certificate.rawData);
  const start = headerLength(der, 0);
  const inner = der.subarray(start);
  return inner.subarray(0, headerLength(inner, 0) + contentLength(inner));
}

function headerLength(der: Buffer, at: number): number {
  const first = der[at + 1] ?? 0;
  return first < 0x80 ? 2 : 2 + (first & 0x7f);
}

function contentLength(der: Buffer): number {
  const first = der[1] ?? 0;
  return first < 0x80 ? first : der.readUIntBE(2, first & 0x7f);
}

/** DER of a primitive value. */
function tagged(tag: number, content: Buffer): Buffer {
  const length =
    content.length < 0x80
      ? Buffer.from([content.length])
      : Buffer.from([0x82, content.length >> 8, content.length & 0xff]);
  return Buffer.concat([Buffer.from([tag]), length, content]);
}

function uint(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt(value));
  return buffer.subarray(8 - bytes);
}

function sha256(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
const hex = (bytes: Buffer): string => sha256(bytes).toString("hex");
const base64 = (bytes: ArrayBuffer): string => Buffer.from(bytes).toString("base64");

/** JSON with sorted names (RFC 8785), of values that need no more than that. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(",")}}`;
}
