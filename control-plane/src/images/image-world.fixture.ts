import type { Database } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { RegistryConnections } from "../registries/connections.ts";
import { allDialects, type Dialects } from "../registries/dialects/dialects.ts";
import { parseReference } from "../registries/reference.ts";
import { insertRegistry } from "../registries/registries.store.ts";
import { RegistryDouble } from "../registries/registry-double.fixture.ts";
import type { TransportOptions } from "../registries/transport.ts";
import { secretsWith } from "../secrets.ts";
import { insertImage } from "./images.store.ts";
import { type ImageSources, openImageSources } from "./sources.ts";
import type { SyncReport } from "./sync.ts";
import { refreshUpdateAvailable } from "./updates.store.ts";

/*
 * An environment with a registry (a double) and an image, in a real database.
 */

export const secrets = secretsWith("ab".repeat(32));

export interface ImageWorld {
  environmentId: string;
  registryId: string;
  imageId: string;
  double: RegistryDouble;
  sources: ImageSources;
  /** another process of the same product */
  replica(options?: TransportOptions, dialects?: Dialects): ImageSources;
  /** @throws {Error} when it failed */
  sync(): Promise<SyncReport>;
  setFilter(filter: string): Promise<void>;
  /** `digest → tags` as recorded */
  tags(): Promise<Record<string, string[]>>;
  image(): Promise<{
    updateAvailable: boolean;
    updateReason: string;
    lastError: string | null;
    lastCheckNote: string | null;
    lastCheckedAt: Date | null;
  }>;
  deploy(manifestDigest: string): Promise<void>;
  close(): Promise<void>;
}

export const impatient: TransportOptions = {
  patienceMs: 300,
};

export async function newImageWorld(
  database: Database,
  tagFilter = "*",
  transport: TransportOptions = impatient,
): Promise<ImageWorld> {
  const double = new RegistryDouble();
  await double.start();
  const environmentId = await insertEnvironment(database, newId());
  const registryId = await insertRegistry(database, environmentId, {
    name: "registry",
    type: "generic",
    registryUrl: double.origin,
    repositoryPrefix: null,
    username: null,
    token: null,
    password: null,
    passwordToAgents: "without_tokens",
    isDefault: false,
    refreshIntervalMinutes: 30,
    autoLinkPattern: null,
  });
  const imageName = `${double.domain}/app`;
  const parsed = parseReference(imageName);
  if (!parsed.ok) throw new Error(parsed.message);
  const imageId = await insertImage(database, environmentId, {
    name: "app",
    imageName,
    reference: parsed.reference,
    tagFilter,
    registryId,
    autoUpdate: false,
  });
  const opened: RegistryConnections[] = [];
  const replica = (options = transport, dialects = allDialects()) => {
    const registries = new RegistryConnections({
      database,
      secrets,
      transport: options,
      dialects,
    });
    opened.push(registries);
    return openImageSources({ database, registries });
  };
  const sources = replica();
  return {
    environmentId,
    registryId,
    imageId,
    double,
    sources,
    replica,
    async sync() {
      const outcome = await sources.check(imageId);
      if (!outcome.ok) throw new Error(`${outcome.kind}: ${outcome.message}`);
      return outcome.value;
    },
    async setFilter(filter) {
      await database`update container_images set tag_filter = ${filter} where id = ${imageId}`;
      await refreshUpdateAvailable(database, imageId);
    },
    async tags() {
      const rows = await database<{ manifestDigest: string; tags: string[] }[]>`
        select manifest_digest, tags from image_digests where container_image_id = ${imageId}`;
      return Object.fromEntries(rows.map((row) => [row.manifestDigest, row.tags]));
    },
    async image() {
      const [row] = await database<[Awaited<ReturnType<ImageWorld["image"]>>]>`
        select update_available, update_reason, last_error, last_check_note, last_checked_at
        from container_images where id = ${imageId}`;
      return row;
    },
    async deploy(manifestDigest) {
      await database`
        update container_images set deployed_digest_id = (
          select id from image_digests
          where container_image_id = ${imageId} and manifest_digest = ${manifestDigest})
        where id = ${imageId}`;
      await refreshUpdateAvailable(database, imageId);
    },
    async close() {
      await Promise.all(opened.map((registries) => registries.close()));
      await double.stop();
    },
  };
}
