import type { Database } from "../database/connection.ts";
import { Problem } from "../problem.ts";
import { type ImageContent, isKept } from "../registries/image-content.ts";
import type { ImageFacts } from "../registries/image-facts.ts";
import { registryProblem } from "../registries/registry-problem.ts";
import { findContents, keepReading } from "./digest-contents.store.ts";
import type { DigestRow } from "./digests.store.ts";
import { serverPlatforms } from "./image-services.store.ts";
import { commonPlatform } from "./server-platform.ts";
import type { ImageSources } from "./sources.ts";

/** A digest with what its image says of itself. */
export interface ReadDigest {
  row: DigestRow;
  facts: ImageFacts;
  content: ImageContent;
}

export interface ContentParts {
  database: Database;
  images: Pick<ImageSources, "readImage">;
}

/**
 * Digests of one image with their contents, all for the same platform: the one that most of the
 * image's servers run, else one that all are kept for. What is not kept is read from the registry,
 * and kept.
 *
 * @throws {Problem} 400 or 502 when one is neither kept nor to be had from the registry
 */
export async function readDigests(
  parts: ContentParts,
  imageId: string,
  rows: DigestRow[],
): Promise<ReadDigest[]> {
  const { database } = parts;
  const kept = await findContents(
    database,
    rows.map(({ id }) => id),
  );
  const wanted = commonPlatform(await serverPlatforms(database, imageId));
  const keptFor = (row: DigestRow, platform: string): ReadDigest | null => {
    // An image that lacks the platform counts as what it was read as.
    const lacks = row.platforms.every((one) => one.platform !== platform);
    const content = kept.find(
      (one) => one.digestId === row.id && (one.platform === platform || lacks),
    );
    return content === undefined || row.image === null ? null : { row, facts: row.image, content };
  };
  const found: ReadDigest[] = [];
  let failed: Problem | null = null;
  const answers = rows.map(
    async (row) => keptFor(row, wanted) ?? (await askedFor(parts, row, wanted)),
  );
  for (const answer of await Promise.all(answers)) {
    if (answer instanceof Problem) failed = answer;
    else found.push(answer);
  }
  if (failed === null) return found;
  for (const platform of new Set(kept.map((one) => one.platform))) {
    const all = rows.flatMap((row) => keptFor(row, platform) ?? []);
    if (all.length === rows.length) return all;
  }
  throw failed;
}

/** Asks the registry, and keeps the answer. */
async function askedFor(
  { database, images }: ContentParts,
  row: DigestRow,
  platform: string,
): Promise<ReadDigest | Problem> {
  try {
    const read = await images.readImage(row.containerImageId, row.manifestDigest, platform);
    if (!read.ok) return registryProblem({ ...read, message: notKept(row, read.message) });
    const { facts, content } = read.value;
    await keepReading(database, row, { facts, content: isKept(content) ? content : null });
    return { row, facts: row.image ?? facts, content };
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

function notKept({ manifestDigest }: DigestRow, why: string): string {
  return `The configuration of ${manifestDigest.slice(0, 19)}… was not kept, and the registry does not give it: ${why}`;
}
