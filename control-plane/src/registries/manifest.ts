import { createHash } from "node:crypto";
import { z } from "zod";
import { failure, type Outcome, type RegistryFailure, success } from "./outcome.ts";
import { isDigest } from "./reference.ts";

/** The media types that can be asked for and read; anything older or other is not deployable. */
export const mediaTypes = {
  index: [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
  ],
  image: [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
  ],
  config: [
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
  ],
} as const;

export const acceptedManifests = [...mediaTypes.index, ...mediaTypes.image].join(", ");
const acceptedTypes = new Set<string>([...mediaTypes.index, ...mediaTypes.image]);

/** What a tag of several platforms points to. */
export interface ImageIndex {
  kind: "index";
  mediaType: string;
  entries: IndexEntry[];
  /** as they come: see image-facts.ts */
  annotations: Annotations;
}

type Annotations = Record<string, unknown> | null;

export interface IndexEntry {
  digest: string;
  /** os/arch[/variant], such as `linux/arm64` or `linux/arm/v7`; null: its config has to tell */
  platform: string | null;
  annotations: Annotations;
}

/** A layer, compressed as it is pulled. */
export interface Layer {
  digest: string;
  /** bytes */
  size: number;
}

/** One platform's image. */
export interface ImageManifest {
  kind: "image";
  mediaType: string;
  configDigest: string;
  /** compressed bytes of config and layers */
  size: number;
  layers: Layer[];
  annotations: Annotations;
}

export interface ImageConfig {
  /** os/arch[/variant]; null: it does not say */
  platform: string | null;
  /** epoch milliseconds; null: it does not say */
  created: number | null;
  /** what containers get from it: `Env`, `Cmd`, `Labels` and the rest */
  settings: Record<string, unknown>;
}

const digest = z.string().refine(isDigest);
const size = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
/** What they say is of use, not of need: odd ones do not make a manifest a damaged one. */
const annotations = z.record(z.string(), z.unknown()).nullish().catch(null);
const maxEntries = 1000;
const maxLayers = 10_000;
/** entries whose platforms their configs have to tell */
const maxUnnamed = 16;

const indexShape = z.object({
  artifactType: z.string().nullish(),
  manifests: z
    .array(
      z.object({
        mediaType: z.string().optional(),
        artifactType: z.string().nullish(),
        digest,
        platform: z
          .object({
            os: z.string().optional(),
            architecture: z.string().optional(),
            variant: z.string().nullish(),
          })
          .nullish(),
        annotations,
      }),
    )
    .max(maxEntries),
  annotations,
});

const imageShape = z.object({
  artifactType: z.string().nullish(),
  config: z.object({ mediaType: z.string().optional(), digest, size }),
  layers: z
    .array(z.object({ mediaType: z.string().optional(), digest: z.string().catch(""), size }))
    .max(maxLayers),
  annotations,
});

const configShape = z.object({
  os: z.string().optional(),
  architecture: z.string().optional(),
  variant: z.string().nullish(),
  created: z.string().nullish(),
  config: z.record(z.string(), z.unknown()).nullish(),
});

/** Joins the parts of a platform as the engine writes it; null when os or architecture is missing. */
export function platformName(parts: {
  os?: string | undefined;
  architecture?: string | undefined;
  variant?: string | null | undefined;
}): string | null {
  if (!parts.os || !parts.architecture) return null;
  // arm64 has the one variant v8, which some write and some do not.
  const variant = parts.architecture === "arm64" && parts.variant === "v8" ? null : parts.variant;
  return [parts.os, parts.architecture, ...(variant ? [variant] : [])].join("/");
}

/** The digest of a body in the algorithm of `like`, sha256 for one that cannot be computed. */
export function digestOf(body: Buffer, like = "sha256:"): string {
  const algorithm = /^(sha256|sha384|sha512):/.exec(like)?.[1] ?? "sha256";
  return `${algorithm}:${createHash(algorithm).update(body).digest("hex")}`;
}

