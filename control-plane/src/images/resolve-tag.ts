import type { Database } from "../database/connection.ts";
import { notFound, Problem } from "../problem.ts";
import type { RegistryClient } from "../registries/client.ts";
import {
  type Registry,
  type RegistryConnections,
  repositoryOf,
} from "../registries/connections.ts";
import type { Outcome } from "../registries/outcome.ts";
import { isTag, parseReference } from "../registries/reference.ts";
import { registryProblem } from "../registries/registry-problem.ts";
import { type DigestDescriptions, newDigest, pushTimes } from "./digest-descriptions.ts";
import { digestsByManifest } from "./digests.store.ts";
import { commonPlatform } from "./server-platform.ts";
import { loadSyncSubject, recordTag, type SyncSubject } from "./sync.store.ts";

export interface TagParts {
  database: Database;
  registries: RegistryConnections;
  descriptions: DigestDescriptions;
}

/** An image's repository in its registry, ready to be asked. */
export interface ImageRepository {
  subject: SyncSubject;
  registry: Registry;
  repository: string;
  /** what most of the image's servers run */
  platform: string;
}

/** @throws {Problem} 404 for an unknown image, 400 without a registry, 502 when it cannot be used */
export async function repositoryOfImage(
  parts: Pick<TagParts, "database" | "registries">,
  imageId: string,
): Promise<ImageRepository> {
  const subject = await loadSyncSubject(parts.database, imageId);
  if (subject === null) throw notFound("container image");
  if (subject === "no registry") throw noRegistry();
  const registry = await parts.registries.open(subject.registry);
  if (!registry.ok) throw registryProblem(registry);
  const parsed = parseReference(subject.image.imageName);
  if (!parsed.ok) throw new Error(`a stored image name is not valid: ${parsed.message}`);
  return {
    subject,
    registry: registry.value,
    repository: repositoryOf(registry.value.client.endpoint, parsed.reference),
    platform: commonPlatform(subject.platforms),
  };
}

export function noRegistry(): Problem {
  return new Problem("invalid", "no_registry", "No registry connection configured for this image");
}

/**
 * Asks the registry what a tag points to now, whether the filter knows it or not, and records that
 * digest with the tag on it.
 *
 * @returns the id of the digest's row
 * @throws {Problem} 400 for a tag that is none or does not exist, 502 when the registry answers badly
 */
export async function resolveTag(parts: TagParts, imageId: string, tag: string): Promise<string> {
  if (!isTag(tag)) {
    throw new Problem(
      "invalid",
      "bad_tag",
      `"${tag}" is not a tag; a tag has 1 to 128 letters, digits, dots, dashes and underscores.`,
    );
  }
  const { registry, repository, platform } = await repositoryOfImage(parts, imageId);
  const { client } = registry;
  const digest = await digestOfTag(client, repository, tag);
  if (!digest.ok) {
    throw digest.kind === "not_found"
      ? new Problem("invalid", "tag_not_found", digest.message)
      : registryProblem(digest);
  }
  const known = await digestsByManifest(parts.database, imageId, [digest.value]);
  if (known.length > 0) return recordTag(parts.database, imageId, tag, digest.value, null);
  const described = await parts.descriptions.describe(client, repository, digest.value, platform);
  if (!described.ok) {
    throw described.kind === "not_an_image" || described.kind === "unsupported"
      ? new Problem("invalid", "not_an_image", described.message)
      : registryProblem(described);
  }
  const details = await registry.tagDetails(repository);
  const fresh = newDigest(described.value, pushTimes(details).get(digest.value) ?? null, {
    at: new Date(),
    appeared: false,
  });
  return recordTag(parts.database, imageId, tag, digest.value, fresh);
}

/** The digest that a tag points to: what the registry says, else what the manifest's body has. */
async function digestOfTag(
  client: RegistryClient,
  repository: string,
  tag: string,
): Promise<Outcome<string>> {
  const head = await client.headManifest(repository, tag);
  if (!head.ok) return head;
  if (head.value.digest !== null) return { ok: true, value: head.value.digest };
  const fetched = await client.getManifest(repository, tag);
  return fetched.ok ? { ok: true, value: fetched.value.digest } : fetched;
}
