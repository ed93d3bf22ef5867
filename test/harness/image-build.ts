import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { ImageStore } from "./engine-kind.ts";
import { digestOf, type TarEntry, tar } from "./tar.ts";

/** Where Debian installs the static busybox; every image is made of one. */
const BUSYBOX = "/bin/busybox";
const COMMANDS =
  "sh cat echo env false hostname httpd id ls mkdir ps pwd sleep stat touch true wc wget";

/**
 * How the app's own HEALTHCHECK behaves; `slow`: passes this many seconds after the start; `test`:
 * as this shell command says.
 */
export type Health = "healthy" | "unhealthy" | { slow: number } | { test: string };

/** What an image contains. Everything has a default: a web server that answers `version`. */
export interface ImageOptions {
  /** The text at `http://…:8080/`, and the value of the label and variable VERSION. */
  version?: string;
  /** Without it the image has no HEALTHCHECK. */
  health?: Health;
  /** Seconds between the engine's own probes. Default 1. */
  healthInterval?: number;
  /** `start` prints a line and exits with this code instead of serving. */
  crash?: number;
  env?: Record<string, string>;
  labels?: Record<string, string>;
  /** Of the manifest of each platform. */
  annotations?: Record<string, string>;
  /** Paths for anonymous volumes. */
  volumes?: string[];
  entrypoint?: string[];
  cmd?: string[];
  /** Default `["8080/tcp"]`. */
  exposedPorts?: string[];
  user?: string;
  workdir?: string;
  stopSignal?: string;
  /** `null` leaves `created` out. Default 2026-01-01. */
  created?: string | null;
  /** Media types of Docker's schema 2 (the default) or of OCI. */
  format?: "docker" | "oci";
  /** One platform gives a plain manifest, several an index, each with its own configuration. */
  platforms?: string[];
  /** Always an index, even of one platform. */
  index?: boolean;
  /** Bytes of incompressible content in a layer of its own. */
  extraBytes?: number;
  /** Path of a static busybox for the platform, where it is not Debian's. */
  busybox?: string;
}

/** A document or blob with its digest. */
export interface Content {
  digest: string;
  mediaType: string;
  data: Buffer;
}

/** One platform of an image. */
export interface PlatformImage {
  platform: string;
  manifest: Content;
  config: Content;
  /** Compressed size: configuration and layers. */
  size: number;
}

/** An image ready to be pushed. */
export interface BuiltImage {
  /** What a tag points to: the index, or the only manifest. */
  digest: string;
  mediaType: string;
  /** What has to be put as a manifest, in this order; the last one is what a tag points to. */
  manifests: Content[];
  blobs: Content[];
  platforms: PlatformImage[];
}

const MEDIA_TYPES = {
  docker: {
    index: "application/vnd.docker.distribution.manifest.list.v2+json",
    manifest: "application/vnd.docker.distribution.manifest.v2+json",
    config: "application/vnd.docker.container.image.v1+json",
    layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  },
  oci: {
    index: "application/vnd.oci.image.index.v1+json",
    manifest: "application/vnd.oci.image.manifest.v1+json",
    config: "application/vnd.oci.image.config.v1+json",
    layer: "application/vnd.oci.image.layer.v1.tar+gzip",
  },
} as const;

type MediaTypes = (typeof MEDIA_TYPES)[keyof typeof MEDIA_TYPES];

interface Layer extends Content {
  diffId: string;
}

/**
 * Builds an image in memory, without an engine; the same options give the same digests. The layer
 * with busybox is the same in every image.
 */
export function buildImage(options: ImageOptions = {}): BuiltImage {
  const types = MEDIA_TYPES[options.format ?? "docker"];
  const layers = layersOf(options, types);
  const platforms = (options.platforms ?? ["linux/amd64"]).map((platform) =>
    platformImage(platform, options, layers, types),
  );
  const manifests = platforms.map(({ manifest }) => manifest);
  if (platforms.length > 1 || options.index) manifests.push(indexOf(platforms, types));
  const top = manifests.at(-1);
  if (!top) throw new Error("An image needs a platform.");
  return {
    digest: top.digest,
    mediaType: top.mediaType,
    manifests,
    blobs: [...layers, ...platforms.map(({ config }) => config)],
    platforms,
  };
}

/**
 * What an engine calls the image when it has pulled it, as inspected: an engine that keeps images
 * with containerd names what the tag points to, any other one the configuration of its platform.
 */
export function imageIdOn(store: ImageStore, image: BuiltImage, platform = 0): string | undefined {
  return store === "containerd" ? image.digest : image.platforms[platform]?.config.digest;
}

function platformImage(
  platform: string,
  options: ImageOptions,
  layers: Layer[],
  types: MediaTypes,
): PlatformImage {
  const [os, architecture, variant] = platform.split("/");
  const created =
    options.created === null ? {} : { created: options.created ?? "2026-01-01T00:00:00Z" };
  const config = json(types.config, {
    os,
    architecture,
    ...(variant ? { variant } : {}),
    ...created,
    config: runtimeConfig(options),
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ ...created, created_by: "test" })),
  });
  const manifest = json(types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: descriptor(config),
    layers: layers.map(descriptor),
    ...(options.annotations ? { annotations: options.annotations } : {}),
  });
  const size = [config, ...layers].reduce((sum, { data }) => sum + data.length, 0);
  return { platform, manifest, config, size };
}

