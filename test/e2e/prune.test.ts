import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { watchEvents } from "../harness/engine-events.ts";
import { type PushedImage, pushImage } from "../harness/images.ts";
import type { Plan } from "../harness/resources.ts";
import { digestRow, type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";
import { waitFor } from "../harness/wait.ts";

let site: Site;
let rolling: Rollout;
let unwatch: () => void;
/** What the engine says of each prune of images, in bytes. */
const reclaimed: number[] = [];

beforeAll(async () => {
  site = await startSite();
  rolling = rollout(site, (await site.connect()).id);
  unwatch = await watchEvents(
    site.engine.socket,
    ({ Action, Actor }) => {
      if (Action === "prune") reclaimed.push(Number(Actor.Attributes.reclaimed));
    },
    "image",
  );
});
afterAll(async () => {
  unwatch?.();
  await site?.remove();
});

/** A version of an app with a layer of its own of some size. */
const push = (repository: string, version: number, extraBytes: number) =>
  pushImage(site.registry, repository, `v${version}`, {
    version: `${repository} ${version}`,
    health: "healthy",
    created: `2026-0${version}-01T00:00:00Z`,
    extraBytes,
  });

/** Starts a container as a deploy would: by digest, so that its image has no tag of its own. */
async function run(name: string, image: PushedImage): Promise<void> {
  await site.docker.run("run", "-d", "--name", name, `${image.name}:v1@${image.digest}`);
  await site.service(name);
}

const isThere = async (image: PushedImage): Promise<boolean> =>
  (await site.engine.api.request("GET", `/images/${site.engine.imageId(image)}/json`)).status ===
  200;

/** Bytes of all layers that the engine holds. */
const layers = async (): Promise<number> =>
  (await site.engine.api.call<{ LayersSize: number }>("GET", "/system/df")).LayersSize;

interface Pruned {
  spaceReclaimedBytes: number;
  spaceReclaimedHuman: string;
}

/** The containerd store names images by digest, which the engine's own prune leaves: its figure is not all. */
const saysAll = (): boolean => site.engine.kind.store !== "containerd";

/** Prunes, and sees that the figure is what the engine says and what really went. */
async function prune(body?: unknown): Promise<number> {
  const before = await layers();
  const told = reclaimed.length;
  const answer = await site.api.post<Pruned>(`/api/servers/${site.server.id}/prune-images`, body);
  if (saysAll()) {
    await waitFor(() => reclaimed.length > told, { what: "the engine's own figure" });
    expect(answer.spaceReclaimedBytes).toBe(reclaimed.at(-1));
    expect(answer.spaceReclaimedBytes).toBe(before - (await layers()));
  } else {
    // It counts a layer as it came, not what it takes unpacked beside that.
    expect(answer.spaceReclaimedBytes).toBeLessThanOrEqual(before - (await layers()));
  }
  const megabytes = (answer.spaceReclaimedBytes / 1e6).toFixed(1);
  expect(answer.spaceReclaimedHuman).toBe(
    answer.spaceReclaimedBytes === 0 ? "0 B" : `${megabytes} MB`,
  );
  return answer.spaceReclaimedBytes;
}

const prunes = async () =>
  (
    await site.api.get<{
      logs: { actorName: string; resourceId: string; details: Record<string, unknown> }[];
    }>("/api/audit-logs?action=prune_images&limit=100")
  ).logs.filter(({ details }) => details.outcome === "succeeded");

describe("pruning by hand", () => {
  const versions: PushedImage[] = [];
  let other: PushedImage;
  let rolled: Plan;

  test("dangling: what no tag and no container holds goes, the rollback target stays", async () => {
    for (const version of [1, 2, 3]) versions.push(await push("shop/app", version, 1_500_000));
    const [one, two, three] = versions as [PushedImage, PushedImage, PushedImage];
    // It shares its base with the others, and has a tag of its own.
    other = await push("shop/other", 1, 2_500_000);
    await site.docker.run("pull", other.reference);
    await run("app", one);
    const image = await rolling.synced(one.name);
    // Layers that images share count for each of them in the registry, but once on the engine.
    for (const pushed of versions) {
      expect(digestRow(image, pushed).size).toBe(pushed.platforms[0]?.size);
    }
    for (const tag of ["v2", "v3"]) rolled = await rolling.deploy(image.id, { tag });
    await rolling.expectOnly(["app"]);
    expect(await Promise.all([one, two, three, other].map(isThere))).toEqual([
      ...[true, true, true, true],
    ]);

    const bytes = await prune({ mode: "dangling" });

    // A layer of its own and a page that says which version it is; the base is the others', too.
    expect(bytes).toBeGreaterThan(1_500_000);
    // The containerd store keeps a layer as it came, and unpacked.
    expect(bytes).toBeLessThan(saysAll() ? 1_600_000 : 3_300_000);
    expect(await Promise.all([one, two, three, other].map(isThere))).toEqual([
      ...[false, true, true, true],
    ]);
    expect(await prune()).toBe(0);
    expect((await prunes())[1]).toMatchObject({
      resourceId: site.server.id,
      actorName: site.system.admin.email,
      details: { mode: "dangling", spaceReclaimedBytes: bytes, imagesDeleted: 1 },
    });
  });

  test("a rollback by hand needs no registry after that", async () => {
    await site.registry.stop();
    await site.api.post(`/api/deployment-plans/${rolled.id}/rollback`);
    await site.api.until<{ plan: Plan }>(
      `/api/deployment-plans/${rolled.id}`,
      ({ plan }) => plan.status === "rolled_back",
    );
    await site.registry.start();
    await rolling.expectRuns("app", versions[1] as PushedImage);
  });

  test("all: everything that no container uses goes, what runs goes on", async () => {
    const [, two, three] = versions as [PushedImage, PushedImage, PushedImage];
    const before = await site.docker.inspect("app");
    const bytes = await prune({ mode: "all" });
    // Two images with a layer of their own each; the base is still in use.
    expect(bytes).toBeGreaterThan(4_000_000);
    expect(bytes).toBeLessThan(4_100_000);
    expect(await Promise.all([two, three, other].map(isThere))).toEqual([true, false, false]);
    expect(await site.docker.inspect("app")).toMatchObject({
      Id: before.Id,
      State: { StartedAt: before.State.StartedAt },
    });
    // What is gone is fetched again when it is wanted.
    const { id } = await site.image(two.name);
    expect((await rolling.deploy(id, { tag: "v3" })).status).toBe("completed");
    await rolling.expectRuns("app", three, "v3");
  });

  test("another mode is refused", async () => {
    const path = `/api/servers/${site.server.id}/prune-images`;
    const answer = await site.api.request("POST", path, { mode: "everything" });
    expect(answer).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining("dangling or all") },
    });
  });
});

