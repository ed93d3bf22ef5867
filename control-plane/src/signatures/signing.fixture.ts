import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { RegistryDouble } from "../registries/registry-double.fixture.ts";
import { types } from "../registries/registry-double.fixture.ts";
import { preAuthenticated } from "./verify.ts";

/** For tests: signs images as cosign does, with real keys, and pushes what cosign pushes. */
export interface Signer {
  /** PEM */
  publicKey: string;
  key: KeyObject;
  sign(bytes: Buffer): string;
}

export type KeyKind = "P-256" | "P-384" | "Ed25519" | "RSA";

export function newSigner(kind: KeyKind = "P-256", hash = "sha256"): Signer {
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

/** A bundle with a statement on the digest. */
export function bundleOf(
  signer: Signer,
  digest: string,
  predicateType = "https://sigstore.dev/cosign/sign/v1",
): Buffer {
  const payloadType = "application/vnd.in-toto+json";
  const statement = Buffer.from(
    JSON.stringify({
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ digest: { sha256: digest.slice(7) } }],
      predicateType,
      predicate: {},
    }),
  );
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

/** Under `sha256-<hex>.sig`. @param of the digest that the signature says */
export function pushSimple(
  double: RegistryDouble,
  repository: string,
  signer: Signer,
  digest: string,
  of = digest,
): void {
  const payload = payloadOf(of);
  const layer = double.pushBlob(
    repository,
    "application/vnd.dev.cosign.simplesigning.v1+json",
    payload,
  );
  const manifest = double.pushManifest(repository, types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: double.pushBlob(repository, types.config, "{}"),
    layers: [
      { ...layer, annotations: { "dev.cosignproject.cosign/signature": signer.sign(payload) } },
    ],
  });
  double.repository(repository).tags.set(`${digest.replace(":", "-")}.sig`, manifest);
}

/** Among the referrers, under the tag of registries that do not list them. */
export function pushBundle(
  double: RegistryDouble,
  repository: string,
  digest: string,
  bundle: Buffer,
): void {
  const artifactType = "application/vnd.dev.sigstore.bundle.v0.3+json";
  const layer = double.pushBlob(repository, artifactType, bundle);
  const manifest = double.pushManifest(repository, types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    artifactType,
    config: double.pushBlob(repository, "application/vnd.oci.empty.v1+json", "{}"),
    layers: [layer],
  });
  const index = double.pushManifest(repository, types.index, {
    schemaVersion: 2,
    mediaType: types.index,
    manifests: [{ mediaType: types.manifest, digest: manifest, size: 1, artifactType }],
  });
  double.repository(repository).tags.set(digest.replace(":", "-"), index);
}
