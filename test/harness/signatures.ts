import { createHash } from "node:crypto";
import { type Content, type PushedImage, type PushTarget, pushImage } from "./images.ts";

/** Pushes signatures where cosign pushes them, into a registry that lists no referrers by itself. */

const manifestType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";
const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";

function content(mediaType: string, value: object | Buffer): Content {
  const data = Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value));
  const digest = `sha256:${createHash("sha256").update(data).digest("hex")}`;
  return { digest, mediaType, data };
}

const named = ({ mediaType, digest, data }: Content) => ({ mediaType, digest, size: data.length });

/** What `cosign sign --key` pushes: under the tag `sha256-….sig`. */
export async function pushSignature(
  target: PushTarget,
  image: PushedImage,
  sign: (bytes: Buffer) => string,
): Promise<void> {
  const payload = content("application/vnd.dev.cosign.simplesigning.v1+json", {
    critical: {
      identity: { "docker-reference": image.name },
      image: { "docker-manifest-digest": image.digest },
      type: "cosign container image signature",
    },
    optional: null,
  });
  const config = content("application/vnd.oci.image.config.v1+json", {
    architecture: "",
    os: "",
    rootfs: { type: "layers", diff_ids: [] },
  });
  const manifest = content(manifestType, {
    schemaVersion: 2,
    mediaType: manifestType,
    config: named(config),
    layers: [
      {
        ...named(payload),
        annotations: { "dev.cosignproject.cosign/signature": sign(payload.data) },
      },
    ],
  });
  await push(target, image, `${image.digest.replace(":", "-")}.sig`, [manifest], [payload, config]);
}

/** What `cosign sign` pushes without a key: a bundle among the referrers, here under their tag. */
export async function pushBundle(
  target: PushTarget,
  image: PushedImage,
  bundle: Buffer,
): Promise<void> {
  const layer = content(bundleType, bundle);
  const config = content("application/vnd.oci.empty.v1+json", {});
  const manifest = content(manifestType, {
    schemaVersion: 2,
    mediaType: manifestType,
    artifactType: bundleType,
    config: named(config),
    layers: [named(layer)],
  });
  const index = content(indexType, {
    schemaVersion: 2,
    mediaType: indexType,
    manifests: [{ ...named(manifest), artifactType: bundleType }],
  });
  const tag = image.digest.replace(":", "-");
  await push(target, image, tag, [manifest, index], [layer, config]);
}

/** @param manifests the last of them gets the tag */
async function push(
  target: PushTarget,
  { repository }: PushedImage,
  tag: string,
  manifests: Content[],
  blobs: Content[],
): Promise<void> {
  const { digest, mediaType } = manifests.at(-1) as Content;
  await pushImage(target, repository, tag, { digest, mediaType, manifests, blobs, platforms: [] });
}
