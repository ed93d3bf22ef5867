import type { Database } from "../database/connection.ts";
import { type Registry, repositoryOf } from "../registries/connections.ts";
import { isKept } from "../registries/image-content.ts";
import { readImage } from "../registries/read-image.ts";
import { parseReference } from "../registries/reference.ts";
import { keepReading, unreadDigests } from "./digest-contents.store.ts";
import { isForGood } from "./digest-descriptions.ts";
import { commonPlatform } from "./server-platform.ts";
import type { SyncSubject } from "./sync.store.ts";

/**
 * Reads what the images of digests say that were recorded before that was kept: of those that are
 * deployed and newest, each once, as some registries count what is fetched. The others are read
 * when a person looks at them. What the registry no longer has, or cannot give, is not asked again;
 * what fails for another reason waits for the next synchronisation.
 */
export async function readUnread(
  database: Database,
  { image, platforms }: SyncSubject,
  { client }: Registry,
): Promise<void> {
  const unread = await unreadDigests(database, image.id);
  if (unread.length === 0) return;
  const parsed = parseReference(image.imageName);
  if (!parsed.ok) throw new Error(`a stored image name is not valid: ${parsed.message}`);
  const repository = repositoryOf(client.endpoint, parsed.reference);
  for (const { id, manifestDigest } of unread) {
    const read = await readImage(client, repository, manifestDigest, commonPlatform(platforms));
    const digest = { id, manifestDigest, containerImageId: image.id };
    if (read.ok) {
      const { facts, content } = read.value;
      await keepReading(database, digest, { facts, content: isKept(content) ? content : null });
    } else if (read.kind === "not_found" || isForGood(read)) {
      await keepReading(database, digest, null);
    }
  }
}
