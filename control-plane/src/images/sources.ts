import type { TrustRoot } from "@bridgeport/proto/signatures";
import type { Database } from "../database/connection.ts";
import { Problem } from "../problem.ts";
import type { RegistryClient } from "../registries/client.ts";
import type { RegistryConnections } from "../registries/connections.ts";
import type { Outcome } from "../registries/outcome.ts";
import { readImage, type WholeReading } from "../registries/read-image.ts";
import { TagBrowser } from "./browse-tags.ts";
import { type CheckedImage, checkRegistry } from "./check-registry.ts";
import { DigestDescriptions } from "./digest-descriptions.ts";
import { repositoryOfImage, resolveTag } from "./resolve-tag.ts";
import { ImageSync, type SyncOutcome } from "./sync.ts";

/** Where images come from: everything that is asked of registries on behalf of images. */
export interface ImageSources {
  /** synchronises one image with its registry */
  check(imageId: string): Promise<SyncOutcome>;
  /** synchronises every image of a registry, or as many as can be begun within a time */
  checkRegistry(registryId: string, options?: { withinMs: number }): Promise<CheckedImage[]>;
  /** asks what a tag points to now, records that digest and returns its row's id */
  resolveTag(imageId: string, tag: string): Promise<string>;
  /** an image's own settings (`Env`, `Cmd`, …) from the configuration of this digest; null where it cannot be had */
  imageConfig(imageId: string, configDigest: string): Promise<Record<string, unknown> | null>;
  /**
   * what one platform of a digest's image says of itself, from the registry
   * @throws {Problem} 400 without a registry, 502 when it cannot be used
   */
  readImage(
    imageId: string,
    manifestDigest: string,
    platform: string,
  ): Promise<Outcome<WholeReading>>;
  /**
   * where an image is kept, and how to ask there
   * @throws {Problem} 400 without a registry, 502 when it cannot be used
   */
  repositoryOf(imageId: string): Promise<{ client: RegistryClient; repository: string }>;
  /** what the certificates of those who sign images are checked with; null: nothing */
  trustRoot: TrustRoot | null;
  /** every tag of a repository, page by page */
  browser: TagBrowser;
  registries: RegistryConnections;
}

/** One of these serves the whole process, so that what is learned once is not asked again. */
export function openImageSources(parts: {
  database: Database;
  registries: RegistryConnections;
  trustRoot?: TrustRoot | null;
}): ImageSources {
  const descriptions = new DigestDescriptions();
  const sync = new ImageSync({ ...parts, descriptions });
  return {
    check: (imageId) => sync.check(imageId),
    checkRegistry: (registryId, options) => checkRegistry({ ...parts, sync }, registryId, options),
    resolveTag: (imageId, tag) => resolveTag({ ...parts, descriptions }, imageId, tag),
    async imageConfig(imageId, configDigest) {
      try {
        const { registry, repository } = await repositoryOfImage(parts, imageId);
        const config = await registry.client.getConfig(repository, configDigest);
        return config.ok ? config.value.settings : null;
      } catch (error) {
        if (error instanceof Problem) return null;
        throw error;
      }
    },
    async readImage(imageId, manifestDigest, platform) {
      const { registry, repository } = await repositoryOfImage(parts, imageId);
      return readImage(registry.client, repository, manifestDigest, platform);
    },
    async repositoryOf(imageId) {
      const { registry, repository } = await repositoryOfImage(parts, imageId);
      return { client: registry.client, repository };
    },
    trustRoot: parts.trustRoot ?? null,
    browser: new TagBrowser(descriptions),
    registries: parts.registries,
  };
}
