import pLimit from "p-limit";
import type { RegistryClient } from "./client.ts";
import { type ImageReading, isKept, readingOf } from "./image-content.ts";
import { noFacts } from "./image-facts.ts";
import { type ImageManifest, type IndexEntry, notAnImage, parseManifest } from "./manifest.ts";
import { type Outcome, success } from "./outcome.ts";

/** One platform of an image: enough to recognise a container that runs it. */
export interface PlatformImage {
  platform: string;
  manifestDigest: string;
  /** null: the registry has the index without this platform */
  configDigest: string | null;
  /** compressed bytes; null like `configDigest` */
  size: number | null;
}

/** Everything that is kept of a digest. Content-addressed: it never changes. */
export interface ImageDescription extends ImageReading {
  manifestDigest: string;
  mediaType: string;
  platforms: PlatformImage[];
  /** of the preferred platform */
  configDigest: string | null;
  size: number | null;
  /** what the image's config says of its build; epoch milliseconds */
  created: number | null;
  /** what the registry says; epoch milliseconds */
  lastModified: number | null;
}

export const defaultPlatform = "linux/amd64";

/** An index may name a thousand manifests, and each of them is held while it is read. */
const manifestsAtOnce = 4;

/**
 * The platform to go by: the wanted one, then the most common one, then the first that can be had.
 * One is considered after the other, so that of an index with a thousand of them only the manifest
 * of the best so far is held.
 */
class Preferred {
  readonly #wanted: string;
  #best: { rank: number; position: number; read: PlatformManifest } | null = null;

  constructor(wanted: string) {
    this.#wanted = wanted;
  }

  consider(position: number, read: PlatformManifest): void {
    const { platform } = read.image;
    const rank = platform === this.#wanted ? 0 : platform === defaultPlatform ? 1 : 2;
    const best = this.#best;
    if (best === null || rank < best.rank || (rank === best.rank && position < best.position)) {
      this.#best = { rank, position, read };
    }
  }

  get best(): PlatformManifest | null {
    return this.#best?.read ?? null;
  }
}

/** A platform's image with its manifest; null: the registry has the index without it. */
interface PlatformManifest {
  image: PlatformImage;
  manifest: ImageManifest;
}

/**
 * Reads what a digest is: its manifest, each platform's manifest, and the config of the preferred
 * platform.
 *
 * @param reference a digest, or a tag to resolve by the body that it has now
 * @param wanted the platform whose size and build time count, such as `linux/arm64`
 */
export async function describeImage(
  client: RegistryClient,
  repository: string,
  reference: string,
  wanted: string = defaultPlatform,
): Promise<Outcome<ImageDescription>> {
  const fetched = await client.getManifest(repository, reference);
  if (!fetched.ok) return fetched;
  const { digest, body, lastModified } = fetched.value;
  const what = `${client.endpoint.domain}/${repository}@${digest.slice(0, 19)}…`;
  const parsed = parseManifest(body, fetched.value.mediaType ?? undefined, what);
  if (!parsed.ok) return parsed;
  const manifest = parsed.value;

  if (manifest.kind === "image") {
    const config = await client.getConfig(repository, manifest.configDigest);
    if (!config.ok) return config;
    const { platform } = config.value;
    if (platform === null) return notAnImage(what, "its config names no platform");
    return success({
      manifestDigest: digest,
      mediaType: manifest.mediaType,
      platforms: [
        {
          platform,
          manifestDigest: digest,
          configDigest: manifest.configDigest,
          size: manifest.size,
        },
      ],
      configDigest: manifest.configDigest,
      size: manifest.size,
      created: config.value.created,
      lastModified,
      ...keptOf(readingOf({ platform, manifest, config: config.value, indexAnnotations: [] })),
    });
  }

  const candidates = new Preferred(wanted);
  const read = await pLimit(manifestsAtOnce).map(manifest.entries, async (entry, position) => {
    const platform = await platformImage(client, repository, entry);
    if (!platform.ok) return platform;
    const { image, manifest: own } = platform.value;
    if (own !== null) candidates.consider(position, { image, manifest: own });
    return success(image);
  });
  const platforms: PlatformImage[] = [];
  let images = 0;
  for (const [index, image] of read.entries()) {
    const entry = manifest.entries[index];
    if (image.ok) {
      platforms.push(image.value);
      images++;
    } else if (image.kind === "not_an_image" || image.kind === "unsupported") {
      // One odd entry does not spoil an index whose other platforms can be run.
      if (entry != null && entry.platform !== null) platforms.push(absent(entry.platform, entry));
    } else {
      return image;
    }
  }
  if (images === 0) return notAnImage(what, "an index without one");
  const preferred = candidates.best;
  let created: number | null = null;
  let reading: ImageReading = { facts: noFacts, content: null };
  if (preferred !== null) {
    const { platform } = preferred.image;
    const config = await client.getConfig(repository, preferred.manifest.configDigest);
    if (!config.ok) return config;
    created = config.value.created;
    const entry = manifest.entries.find((one) => one.digest === preferred.image.manifestDigest);
    reading = readingOf({
      platform,
      manifest: preferred.manifest,
      config: config.value,
      indexAnnotations: [entry?.annotations, manifest.annotations],
    });
  }
  return success({
    manifestDigest: digest,
    mediaType: manifest.mediaType,
    platforms,
    configDigest: preferred?.image.configDigest ?? null,
    size: preferred?.image.size ?? null,
    created,
    lastModified,
    ...keptOf(reading),
  });
}

function keptOf({ facts, content }: ImageReading): ImageReading {
  return { facts, content: content !== null && isKept(content) ? content : null };
}

/** What is known of a platform that an index names and whose image cannot be had. */
function absent(platform: string, entry: IndexEntry): PlatformImage {
  return { platform, manifestDigest: entry.digest, configDigest: null, size: null };
}

/** A platform that an index names; one that was never copied to this registry is kept by digest. */
async function platformImage(
  client: RegistryClient,
  repository: string,
  entry: IndexEntry,
): Promise<Outcome<{ image: PlatformImage; manifest: ImageManifest | null }>> {
  const what = `${client.endpoint.domain}/${repository}@${entry.digest.slice(0, 19)}…`;
  const fetched = await client.getManifest(repository, entry.digest);
  if (!fetched.ok) {
    if (fetched.kind !== "not_found" || entry.platform === null) return fetched;
    return success({ image: absent(entry.platform, entry), manifest: null });
  }
  const parsed = parseManifest(fetched.value.body, fetched.value.mediaType ?? undefined, what);
  if (!parsed.ok) return parsed;
  if (parsed.value.kind === "index") {
    return entry.platform === null
      ? notAnImage(what, "an index in an index")
      : success({ image: absent(entry.platform, entry), manifest: null });
  }
  const { configDigest, size } = parsed.value;
  let { platform } = entry;
  if (platform === null) {
    const config = await client.getConfig(repository, configDigest);
    if (!config.ok) return config;
    platform = config.value.platform;
    if (platform === null) return notAnImage(what, "its config names no platform");
  }
  const image = { platform, manifestDigest: entry.digest, configDigest, size };
  return success({ image, manifest: parsed.value });
}
