import { afterAll } from "vitest";
import { openTestbed, type Testbed, type TestImage } from "./real-engine.ts";

/** What most tests of replacements replace one by the other: the last one cannot be started. */
export const usualImages = {
  v1: ["ENV VERSION=1"],
  v2: ["ENV VERSION=2"],
  broken: ['CMD ["no-such-program"]'],
};

/** For `isSelf`: none of a test's containers is the agent's own. */
export const notSelf = (): boolean => false;

/** The shared engine with a test file's own images on it, by the names that the file gives them. */
export type ReplacementBed<Name extends string> = Record<Name, TestImage> & {
  bed: Testbed;
  /** A name for a container that no other has. */
  newName(): string;
};

/**
 * Opens the shared engine for a test file, and closes it after the file's tests. To be awaited outside
 * of tests and hooks, so that the images are constants of the file.
 *
 * @param images Dockerfile instructions of each image
 */
export async function openReplacementBed<Name extends string>(
  images: Record<Name, string[]>,
): Promise<ReplacementBed<Name>> {
  const bed = await openTestbed();
  afterAll(async () => await bed.close());
  const built: Partial<Record<Name, TestImage>> = {};
  for (const name of Object.keys(images) as Name[]) {
    built[name] = await bed.image(name, ...images[name]);
  }
  let count = 0;
  const newName = (): string => {
    count += 1;
    return `${bed.prefix}-${count}`;
  };
  return { ...(built as Record<Name, TestImage>), bed, newName };
}
