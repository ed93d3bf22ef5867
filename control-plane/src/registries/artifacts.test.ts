import { afterEach, beforeEach, expect, test } from "vitest";
import { ClientWorld, failed, value } from "./client.fixture.ts";
import { describeImage } from "./describe-image.ts";
import { type RegistryDouble, sha256, types } from "./registry-double.fixture.ts";

let world: ClientWorld;
let registry: RegistryDouble;

beforeEach(async () => {
  world = new ClientWorld();
  registry = await world.double();
});
afterEach(() => world.close());

const describe_ = (digest: string) => describeImage(world.client(registry.origin), "app", digest);
const blob = (mediaType: string) => ({ mediaType, digest: sha256(mediaType), size: 100 });
const noPlatform = { architecture: "", os: "", config: {}, rootfs: { type: "layers" } };
const platform = { architecture: "amd64", os: "linux", config: {} };

function image(config: unknown, layers: string[], more: Record<string, unknown> = {}): string {
  return registry.pushManifest("app", types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: registry.pushBlob("app", types.config, JSON.stringify(config)),
    layers: layers.map(blob),
    ...more,
  });
}

function index(manifests: unknown[], more: Record<string, unknown> = {}): string {
  return registry.pushManifest("app", types.index, {
    schemaVersion: 2,
    mediaType: types.index,
    manifests,
    ...more,
  });
}

const cosign = "application/vnd.dev.cosign.simplesigning.v1+json";

test.each<[string, () => string]>([
  ["a signature", () => image(noPlatform, [cosign])],
  ["a signature whose config names a platform", () => image(platform, [cosign])],
  ["an attestation", () => image(noPlatform, ["application/vnd.dsse.envelope.v1+json"])],
  ["an SBOM", () => image(noPlatform, ["text/spdx+json"])],
  ["a config of the normal type without a platform", () => image(noPlatform, [types.layer])],
  ["one that says neither, and has no layers", () => image({}, [])],
  [
    "a manifest with an artifactType",
    () => image(platform, [types.layer], { artifactType: "application/vnd.example.report" }),
  ],
  [
    "an artifact with the empty config",
    () =>
      registry.pushManifest("app", types.manifest, {
        schemaVersion: 2,
        config: blob("application/vnd.oci.empty.v1+json"),
        layers: [blob("application/json")],
        artifactType: "application/vnd.example.sbom",
      }),
  ],
  [
    "a build cache as an image",
    () =>
      registry.pushManifest("app", types.manifest, {
        schemaVersion: 2,
        config: blob("application/vnd.buildkit.cacheconfig.v0"),
        layers: [blob(types.layer)],
      }),
  ],
  [
    "a build cache as an index",
    () => index([blob(types.layer), blob("application/vnd.buildkit.cacheconfig.v0")]),
  ],
  [
    "an index of referrers",
    () =>
      index([
        {
          mediaType: types.manifest,
          digest: image(noPlatform, [cosign]),
          size: 1,
          artifactType: "application/vnd.dev.cosign.artifact.sig.v1+json",
        },
      ]),
  ],
  [
    "an index of what is no image, without saying so",
    () => index([{ mediaType: types.manifest, digest: image(noPlatform, [cosign]), size: 1 }]),
  ],
  [
    "an index whose only platform is no image",
    () =>
      index([
        { mediaType: types.manifest, digest: image(noPlatform, [cosign]), size: 1, platform },
      ]),
  ],
  ["an index of nothing", () => index([])],
  [
    "an index with an artifactType",
    () => {
      const digest = image(platform, [types.layer]);
      return index([{ mediaType: types.manifest, digest, size: 1, platform }], {
        artifactType: "application/vnd.example.bundle",
      });
    },
  ],
])("%s is no image", async (_name, push) => {
  expect(failed(await describe_(push())).kind).toBe("not_an_image");
});

test.each<[string, () => string]>([
  [
    "layers of Docker's type",
    () => image(platform, ["application/vnd.docker.image.rootfs.diff.tar.gzip"]),
  ],
  ["layers of zstd", () => image(platform, ["application/vnd.oci.image.layer.v1.tar+zstd"])],
  [
    "a foreign base layer",
    () =>
      image(platform, ["application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", types.layer]),
  ],
  ["something beside its layers", () => image(platform, [types.layer, "application/json"])],
  ["no layers at all", () => image(platform, [])],
  [
    "the artifactType of an image",
    () =>
      image(platform, [types.layer], {
        artifactType: types.config,
      }),
  ],
  [
    "a subject that it refers to",
    () =>
      image(platform, [types.layer], {
        subject: { mediaType: types.manifest, digest: sha256("subject"), size: 1 },
      }),
  ],
  [
    "an index that names no platform",
    () => index([{ mediaType: types.manifest, digest: image(platform, [types.layer]), size: 1 }]),
  ],
])("an image with %s is one", async (_name, push) => {
  const digest = push();
  const described = value(await describe_(digest));
  expect(described).toMatchObject({
    manifestDigest: digest,
    platforms: [{ platform: "linux/amd64", configDigest: expect.stringMatching(/^sha256:/) }],
  });
});

test("an index with hundreds of platforms is read a few at a time", async () => {
  const entries = Array.from({ length: 200 }, (_, number) => ({
    mediaType: types.manifest,
    digest: image(platform, [types.layer], { annotations: { number: `${number}` } }),
    size: 1,
    platform: { os: "linux", architecture: `a${number}` },
  }));
  const asked = world.client(registry.origin);
  const getManifest = asked.getManifest.bind(asked);
  let now = 0;
  let most = 0;
  asked.getManifest = async (...args) => {
    most = Math.max(most, ++now);
    const fetched = await getManifest(...args);
    now--;
    return fetched;
  };
  const described = value(await describeImage(asked, "app", index(entries)));
  expect(described.platforms.length).toBe(200);
  expect(most).toBe(4);
});