describe("pruning after a deploy", () => {
  const settings = (body: Record<string, unknown>) =>
    site.api.patch(`/api/environments/${site.environment.id}/settings/operations`, body);

  test("happens where the environment wants it, after the plan has ended, by the system", async () => {
    const versions: PushedImage[] = [];
    for (const version of [1, 2, 3]) versions.push(await push("shop/tidy", version, 700_000));
    const [one, two, three] = versions as [PushedImage, PushedImage, PushedImage];
    await run("tidy", one);
    const image = await rolling.synced(one.name);
    await rolling.deploy(image.id, { tag: "v2" });
    const before = (await prunes()).length;
    await settings({ autoPruneImages: true, pruneImagesMode: "dangling" });

    const plan = await rolling.deploy(image.id, { tag: "v3" });

    expect(plan.status).toBe("completed");
    const logs = await waitFor(
      async () => {
        const all = await prunes();
        return all.length > before && all;
      },
      { what: "the server to be pruned" },
    );
    expect(logs[0]).toMatchObject({
      actorName: "system",
      resourceId: site.server.id,
      details: {
        mode: "dangling",
        spaceReclaimedBytes: saysAll() ? reclaimed.at(-1) : expect.any(Number),
      },
    });
    expect(await Promise.all([one, two, three].map(isThere))).toEqual([false, true, true]);
    await settings({ autoPruneImages: false });
  });
});
