import { createHash } from "node:crypto";
import { z } from "zod";
import { failure, type Outcome, success } from "./outcome.ts";
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

/** What a tag of several platforms points to. */
export interface ImageIndex {
  kind: "index";
  mediaType: string;
  entries: IndexEntry[];
}

export interface IndexEntry {
  digest: string;
  mediaType: string;
  /** os/arch[/variant], such as `linux/arm64` or `linux/arm/v7` */
  platform: string;
}

/** One platform's image. */
export interface ImageManifest {
  kind: "image";
  mediaType: string;
  configDigest: string;
  /** compressed bytes of config and layers */
  size: number;
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
const maxEntries = 1000;
const maxLayers = 10_000;

const indexShape = z.object({
  manifests: z
    .array(
      z.object({
        mediaType: z.string().optional(),
        digest,
        platform: z
          .object({
            os: z.string().optional(),
            architecture: z.string().optional(),
            variant: z.string().nullish(),
          })
          .nullish(),
        annotations: z.record(z.string(), z.unknown()).nullish(),
      }),
    )
    .max(maxEntries),
});

const imageShape = z.object({
  config: z.object({ mediaType: z.string().optional(), digest, size }),
  layers: z.array(z.object({ size })).max(maxLayers),
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

/**
 * Reads a manifest. An index lists the platforms that can run: attestations and entries without a
 * platform are left out. What is not a container image is `unsupported`, what cannot be read
 * `bad_answer`; both say what was asked for.
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
  if (includes(mediaTypes.index, mediaType)) {
    const index = indexShape.safeParse(parsed);
    if (!index.success) return damaged(what);
    return success({
      kind: "index",
      mediaType,
      entries: index.data.manifests.flatMap((entry) => {
        const platform = platformName(entry.platform ?? {});
        const runs =
          platform !== null &&
          !platform.startsWith("unknown/") &&
          entry.annotations?.["vnd.docker.reference.type"] === undefined;
        return runs ? [{ digest: entry.digest, mediaType: entry.mediaType ?? "", platform }] : [];
      }),
    });
  }
  if (includes(mediaTypes.image, mediaType)) {
    const image = imageShape.safeParse(parsed);
    if (!image.success) return damaged(what);
    const { config, layers } = image.data;
    if (config.mediaType !== undefined && !includes(mediaTypes.config, config.mediaType)) {
      return failure(
        "unsupported",
        `${what} is not a container image (${config.mediaType}); it cannot be deployed.`,
      );
    }
    return success({
      kind: "image",
      mediaType,
      configDigest: config.digest,
      size: layers.reduce((sum, layer) => sum + layer.size, config.size),
    });
  }
  if ("schemaVersion" in parsed && parsed.schemaVersion === 1) {
    return failure(
      "unsupported",
      `${what} is in the old format schema 1, whose digest does not stand for its content; push it again with a current docker or buildah.`,
    );
  }
  return failure(
    "unsupported",
    `${what} has the media type ${mediaType === "" ? "(none)" : mediaType}, which is not that of a container image; it cannot be deployed.`,
  );
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
