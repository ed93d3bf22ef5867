import pLimit from "p-limit";
import { keepNewest } from "../registries/bounded.ts";
import type { RegistryClient } from "../registries/client.ts";
import { describeImage, type ImageDescription } from "../registries/describe-image.ts";
import type { TagDetail } from "../registries/dialects/dialect.ts";
import { sizeOf } from "../registries/image-content.ts";
import {
  concernsWholeRegistry,
  type Outcome,
  type RegistryFailure,
  success,
} from "../registries/outcome.ts";
import type { NewDigest } from "./digests.store.ts";
import { pushedAt } from "./pushed-at.ts";

/** For checks that are tried again and for people who browse: what was recorded is not read again. */
const capacity = 500;
/** Most contents are a few kB; with larger ones the memory that they take would have no bound. */
const rememberedContent = 16 << 10;
/** A repository may hold several signatures for each of its images. */
const knownArtifacts = 20_000;
const atOnce = 4;

/** Why nothing is known of a digest. */
export interface SkippedDigest {
  reason: string;
  /** it is no image that can be run, which does not change */
  forGood: boolean;
  /** it is understood, and something else than an image */
  artifact: boolean;
}

/**
 * What digests are, as registries describe them. A description never changes, so it is read once
 * and kept; so is the fact that something is no container image.
 */
export class DigestDescriptions {
  readonly #images = new Map<string, ImageDescription>();
  /** what is no image, and never will be, as its content does not change */
  readonly #others = new Map<string, RegistryFailure>();

  /**
   * Describes one digest. With a tag in its place nothing is kept.
   * @param platform whose size and build time count
   */
  async describe(
    client: RegistryClient,
    repository: string,
    digest: string,
    platform: string,
  ): Promise<Outcome<ImageDescription>> {
    const content = `${client.endpoint.origin} ${repository} ${digest}`;
    const image = `${content} ${platform}`;
    const known = this.#images.get(image);
    if (known !== undefined) return success(known);
    const other = this.#others.get(content);
    if (other !== undefined) return other;
    const described = await describeImage(client, repository, digest, platform);
    if (described.ok) {
      const { content: found } = described.value;
      if (found === null || sizeOf(found) <= rememberedContent) {
        keepNewest(this.#images, image, described.value, capacity);
      }
    } else if (isForGood(described)) keepNewest(this.#others, content, described, knownArtifacts);
    return described;
  }

  /**
   * Describes several. What concerns one digest leaves that one out, with the reason; what
   * concerns the whole registry ends it.
   */
  async describeAll(
    client: RegistryClient,
    repository: string,
    digests: string[],
    platform: string,
  ): Promise<
    Outcome<{ digests: Map<string, ImageDescription>; skipped: Map<string, SkippedDigest> }>
  > {
    const limit = pLimit(atOnce);
    const found = new Map<string, ImageDescription>();
    const skipped = new Map<string, SkippedDigest>();
    const outcomes = await Promise.all(
      digests.map((digest) =>
        limit(async () => ({
          digest,
          described: await this.describe(client, repository, digest, platform),
        })),
      ),
    );
    for (const { digest, described } of outcomes) {
      if (described.ok) found.set(digest, described.value);
      else if (concernsWholeRegistry(described)) return described;
      else {
        skipped.set(digest, {
          reason: described.message,
          forGood: isForGood(described),
          artifact: described.kind === "not_an_image",
        });
      }
    }
    return success({ digests: found, skipped });
  }
}

/** Whether what a failure says of a digest stays so. */
export function isForGood({ kind }: RegistryFailure): boolean {
  return kind === "not_an_image" || kind === "unsupported" || kind === "too_large";
}

/**
 * When a described digest was pushed; null: not known.
 * @param vendor what the registry's vendor says; epoch milliseconds
 */
export function pushTime(
  description: ImageDescription,
  vendor: number | null,
  now = Date.now(),
): Date | null {
  const time = pushedAt({
    registry: vendor ?? description.lastModified,
    created: description.created,
    now,
  });
  return time === null ? null : new Date(time);
}

/** When digests were pushed, by what a vendor says of their tags: the earliest of each. */
export function pushTimes(details: ReadonlyMap<string, TagDetail>): Map<string, number> {
  const times = new Map<string, number>();
  for (const { digest, pushedAt: time } of details.values()) {
    if (digest === null || time === null) continue;
    times.set(digest, Math.min(time, times.get(digest) ?? time));
  }
  return times;
}

/**
 * A description as a row that is first seen.
 * @param vendor when it was pushed, as its vendor says; epoch milliseconds
 * @param seen when, and whether it is certain that it was not there at the check before
 */
export function newDigest(
  description: ImageDescription,
  vendor: number | null,
  seen: { at: Date; appeared: boolean },
): Omit<NewDigest, "tags"> {
  const { manifestDigest, configDigest, mediaType, platforms, size, facts, content } = description;
  const pushed = pushTime(description, vendor);
  const told = pushTime({ ...description, created: null }, vendor);
  return {
    manifestDigest,
    configDigest,
    mediaType,
    platforms,
    size,
    pushedAt: pushed ?? seen.at,
    registryPushedAt: told,
    undated: pushed === null && !seen.appeared,
    image: facts,
    content,
  };
}
