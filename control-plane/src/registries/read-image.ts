import type { RegistryClient } from "./client.ts";
import { defaultPlatform } from "./describe-image.ts";
import { type ImageContent, type ImageReading, readingOf } from "./image-content.ts";
import { type ImageManifest, type IndexEntry, notAnImage, parseManifest } from "./manifest.ts";
import { failure, type Outcome, success } from "./outcome.ts";

export interface WholeReading extends ImageReading {
  content: ImageContent;
}

/**
 * Reads what one platform of an image says of itself, with two or three requests: what is needed
 * of a digest that was recorded without it, or for another platform.
 *
 * @param digest of the image: of its index where it has one
 * @param wanted the platform; where the image lacks it, the most common one or the first
 */
export async function readImage(
  client: RegistryClient,
  repository: string,
  digest: string,
  wanted: string,
): Promise<Outcome<WholeReading>> {
  const top = await manifestOf(client, repository, digest);
  if (!top.ok) return top;
  if (top.value.kind === "image") {
    return withConfig(client, repository, { manifest: top.value, entry: null });
  }
  const { entries, annotations } = top.value;
  const entry =
    entries.find(({ platform }) => platform === wanted) ??
    entries.find(({ platform }) => platform === defaultPlatform) ??
    entries[0];
  if (entry === undefined) return notAnImage(digest, "an index without one");
  const own = await manifestOf(client, repository, entry.digest);
  if (!own.ok) return own;
  if (own.value.kind === "index") return notAnImage(digest, "an index in an index");
  return withConfig(client, repository, { manifest: own.value, entry, annotations });
}

async function manifestOf(client: RegistryClient, repository: string, digest: string) {
  const fetched = await client.getManifest(repository, digest);
  if (!fetched.ok) return fetched;
  const what = `${client.endpoint.domain}/${repository}@${digest.slice(0, 19)}…`;
  return parseManifest(fetched.value.body, fetched.value.mediaType ?? undefined, what);
}

async function withConfig(
  client: RegistryClient,
  repository: string,
  parts: {
    manifest: ImageManifest;
    entry: IndexEntry | null;
    annotations?: Record<string, unknown> | null;
  },
) {
  const { manifest, entry, annotations } = parts;
  const config = await client.getConfig(repository, manifest.configDigest);
  if (!config.ok) return config;
  const platform = entry?.platform ?? config.value.platform;
  if (platform === null) {
    return failure("not_an_image", `The config of ${manifest.configDigest} names no platform.`);
  }
  return success(
    readingOf({
      platform,
      manifest,
      config: config.value,
      indexAnnotations: [entry?.annotations, annotations],
    }),
  );
}
