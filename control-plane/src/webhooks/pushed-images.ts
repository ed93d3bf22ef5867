import { parseRegistryUrl, servesDomain } from "../registries/endpoint.ts";
import { canonicalDomain } from "../registries/reference.ts";
import type { SubscribedImage } from "./incoming.store.ts";
import type { ChangedRepository, Place } from "./push-event.ts";

/** What the path of an image of this repository may be: Docker Hub's have `library/` before one word. */
function pathsOf(repository: string): string[] {
  return repository.includes("/") ? [repository] : [repository, `library/${repository}`];
}

/** The paths of images to look at: exactly these, and these after one more component. */
export function pathsToLookAt(changed: readonly ChangedRepository[]): {
  exact: string[];
  below: string[];
} {
  const places = changed.flatMap((one) => one.places.flat());
  return {
    exact: places.flatMap(({ path }) => pathsOf(path)),
    below: places.flatMap(({ path, nearby }) => (nearby ? [path] : [])),
  };
}

/**
 * Which images a push to a repository concerns: those of the registry that sent it, by its name in
 * the image or in its connection.
 */
export function concernedBy(
  changed: ChangedRepository,
  images: readonly SubscribedImage[],
): SubscribedImage[] {
  for (const places of changed.places) {
    const found = images.filter((image) => places.some((place) => isOf(place, image)));
    if (found.length > 0) return found;
  }
  return [];
}

function isOf({ host, path, nearby }: Place, image: SubscribedImage): boolean {
  const slash = image.normalizedName.indexOf("/");
  const domain = image.normalizedName.slice(0, slash);
  const imagePath = image.normalizedName.slice(slash + 1);
  const below = imagePath.slice(imagePath.indexOf("/") + 1);
  if (!pathsOf(path).includes(imagePath) && !(nearby && below === path)) return false;
  if (host === null) return true;
  const sender = canonicalDomain(host);
  const parsed = parseRegistryUrl(image.registryUrl);
  if (domain === sender || (parsed.ok && servesDomain(parsed.endpoint, sender))) return true;
  if (!nearby) return false;
  return isNear(sender, domain) || (parsed.ok && isNear(sender, parsed.endpoint.domain));
}

/** Whether a host is another one, apart from its port, or has names before it. */
function isNear(host: string, other: string): boolean {
  const bare = (text: string) => text.replace(/:\d+$/, "");
  return bare(other) === bare(host) || bare(other).endsWith(`.${bare(host)}`);
}
