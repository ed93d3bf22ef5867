import { parseRegistryUrl, servesDomain } from "../registries/endpoint.ts";
import type { SubscribedImage } from "./incoming.store.ts";
import type { ChangedRepository } from "./registry-event.ts";

/** What the path of an image of this repository may be: Docker Hub's have `library/` before one word. */
export function pathsOf(repository: string): string[] {
  return repository.includes("/") ? [repository] : [repository, `library/${repository}`];
}

/**
 * Which images a push to a repository concerns: those of the registry that sent it, by its name in
 * the image or in its connection. A registry is often called differently by those who push and by
 * us; where none fits, all images of that path may be meant, and checking one too many does no harm.
 */
export function concernedBy(
  changed: ChangedRepository,
  images: readonly SubscribedImage[],
): SubscribedImage[] {
  const paths = pathsOf(changed.repository);
  const ofPath = images.filter(({ normalizedName }) =>
    paths.includes(normalizedName.slice(normalizedName.indexOf("/") + 1)),
  );
  const ofHost = ofPath.filter((image) => changed.hosts.some((host) => isAt(host, image)));
  return ofHost.length > 0 ? ofHost : ofPath;
}

function isAt(host: string, { normalizedName, registryUrl }: SubscribedImage): boolean {
  if (normalizedName.slice(0, normalizedName.indexOf("/")) === host) return true;
  const endpoint = parseRegistryUrl(registryUrl);
  return endpoint.ok && servesDomain(endpoint.endpoint, host);
}
