import { CommandFailure } from "../../command.ts";
import { type Engine, Memory } from "../client.ts";
import { type ImageInspection, inspectImage } from "../inspection.ts";
import { sharedLook } from "../shared-look.ts";

/** The parts of `name:tag@sha256:…` or `name@sha256:…`. */
export interface DigestReference {
  /** as written, without tag and digest */
  name: string;
  digest: string;
}

/** Throws a failure for a reference without a digest: a tag is never deployed without one. */
export function parseDigestReference(reference: string): DigestReference {
  const match = /^(.+?)(?::[\w][\w.-]{0,127})?@(sha256:[0-9a-f]{64})$/.exec(reference);
  const [, name, digest] = match ?? [];
  if (name === undefined || digest === undefined) {
    throw new CommandFailure(
      "refused",
      `"${reference}" names no image digest: a deploy needs name:tag@sha256:… so that it is certain what will run.`,
    );
  }
  return { name, digest };
}

/** Name and tag of the reference that a container was created from; null where it has no tag. */
export function tagOf(reference: string): { name: string; tag: string } | null {
  const [, image, digest] = /^([^@]+)(@sha256:[0-9a-f]{64})?$/.exec(reference) ?? [];
  if (image === undefined) return null;
  const colon = image.lastIndexOf(":");
  const tag = colon < 1 ? "" : image.slice(colon + 1);
  if (!/^\w[\w.-]{0,127}$/.test(tag)) {
    return digest === undefined ? { name: image, tag: "latest" } : null;
  }
  const name = image.slice(0, colon);
  return name === "sha256" ? null : { name, tag };
}

/** An image does not change; it can only be removed, which a deploy notices. */
const imageKnownMs = 2_000;
const images = new Memory(() => new Map<string, Known>());

interface Known {
  /** by the monotonic clock */
  askedAt: number;
  image: ImageInspection;
}

/**
 * An image as it was a moment ago; null where the engine has none such. All services of a deploy ask
 * for the same two images, and an engine with the containerd store reads many files for each answer.
 */
export async function recentImage(
  engine: Engine,
  idOrReference: string,
): Promise<ImageInspection | null> {
  const recent = engine.recall(images).get(idOrReference);
  if (recent !== undefined && isRecent(recent)) return recent.image;
  return await sharedLook(engine, `image ${idOrReference}`, () => lookAt(engine, idOrReference));
}

const isRecent = ({ askedAt }: Known): boolean => performance.now() - askedAt < imageKnownMs;

/** Asks the engine, and remembers the answer for {@link recentImage}. */
async function lookAt(engine: Engine, idOrReference: string): Promise<ImageInspection | null> {
  const askedAt = performance.now();
  const image = await inspectImage(engine, idOrReference);
  const known = engine.recall(images);
  for (const [key, one] of known) if (!isRecent(one)) known.delete(key);
  if (image === null) known.delete(idOrReference);
  else known.set(idOrReference, { askedAt, image });
  return image;
}

/** The image of this digest. Throws a failure that asks for a pull where the engine does not have it. */
export async function imageOf(engine: Engine, reference: string): Promise<ImageInspection> {
  const { name, digest } = parseDigestReference(reference);
  const image = await recentImage(engine, `${name}@${digest}`);
  if (image === null) throw imageMissing(reference);
  return image;
}

export function imageMissing(reference: string): CommandFailure {
  return new CommandFailure(
    "image_missing",
    `The image ${reference} is not on this server: it has to be pulled before a container can be created from it.`,
  );
}

/** The image of this digest; null where the engine does not have it. */
export async function findImage(
  engine: Engine,
  reference: string,
): Promise<ImageInspection | null> {
  const { name, digest } = parseDigestReference(reference);
  return await lookAt(engine, `${name}@${digest}`);
}

/**
 * Whether an image is the one of this digest: it has one of the ids that the control plane knows for
 * the digest, or the engine itself lists it with that digest.
 */
export function isImageOf(
  image: Pick<ImageInspection, "Id" | "RepoDigests">,
  digest: string,
  expectedImageIds: readonly string[],
): boolean {
  return (
    image.Id === digest ||
    expectedImageIds.includes(image.Id) ||
    (image.RepoDigests ?? []).some((known) => known.endsWith(`@${digest}`))
  );
}
