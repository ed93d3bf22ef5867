import { expect } from "vitest";
import type { DockerCli } from "./docker-cli.ts";
import type { PushedImage } from "./images.ts";
import type { ContainerImage, ImageDigest, Plan, SyncResult } from "./resources.ts";
import type { Site } from "./site.ts";
import { waitFor } from "./wait.ts";

/** What tests of deploys do again and again on one site. */
export interface Rollout {
  /** Links the image to the site's registry with a filter, reads it there, and returns it. */
  synced(imageName: string, tagFilter?: string): Promise<ContainerImage>;
  /** Starts a deploy of an image and waits for the plan's end. */
  deploy(imageId: string, body: Record<string, unknown>): Promise<Plan>;
  /** Fails unless the container runs exactly this image, pinned by its digest (and tag). */
  expectRuns(container: string, image: PushedImage, tag?: string): Promise<void>;
  /** Waits until these are all the containers there are: what a plan keeps is removed after its end. */
  expectOnly(containers: string[], docker?: DockerCli): Promise<void>;
}

/** `connection`: the id of the site's registry connection. */
export function rollout(site: Site, connection: string): Rollout {
  return {
    async synced(imageName, tagFilter = "*") {
      const { id } = await site.image(imageName);
      await site.api.patch(`/api/container-images/${id}`, {
        registryConnectionId: connection,
        tagFilter,
      });
      await site.api.post<SyncResult>(`/api/container-images/${id}/check-updates`);
      return site.image(imageName);
    },
    async deploy(imageId, body) {
      const { plan } = await site.api.post<{ plan: Plan }>(
        `/api/container-images/${imageId}/deploy`,
        body,
      );
      return site.api.planEnd(plan.id);
    },
    async expectRuns(container, image, tag) {
      const inspected = await site.docker.inspect(container);
      expect(inspected.State.Running).toBe(true);
      expect(inspected.Image).toBe(image.platforms[0]?.config.digest);
      expect(inspected.Config.Image).toEqual(
        tag ? `${image.name}:${tag}@${image.digest}` : expect.stringContaining(`@${image.digest}`),
      );
    },
    async expectOnly(containers, docker = site.docker) {
      let names: string[] = [];
      await waitFor(
        async () => {
          names = await docker.names();
          return names.join() === containers.toSorted().join();
        },
        { what: `only ${containers.join(", ")} to be left`, explain: () => names.join(", ") },
      );
    },
  };
}

/** The row of a pushed image among an image's digests. */
export function digestRow(image: ContainerImage, pushed: PushedImage): ImageDigest {
  const row = image.digests.find(({ manifestDigest }) => manifestDigest === pushed.digest);
  if (!row) throw new Error(`${pushed.digest} is not among ${JSON.stringify(image.digests)}`);
  return row;
}
