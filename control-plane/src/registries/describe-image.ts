import type { RegistryClient } from "./client.ts";
import { parseManifest } from "./manifest.ts";
import { type Outcome, type RegistryFailure, success } from "./outcome.ts";

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
export interface ImageDescription {
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

/** The platform to go by: the wanted one, then the most common one, then any that can be had. */
export function preferredPlatform<P extends { platform: string; configDigest?: string | null }>(
  platforms: readonly P[],
  wanted: string,
): P | null {
  const present = platforms.filter(({ configDigest }) => configDigest !== null);
  return (
    present.find(({ platform }) => platform === wanted) ??
    present.find(({ platform }) => platform === defaultPlatform) ??
    present[0] ??
    null
  );
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
    return success({
      manifestDigest: digest,
      mediaType: manifest.mediaType,
      platforms: [
        {
          platform: config.value.platform ?? defaultPlatform,
          manifestDigest: digest,
          configDigest: manifest.configDigest,
          size: manifest.size,
        },
      ],
      configDigest: manifest.configDigest,
      size: manifest.size,
      created: config.value.created,
      lastModified,
    });
  }

  const read = await Promise.all(
    manifest.entries.map((entry) => platformImage(client, repository, entry)),
  );
  const platforms: PlatformImage[] = [];
  for (const platform of read) {
    if (!platform.ok) return platform;
    platforms.push(platform.value);
  }
  const preferred = preferredPlatform(platforms, wanted);
  let created: number | null = null;
  if (preferred?.configDigest != null) {
    const config = await client.getConfig(repository, preferred.configDigest);
    if (!config.ok) return config;
    created = config.value.created;
  }
  return success({
    manifestDigest: digest,
    mediaType: manifest.mediaType,
    platforms,
    configDigest: preferred?.configDigest ?? null,
    size: preferred?.size ?? null,
    created,
    lastModified,
  });
}

/** A platform that an index names; one that was never copied to this registry is kept by digest. */
async function platformImage(
  client: RegistryClient,
  repository: string,
  entry: { digest: string; platform: string },
): Promise<Outcome<PlatformImage>> {
  const bare = { platform: entry.platform, manifestDigest: entry.digest };
  const absent = success({ ...bare, configDigest: null, size: null });
  const fetched = await client.getManifest(repository, entry.digest);
  if (!fetched.ok) return fetched.kind === "not_found" ? absent : fetched;
  const what = `${client.endpoint.domain}/${repository}@${entry.digest.slice(0, 19)}…`;
  const parsed = parseManifest(fetched.value.body, fetched.value.mediaType ?? undefined, what);
  if (!parsed.ok) return unreadable(parsed) ? absent : parsed;
  if (parsed.value.kind === "index") return absent;
  return success({
    ...bare,
    configDigest: parsed.value.configDigest,
    size: parsed.value.size,
  });
}

/** One odd entry does not spoil an index whose other platforms can be run. */
function unreadable(failed: RegistryFailure): boolean {
  return failed.kind === "unsupported";
}
