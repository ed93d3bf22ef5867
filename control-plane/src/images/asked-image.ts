import { type ContainerReport, keepTagPrefix } from "@bridgeport/proto";
import {
  isImageId,
  nameAsWritten,
  normalizedName,
  parseReference,
} from "../registries/reference.ts";
import { getBestTag } from "./best-tag.ts";

/** What a container was asked to run. */
export interface AskedImage {
  /** as it was written, without tag and digest */
  name: string;
  tag: string | null;
}

/**
 * The image's name as the user wrote it. A container that was started by an image's id, whole or
 * shortened, runs an image that its engine may have names for: then that name and its best tag.
 * @returns null where no name is known
 */
export function askedImage(report: ContainerReport): AskedImage | null {
  const { imageName, imageNames = [], repoDigests } = report;
  const asked = isIdOf(report, imageName) ? null : named(imageName);
  if (asked !== null) return asked;
  const known = [...imageNames, ...repoDigests].flatMap((text) => named(text) ?? []);
  const [first] = known.toSorted(
    // What has a tag says more than a digest's name.
    (a, b) => Number(a.tag === null) - Number(b.tag === null) || a.name.localeCompare(b.name, "en"),
  );
  if (first === undefined) return null;
  const tags = known.flatMap(({ name, tag }) => (name === first.name ? (tag ?? []) : []));
  return { name: first.name, tag: getBestTag(tags, []) };
}

function named(text: string): AskedImage | null {
  if (isImageId(text) || text.startsWith(keepTagPrefix)) return null;
  const parsed = parseReference(text);
  return parsed.ok ? { name: nameAsWritten(text), tag: parsed.reference.tag } : null;
}

/**
 * Whether a container was asked to run an image by its id rather than by a name. A short id may be
 * any four hex digits, which may be a name, too: it is one if the engine knows the image by it.
 */
function isIdOf({ imageId, imageNames = [], repoDigests }: ContainerReport, text: string): boolean {
  if (isImageId(text)) return true;
  const hex = text.replace(/^sha256:/, "");
  if (!/^[0-9a-f]{4,64}$/.test(hex)) return false;
  if (hex !== text) return true;
  const isName = [...imageNames, ...repoDigests].some((known) => nameAsWritten(known) === text);
  return !isName && imageId.replace("sha256:", "").startsWith(hex);
}

/**
 * The digest by which a container's image was pulled, in its engine's word: that of the name the
 * container was asked to run, else any.
 * @returns null for an image that was never pulled, such as one built there
 */
export function pulledDigest(report: ContainerReport): string | null {
  const asked = askedImage(report)?.name;
  const pulled = report.repoDigests
    .filter((text) => !text.startsWith(keepTagPrefix))
    .toSorted()
    .flatMap((text) => {
      const parsed = parseReference(text);
      return parsed.ok && parsed.reference.digest !== null ? [parsed.reference] : [];
    });
  const wanted = asked === undefined ? null : parseReference(asked);
  const own = pulled.find(
    (reference) =>
      wanted?.ok === true && normalizedName(reference) === normalizedName(wanted.reference),
  );
  return (own ?? pulled[0])?.digest ?? null;
}
