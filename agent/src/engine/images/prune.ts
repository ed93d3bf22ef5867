import { guardName, type PruneMode, type PruneResult } from "@bridgeport/proto";
import { type Engine, engineErrorKind } from "../client.ts";
import { withoutPowers } from "../container/approval.ts";
import { createContainer, removeContainer } from "../container/steps.ts";
import { type ImageInspection, inspectImage } from "../inspection.ts";
import { type DiskImage, diskUsage, isDigestName, prunedImages } from "./disk-images.ts";

/**
 * Prunes images with the engine's own prune and returns the engine's own figure. The engine keeps images
 * that a container uses. So each image of `protect` gets a container for the time of the prune, which is
 * never started: a tag would not protect it where all unused images are removed.
 */
export async function pruneImages(
  engine: Engine,
  commandId: string,
  mode: PruneMode,
  protect: readonly string[],
): Promise<PruneResult> {
  const guards: string[] = [];
  try {
    const images = await protectedImages(engine, protect);
    for (const [position, image] of images.entries()) {
      guards.push(await guard(engine, guardName(commandId, position), image));
    }
    const before = new Set((await engine.docker.listImages()).map(({ Id: id }) => id));
    const answer = await engine.docker.pruneImages({
      filters: { dangling: [mode === "dangling" ? "true" : "false"] },
    });
    const deleted = (answer.ImagesDeleted ?? []).filter(
      // Podman leaves out what kind of id it is.
      ({ Deleted: id }) => id !== undefined && (before.has(id) || before.has(`sha256:${id}`)),
    );
    const rest = await removeNamedByDigest(engine, new Set(images.map(({ Id: id }) => id)));
    return {
      kind: "prune",
      spaceReclaimedBytes: (answer.SpaceReclaimed ?? 0) + rest.bytes,
      imagesDeleted: deleted.length + rest.images,
    };
  } finally {
    await Promise.all(guards.map((id) => removeContainer(engine, id)));
  }
}

interface Removed {
  images: number;
  bytes: number;
}

const none: Removed = { images: 0, bytes: 0 };

/**
 * With the containerd store an image that was pulled by digest has its `name@sha256:…` for a name, so
 * the engine does not count it as untagged and keeps it forever. Removes those that no container uses,
 * as the graph drivers' prune does.
 */
async function removeNamedByDigest(engine: Engine, kept: ReadonlySet<string>): Promise<Removed> {
  // Whether there are any is cheap to ask; how large they are is not.
  const listed = await engine.docker.listImages();
  if (!listed.some(({ RepoTags: names }) => names?.some(isDigestName))) return none;
  const before = await diskUsage(engine);
  const unused = prunedImages(before.images, "dangling", kept).filter(({ RepoTags: names }) =>
    (names ?? []).some(isDigestName),
  );
  const removed = await Promise.all(unused.map((image) => removeByNames(engine, image)));
  const { layersBytes } = await diskUsage(engine);
  return {
    images: removed.filter(Boolean).length,
    bytes: Math.max(0, before.layersBytes - layersBytes),
  };
}

/** Whether it could be removed. Not by force: the engine refuses where a container uses it by now. */
async function removeByNames(engine: Engine, { RepoTags: names }: DiskImage): Promise<boolean> {
  try {
    for (const name of names ?? []) await engine.docker.getImage(name).remove();
    return true;
  } catch (error) {
    if (["conflict", "not_found", "engine"].includes(engineErrorKind(error))) return false;
    throw error;
  }
}

/** Those of these images that the engine has. */
export async function protectedImages(
  engine: Engine,
  references: readonly string[],
): Promise<ImageInspection[]> {
  const found = await Promise.all(
    references.map((reference) => inspectImage(engine, withoutTag(reference))),
  );
  const byId = new Map<string, ImageInspection>();
  for (const image of found) if (image !== null) byId.set(image.Id, image);
  return [...byId.values()];
}

/** `name:tag@sha256:…` as `name@sha256:…`, by which the engine knows it. */
function withoutTag(reference: string): string {
  return reference.replace(/:[\w][\w.-]{0,127}@/, "@");
}

async function guard(engine: Engine, name: string, image: ImageInspection): Promise<string> {
  return await createContainer(engine, name, {
    // It is never started, and could not be: a directory is no program.
    body: withoutPowers({
      Image: image.Id,
      Entrypoint: ["/"],
      Cmd: [],
      Labels: { "bridgeport.ignore": "true" },
      HostConfig: { NetworkMode: "none" },
      NetworkingConfig: { EndpointsConfig: {} },
    }),
    networks: { endpoints: {}, primary: null },
    apiVersion: "1.41",
    platform: null,
  });
}