function indexOf(platforms: PlatformImage[], types: MediaTypes): Content {
  return json(types.index, {
    schemaVersion: 2,
    mediaType: types.index,
    manifests: platforms.map(({ platform, manifest }) => {
      const [os, architecture, variant] = platform.split("/");
      return {
        ...descriptor(manifest),
        platform: { os, architecture, ...(variant ? { variant } : {}) },
      };
    }),
  });
}

function runtimeConfig(options: ImageOptions): Record<string, unknown> {
  const version = options.version ?? "1";
  const env = { PATH: "/bin", VERSION: version, ...options.env };
  const keys = (names: string[]) => Object.fromEntries(names.map((name) => [name, {}]));
  return {
    Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
    Entrypoint: options.entrypoint ?? null,
    Cmd: options.cmd ?? ["/bin/start"],
    ExposedPorts: keys(options.exposedPorts ?? ["8080/tcp"]),
    Labels: { version, ...options.labels },
    ...(options.volumes ? { Volumes: keys(options.volumes) } : {}),
    ...(options.user ? { User: options.user } : {}),
    WorkingDir: options.workdir ?? "",
    ...(options.stopSignal ? { StopSignal: options.stopSignal } : {}),
    ...(options.health ? { Healthcheck: healthcheck(options) } : {}),
  };
}

function healthcheck({ health, healthInterval = 1 }: ImageOptions): Record<string, unknown> {
  const second = 1_000_000_000;
  const own = typeof health === "object" && "test" in health ? health.test : "test -e /tmp/ready";
  const test = health === "unhealthy" ? "echo not well; false" : own;
  return {
    Test: ["CMD-SHELL", test],
    Interval: healthInterval * second,
    Timeout: 5 * second,
    Retries: 2,
    // Failures while it is still starting do not count.
    ...(secondsToReady(health) > 0 ? { StartPeriod: (secondsToReady(health) + 10) * second } : {}),
  };
}

function secondsToReady(health: Health | undefined): number {
  return typeof health === "object" && "slow" in health ? health.slow : 0;
}

function layersOf(options: ImageOptions, types: MediaTypes): Layer[] {
  const entries: TarEntry[] = [
    { path: "srv/" },
    { path: "srv/index.html", content: `${options.version ?? "1"}\n`, mode: 0o644 },
    { path: "bin/start", content: startScript(options) },
  ];
  const layers = [baseLayer(types, options.busybox ?? BUSYBOX), layer(entries, types)];
  if (options.extraBytes) {
    layers.push(
      layer([{ path: "extra", content: noise(options.extraBytes, options.version) }], types),
    );
  }
  return layers;
}

// A shell as process 1 ignores a signal it has no trap for, so stopping would take the whole timeout.
function startScript({ health, crash }: ImageOptions): string {
  if (crash !== undefined)
    return `#!/bin/sh\necho "cannot start: no such setting" >&2\nexit ${crash}\n`;
  const slow = secondsToReady(health);
  const ready = slow > 0 ? `(sleep ${slow}; touch /tmp/ready) &` : "touch /tmp/ready";
  return [
    "#!/bin/sh",
    'trap "exit 0" TERM INT QUIT USR1',
    "mkdir -p /tmp",
    ready,
    '[ -n "$PORT" ] || PORT=8080',
    'echo "version $VERSION listens on port $PORT"',
    "httpd -f -p $PORT -h /srv &",
    "wait $!",
    "",
  ].join("\n");
}

const baseLayers = new Map<string, Layer>();

function baseLayer(types: MediaTypes, busybox: string): Layer {
  const key = `${types.layer} ${busybox}`;
  const known = baseLayers.get(key);
  if (known) return known;
  const built = layer(
    [
      { path: "bin/" },
      { path: "bin/busybox", content: readFileSync(busybox) },
      ...COMMANDS.split(" ").map((name) => ({ path: `bin/${name}`, linkTo: "busybox" })),
      { path: "etc/" },
      {
        path: "etc/passwd",
        content: "root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n",
        mode: 0o644,
      },
      { path: "etc/group", content: "root:x:0:\napp:x:1000:\n", mode: 0o644 },
      { path: "tmp/", mode: 0o1777 },
    ],
    types,
  );
  baseLayers.set(key, built);
  return built;
}

function layer(entries: TarEntry[], types: MediaTypes): Layer {
  const plain = tar(entries);
  const data = gzipSync(plain, { level: 1 });
  return { data, mediaType: types.layer, digest: digestOf(data), diffId: digestOf(plain) };
}

// Not random: the same options must give the same digest.
function noise(bytes: number, seed = ""): Buffer {
  const data = Buffer.alloc(bytes);
  let state = Number.parseInt(digestOf(seed).slice(7, 15), 16) | 1;
  for (let at = 0; at < bytes; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data[at] = state;
  }
  return data;
}

function json(mediaType: string, value: unknown): Content {
  const data = Buffer.from(JSON.stringify(value));
  return { data, mediaType, digest: digestOf(data) };
}

function descriptor({ mediaType, digest, data }: Content) {
  return { mediaType, digest, size: data.length };
}