/** The media type of a manifest: its own word, else the answer's header without parameters. */
function mediaTypeOf(parsed: unknown, header: string | undefined): string {
  const own =
    typeof parsed === "object" && parsed !== null && "mediaType" in parsed
      ? parsed.mediaType
      : undefined;
  return typeof own === "string" && own !== ""
    ? own
    : ((header ?? "").split(";")[0] ?? "").trim().toLowerCase();
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

function includes(list: readonly string[], mediaType: string): boolean {
  return list.includes(mediaType);
}

/** Whether a word for what a manifest holds is that of something else than an image. */
function isForeign(artifactType: string | null | undefined): boolean {
  return artifactType != null && artifactType !== "" && !includes(mediaTypes.config, artifactType);
}

/** Whether a layer is a piece of a root file system; one that does not say so counts as one. */
function isLayer(mediaType: string | undefined): boolean {
  return (
    mediaType === undefined ||
    /^application\/vnd\.(?:oci\.image\.layer|docker\.image\.rootfs)\./.test(mediaType)
  );
}

/** Why something is understood and no image; `kind` is the word that gave it away. */
export function notAnImage(what: string, kind: string): RegistryFailure {
  return failure(
    "not_an_image",
    `${what} is not a container image (${kind}); it cannot be deployed.`,
  );
}

/**
 * Reads a manifest. An index lists the platforms that can run: attestations are left out, and so
 * are entries without a platform where others have one. What has another content than an image,
 * whatever its tag is called, is `not_an_image`; what cannot be read is `unsupported` or
 * `bad_answer`. All say what was asked for.
 *
 * @param what for the sentences, such as `team/app:v1 at registry.example.com`
 */
export function parseManifest(
  body: Buffer,
  contentType: string | undefined,
  what: string,
): Outcome<ImageIndex | ImageManifest> {
  const parsed = parseJson(body);
  if (typeof parsed !== "object" || parsed === null) {
    return failure(
      "bad_answer",
      `The manifest of ${what} is not JSON; check that the URL is a registry's and that nothing in between changes its answers.`,
    );
  }
  const mediaType = mediaTypeOf(parsed, contentType);
  if (includes(mediaTypes.index, mediaType)) return parseIndex(parsed, mediaType, what);
  if (includes(mediaTypes.image, mediaType)) return parseImage(parsed, mediaType, what);
  if ("schemaVersion" in parsed && parsed.schemaVersion === 1) {
    return failure(
      "unsupported",
      `${what} is in the old format schema 1, whose digest does not stand for its content; push it again with a current docker or buildah.`,
    );
  }
  return notAnImage(what, mediaType === "" ? "it has no media type" : mediaType);
}

function parseIndex(parsed: object, mediaType: string, what: string): Outcome<ImageIndex> {
  const index = indexShape.safeParse(parsed);
  if (!index.success) return damaged(what);
  const { artifactType, manifests } = index.data;
  if (artifactType != null && isForeign(artifactType)) return notAnImage(what, artifactType);
  const entries = manifests.flatMap((entry): IndexEntry[] => {
    const isImage =
      (entry.mediaType === undefined || acceptedTypes.has(entry.mediaType)) &&
      !isForeign(entry.artifactType) &&
      entry.annotations?.["vnd.docker.reference.type"] === undefined;
    const platform = platformName(entry.platform ?? {});
    const runs = isImage && platform?.startsWith("unknown/") !== true;
    return runs ? [{ digest: entry.digest, platform, annotations: entry.annotations ?? null }] : [];
  });
  const named = entries.filter(({ platform }) => platform !== null);
  const runnable = named.length > 0 ? named : entries.slice(0, maxUnnamed);
  if (runnable.length === 0) return notAnImage(what, "an index without one");
  return success({
    kind: "index",
    mediaType,
    entries: runnable,
    annotations: index.data.annotations ?? null,
  });
}

function parseImage(parsed: object, mediaType: string, what: string): Outcome<ImageManifest> {
  const image = imageShape.safeParse(parsed);
  if (!image.success) return damaged(what);
  const { artifactType, config, layers } = image.data;
  if (config.mediaType !== undefined && !includes(mediaTypes.config, config.mediaType)) {
    return notAnImage(what, artifactType || config.mediaType);
  }
  if (artifactType != null && isForeign(artifactType)) return notAnImage(what, artifactType);
  const [first] = layers;
  if (first !== undefined && !layers.some((layer) => isLayer(layer.mediaType))) {
    return notAnImage(what, first.mediaType ?? "no layers");
  }
  return success({
    kind: "image",
    mediaType,
    configDigest: config.digest,
    size: layers.reduce((sum, layer) => sum + layer.size, config.size),
    layers: layers.flatMap(({ digest, size }) => (isDigest(digest) ? [{ digest, size }] : [])),
    annotations: image.data.annotations ?? null,
  });
}

function damaged(what: string): Outcome<never> {
  return failure(
    "bad_answer",
    `The manifest of ${what} is damaged; push the image again or ask the registry's administrator.`,
  );
}

/** Reads the config of an image; null when it is not one. */
export function parseConfig(body: Buffer): ImageConfig | null {
  const config = configShape.safeParse(parseJson(body));
  if (!config.success) return null;
  const created = Date.parse(config.data.created ?? "");
  return {
    platform: platformName(config.data),
    created: Number.isFinite(created) ? created : null,
    settings: config.data.config ?? {},
  };
}
