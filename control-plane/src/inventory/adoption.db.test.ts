import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { imageHistory } from "../images/history.store.ts";
import { type ImageWorld, newImageWorld } from "../images/image-world.fixture.ts";
import { findImage, type ImageRow } from "../images/images.store.ts";
import { findServices, listServices, type ServiceRow } from "../services/services.store.ts";
import { newServer, reportOf, reportTo } from "./discovered.fixture.ts";

/*
 * What was found running counts as deployed, once it is known as a digest of its image.
 */

let rig: TestDatabase;
let world: ImageWorld;
let serverId: string;
let one: string;
let two: string;

beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());
beforeEach(async () => {
  world = await newImageWorld(rig.database, "v*");
  serverId = (await newServer(rig.database, world.environmentId, "server")).serverId;
  one = world.double.push("app", "v1", { created: "2026-01-01T00:00:00Z" });
  two = world.double.push("app", "v2", { created: "2026-02-01T00:00:00Z" });
  return () => world.close();
});

/** Reports a container that was created from the image, as `docker run` does. */
const runs = (name: string, digest: string, tag = "v1", named = true) =>
  reportTo(
    rig.database,
    serverId,
    reportOf(name, {
      imageName: `${world.double.domain}/app:${tag}`,
      ...(named ? { repoDigests: [`${world.double.domain}/app@${digest}`] } : unnamed(digest)),
    }),
  );
/** What an engine with the containerd store says of an image whose name was given to another one. */
const unnamed = (digest: string) => ({ imageId: digest, repoDigests: [] });

async function service(name: string): Promise<ServiceRow> {
  const filter = { of: { serverId }, q: name, imageId: null };
  const [found] = (await listServices(rig.database, filter, null)).services;
  if (!found) throw new Error(`there is no service ${name}`);
  return found;
}

async function image(): Promise<ImageRow> {
  const row = await findImage(rig.database, world.imageId);
  if (!row) throw new Error("the image is gone");
  return row;
}

describe("a container that was never deployed by us", () => {
  test("shows an update after the first check, with no history", async () => {
    await runs("web", one);
    expect(await image()).toMatchObject({ updateReason: "nothing_deployed" });
    await world.sync();
    expect(await service("web")).toMatchObject({ deployedDigest: one, driftingTo: null });
    expect(await image()).toMatchObject({ updateAvailable: true, updateKind: "major" });
    expect(await imageHistory(rig.database, world.imageId, { limit: 9, offset: 0 })).toEqual({
      history: [],
      total: 0,
    });
  });

  test("shows one at once where the digests are known already", async () => {
    await world.sync();
    await runs("web", one);
    expect(await service("web")).toMatchObject({ deployedDigest: one });
    expect(await image()).toMatchObject({ updateAvailable: true });
  });

  test("is adopted, and decided on, by a check that finds nothing new, where neither was done", async () => {
    await world.sync();
    await runs("web", one);
    const deployedAt = (digest: string | null) => rig.database`
      update services set deployed_digest_id = (
        select id from image_digests
        where container_image_id = ${world.imageId} and manifest_digest = ${digest})
      where server_id = ${serverId}`;
    await deployedAt(null);
    expect(await world.sync()).toMatchObject({ newDigests: 0, updatedDigests: 0 });
    expect(await service("web")).toMatchObject({ deployedDigest: one });
    expect(await image()).toMatchObject({ updateAvailable: true });
    await deployedAt(two);
    expect(await world.sync()).toMatchObject({ newDigests: 0, updatedDigests: 0 });
    expect(await image()).toMatchObject({ updateAvailable: false, updateReason: "up_to_date" });
  });

  test("counts as deployed until it is another one: then it drifts", async () => {
    await world.sync();
    await runs("web", one);
    await runs("web", two, "v2");
    expect(await service("web")).toMatchObject({ deployedDigest: one, driftingTo: two });
  });

  test("is what most of an image's services run, where they run different digests", async () => {
    await runs("a", two, "v2");
    await runs("b", one);
    await runs("c", one);
    await world.sync();
    expect(await service("a")).toMatchObject({ deployedDigest: two });
    const deployed = await findServices(rig.database, [(await service("b")).id]);
    expect((await image()).deployedDigestId).toBe(deployed[0]?.deployedDigestId);
  });

  test.each([
    ["with its name", true],
    ["without a name", false],
  ])("is known by its digest although its tag has moved on, %s", async (_, named) => {
    await world.setFilter("latest");
    const old = world.double.push("app", "latest", { content: "old" });
    await runs("web", old, "latest", named);
    const fresh = world.double.push("app", "latest", { content: "new" });
    await world.sync();
    expect(await world.tags()).toMatchObject({ [old]: [], [fresh]: ["latest"] });
    expect(await service("web")).toMatchObject({
      deployedDigest: old,
      update: { bestTag: "latest", kind: "rebuild" },
    });
    expect(await image()).toMatchObject({ updateAvailable: true, updateTag: "latest" });
    // It is asked for once.
    world.double.takeRequests();
    await world.sync();
    const asked = world.double.takeRequests().filter(({ url }) => url.includes("manifests"));
    expect(asked.map(({ method }) => method)).toEqual(["HEAD"]);
  });

  test("stays unknown where its digest is none of the image's", async () => {
    await runs("web", `sha256:${"f".repeat(64)}`);
    await world.sync();
    expect(await service("web")).toMatchObject({ deployedDigest: null });
    expect(await image()).toMatchObject({ updateReason: "nothing_deployed" });
  });
});

test("a service that comes, goes and returns is counted as it is", async () => {
  await world.sync();
  await runs("web", one);
  await runs("gone", one);
  const { id } = await service("web");
  const [newest] = await rig.database<[{ id: string }]>`
    select id from image_digests where manifest_digest = ${two}`;
  await rig.database`update services set deployed_digest_id = ${newest.id} where id = ${id}`;
  await runs("web", two, "v2");
  expect(await image()).toMatchObject({ updateAvailable: true });
  expect(await service("gone")).toMatchObject({ update: { kind: "major" } });

  await reportTo(rig.database, serverId, { kind: "removed", id: reportOf("gone").id });
  expect(await image()).toMatchObject({ updateAvailable: false });
  await runs("gone", one);
  expect(await image()).toMatchObject({ updateAvailable: true });
});

test("what was deployed stays so when something else runs", async () => {
  await world.sync();
  await runs("web", one);
  const { id } = await service("web");
  const [row] = await rig.database<[{ id: string }]>`
    select id from image_digests where manifest_digest = ${two}`;
  await rig.database`update services set deployed_digest_id = ${row.id} where id = ${id}`;
  await runs("web", one);
  await world.sync();
  expect(await service("web")).toMatchObject({ deployedDigest: two, driftingTo: one });
});
