/**
 * Labels by which Docker Compose knows its containers. An image that Compose has built carries some
 * of them too (project, service, version), and one that was committed from a container all of them,
 * so whether a label equals an image's says nothing about whose it is.
 */

type Labels = Record<string, string>;

/** By this Compose tells whether a container runs what the local tag of its image stands for. */
export const composeImageLabel = "com.docker.compose.image";

const namespace = "com.docker.compose.";
/** What Compose 1 and 2 give to containers and not to the images that they build. */
const onContainersOnly = ["container-number", "config-hash", "oneoff"];

/** Whether Compose made this container, rather than only its image. */
export function isComposeContainer(labels: Labels | null | undefined): boolean {
  if (!labels || !has(labels, "project")) return false;
  return onContainersOnly.some((name) => has(labels, name));
}

/** The labels of Compose that a container has; none where Compose did not make it. */
export function composeLabels(labels: Labels | null | undefined): Labels {
  if (!labels || !isComposeContainer(labels)) return {};
  return Object.fromEntries(Object.entries(labels).filter(([key]) => key.startsWith(namespace)));
}

/**
 * What keeps labels of Compose that only the image has from a container that Compose made. A label of
 * an image cannot be taken away, only overridden: the empty value is what Compose itself writes
 * for "nothing". A container that Compose did not make follows its image in these labels as in all
 * others, as Compose does not count it as its own.
 */
export function composeOverrides(
  own: Labels | null | undefined,
  image: Labels | null | undefined,
): Labels {
  if (!own || !isComposeContainer(own)) return {};
  const added = Object.keys(image ?? {}).filter(
    (key) => key.startsWith(namespace) && !Object.hasOwn(own, key),
  );
  return Object.fromEntries(added.map((key) => [key, ""]));
}

function has(labels: Labels, name: string): boolean {
  return Object.hasOwn(labels, namespace + name) && labels[namespace + name] !== "";
}
