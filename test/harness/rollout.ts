import { expect } from "vitest";
import type { DockerCli, InspectedContainer } from "./docker-cli.ts";
import { type ImageOptions, type PushedImage, pushImage } from "./images.ts";
import type { ContainerImage, ImageDigest, Plan, Service, SyncResult } from "./resources.ts";
import type { Site } from "./site.ts";
import { waitFor } from "./wait.ts";

/** Two versions of an image in the registry, of which the first runs as services. */
export interface Versions {
  one: PushedImage;
  two: PushedImage;
  /** In the order of the names. */
  services: Service[];
  image: ContainerImage;
}

/** What tests of deploys do again and again on one site. */
export interface Rollout {
  /** Links the image to the site's registry with a filter, reads it there, and returns it. */
  synced(imageName: string, tagFilter?: string): Promise<ContainerImage>;
  /**
   * Pushes v1 (healthy), runs it under these names, pushes v2 as described, and reads both.
   * `args` are more words for `docker run`.
   */
  versions(
    repository: string,
    names: string[],
    second?: ImageOptions,
    args?: string[],
  ): Promise<Versions>;
  /** Makes a plan for all services of the image that waits to be executed. */
  plan(image: ContainerImage, target: PushedImage, more?: object): Promise<Plan>;
  /** Starts a deploy of a pushed image. */
  start(image: ContainerImage, target: PushedImage, more?: object): Promise<Plan>;
  /** Rolls an ended plan back by hand and waits for the end of that. */
  rollBack(plan: Plan): Promise<Plan>;
  /** Starts a deploy of an image and waits for the plan's end. */
  deploy(imageId: string, body: Record<string, unknown>): Promise<Plan>;
  /** Fails unless the container runs exactly this image, pinned by its digest (and tag). */
  expectRuns(container: string, image: PushedImage, tag?: string): Promise<void>;
  /** Fails unless these are the same containers, and have run all the time since. */
  expectUntouched(containers: InspectedContainer[]): Promise<void>;
  /** Waits until these are all the containers there are: what a plan keeps is removed after its end. */
  expectOnly(containers: string[], docker?: DockerCli): Promise<void>;
}

/** `connection`: the id of the site's registry connection. */
export function rollout(site: Site, connection: string): Rollout {
  const post = async (path: string, body?: unknown): Promise<Plan> =>
    (await site.api.post<{ plan: Plan }>(path, body)).plan;
  const rolling: Rollout = {
    async versions(repository, names, second = {}, args = []) {
      const push = (version: string, more: ImageOptions) =>
        pushImage(site.registry, repository, `v${version}`, {
          version,
          health: "healthy",
          volumes: ["/data"],
          ...more,
        });
      const one = await push("1", {});
      for (const name of names) {
        await site.docker.run("run", "-d", "--name", name, ...args, one.reference);
      }
      const services = await Promise.all(names.map((name) => site.service(name)));
      const two = await push("2", { created: "2026-02-01T00:00:00Z", ...second });
      return { one, two, services, image: await rolling.synced(one.name) };
    },
    plan: (image, target, more = {}) =>
      post(`/api/environments/${site.environment.id}/deployment-plans`, {
        containerImageId: image.id,
        imageDigestId: digestRow(image, target).id,
        ...more,
      }),
    start: (image, target, more = {}) =>
      post(`/api/container-images/${image.id}/deploy`, {
        imageDigestId: digestRow(image, target).id,
        ...more,
      }),
    async rollBack({ id }) {
      await post(`/api/deployment-plans/${id}/rollback`);
      return site.api.planEnd(id);
    },
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
      return site.api.planEnd((await post(`/api/container-images/${imageId}/deploy`, body)).id);
    },
    async expectRuns(container, image, tag) {
      const inspected = await site.docker.inspect(container);
      expect(inspected.State.Running).toBe(true);
      expect(inspected.Image).toBe(site.engine.imageId(image));
      expect(inspected.Config.Image).toEqual(
        tag ? `${image.name}:${tag}@${image.digest}` : expect.stringContaining(`@${image.digest}`),
      );
    },
    async expectUntouched(containers) {
      for (const { Id, Name, State } of containers) {
        const now = await site.docker.inspect(Name.slice(1));
        expect(now.Id, Name).toBe(Id);
        expect(now.State, Name).toMatchObject({ Running: true, StartedAt: State.StartedAt });
      }
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
  return rolling;
}

/** A plan's steps in their order, such as `pull success` and `deploy web running`. */
export function outline({ steps }: Plan): string[] {
  return steps.map(({ action, status, service }) =>
    action === "pull" ? `${action} ${status}` : `${action} ${service?.name} ${status}`,
  );
}

/** The row of a pushed image among an image's digests. */
export function digestRow(image: ContainerImage, pushed: PushedImage): ImageDigest {
  const row = image.digests.find(({ manifestDigest }) => manifestDigest === pushed.digest);
  if (!row) throw new Error(`${pushed.digest} is not among ${JSON.stringify(image.digests)}`);
  return row;
}
