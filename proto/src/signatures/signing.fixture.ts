import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { preAuthenticated } from "./verify.ts";

/** For tests: signs images as cosign does, with real keys. */
export interface TestSigner {
  /** PEM */
  publicKey: string;
  key: KeyObject;
  sign(bytes: Buffer): string;
}

export type KeyKind = "P-256" | "P-384" | "Ed25519" | "RSA";

export function newSigner(kind: KeyKind = "P-256", hash = "sha256"): TestSigner {
  const pair = newPair(kind);
  return {
    publicKey: pair.publicKey.export({ type: "spki", format: "pem" }).toString(),
    key: pair.publicKey,
    sign: (bytes) =>
      sign(kind === "Ed25519" ? null : hash, bytes, pair.privateKey).toString("base64"),
  };
}

function newPair(kind: KeyKind) {
  if (kind === "Ed25519") return generateKeyPairSync("ed25519");
  if (kind === "RSA") return generateKeyPairSync("rsa", { modulusLength: 2048 });
  return generateKeyPairSync("ec", { namedCurve: kind });
}

/** What is signed of an image in cosign's own form. */
export function payloadOf(digest: string, type = "cosign container image signature"): Buffer {
  return Buffer.from(
    JSON.stringify({
      critical: {
        identity: { "docker-reference": "registry.test/app" },
        image: { "docker-manifest-digest": digest },
        type,
      },
      optional: null,
    }),
  );
}

/** A statement on the digest, as the payload of a bundle. */
export function statementOf(
  digest: string,
  predicateType = "https://sigstore.dev/cosign/sign/v1",
): Buffer {
  return Buffer.from(
    JSON.stringify({
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ digest: { sha256: digest.slice(7) } }],
      predicateType,
      predicate: {},
    }),
  );
}

/** A bundle with a statement on the digest. */
export function bundleOf(signer: TestSigner, digest: string, predicateType?: string): Buffer {
  const payloadType = "application/vnd.in-toto+json";
  const statement = statementOf(digest, predicateType);
  return Buffer.from(
    JSON.stringify({
      mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
      verificationMaterial: { publicKey: { hint: "x" } },
      dsseEnvelope: {
        payload: statement.toString("base64"),
        payloadType,
        signatures: [{ sig: signer.sign(preAuthenticated(payloadType, statement)) }],
      },
    }),
  );
}
