import { payloadOf, type TestSigner } from "@bridgeport/proto/signing-fixture";
import { type RegistryDouble, types } from "../registries/registry-double.fixture.ts";

/** For tests: pushes signatures where cosign pushes them. */

/** Under `sha256-<hex>.sig`. @param of the digest that the signature says */
export function pushSimple(
  double: RegistryDouble,
  repository: string,
  signer: TestSigner,
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
