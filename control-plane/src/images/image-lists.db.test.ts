import { afterAll, beforeAll, expect, test } from "vitest";
import { json, readTogether } from "../database/connection.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { addImage, newWorld, type World } from "../plans/plan-world.fixture.ts";
import { deleteService } from "../services/services.store.ts";
import { newDigest } from "./digests.fixture.ts";
import { setImageJob } from "./image-jobs.store.ts";
import { imageJson } from "./image-json.ts";
import { ImageLists, imageText, shortImageText } from "./image-lists.ts";
import { listImages } from "./images.store.ts";
import { refreshUpdateAvailable } from "./updates.store.ts";

/* A list shows of each image what the image itself shows, whatever was kept of it before. */

let rig: TestDatabase;
let world: World;
let other: World;
const lists = new ImageLists();

beforeAll(async () => {
  rig = await openTestDatabase();
  world = await newWorld(rig.database, { services: 3, servers: 2 });
  other = await addImage(rig.database, world, "other");
});
afterAll(() => rig.close());

async function expectSame(shown = 20): Promise<void> {
  const page = { limit: 100, offset: 0 };
  await readTogether(rig.database, async (sql) => {
    const { images } = await listImages(sql, world.environmentId, page);
    const listed = await lists.read(sql, images, shown);
    const single = await Promise.all(images.map((image) => imageJson(sql, image)));
    const wanted = single.map((image) => ({ ...image, digests: image.digests.slice(0, shown) }));
    expect(listed.map((image) => JSON.parse(imageText(image)))).toEqual(wanted);
    expect(listed.map((image) => JSON.parse(shortImageText(image)))).toEqual(
      wanted.map(({ services: _, digests: __, ...short }) => short),
    );
  });
}

/** Each is a change of what is shown, after which the same lists are asked again. */
const changes: [what: string, change: () => Promise<unknown>][] = [
  ["nothing", async () => {}],
  ["a digest is new", () => newDigest(rig.database, world.imageId, `sha256:${"c".repeat(64)}`)],
  [
    "tags move",
    () => rig.database`
      update image_digests set tags = '{v3,latest}' where container_image_id = ${world.imageId}
        and manifest_digest like 'sha256:c%'`,
  ],
  [
    "what a digest says of itself is read",
    () => rig.database`
      update image_digests set image = ${json(rig.database, {
        ...{ source: "https://github.com/acme/shop", revision: "a".repeat(40), version: "v3" },
        ...{ created: null, url: null, documentation: null, licenses: 'MIT "or" other' },
      })}, platforms = ${json(rig.database, [{ platform: "linux/amd64" }])}
      where container_image_id = ${world.imageId}`,
  ],
  [
    "another tag is the best",
    () =>
      rig.database`update container_images set tag_filter = 'latest' where id = ${world.imageId}`,
  ],
  [
    "something is deployed",
    () => rig.database`
      update container_images set deployed_digest_id = ${world.digests[0]?.id ?? ""}
      where id = ${world.imageId}`,
  ],
  ["updates are decided on", () => refreshUpdateAvailable(rig.database, world.imageId)],
  [
    "a job is set",
    () =>
      setImageJob(rig.database, world.imageId, {
        ...{ command: ["migrate"], serviceId: world.serviceIds[0] ?? "", timeoutMs: 1000 },
      }),
  ],
  ["a service goes", () => deleteService(rig.database, other.serviceIds[0] ?? "")],
  [
    "a digest goes",
    () => rig.database`
      delete from image_digests where container_image_id = ${world.imageId}
        and manifest_digest like 'sha256:c%'`,
  ],
];

test.each(changes)("after a change: %s", async (_, change) => {
  await change();
  for (const shown of [20, 1, 0]) await expectSame(shown);
});

test("of the newest digests as many are shown as are asked for", async () => {
  for (let number = 0; number < 22; number++) {
    const pushedAt = new Date(1_700_000_000_000 + (number % 7) * 1000);
    const digest = `sha256:${String(number).padStart(64, "0")}`;
    await newDigest(rig.database, other.imageId, digest, { pushedAt, tags: [`v${number}`] });
  }
  await expectSame();
  await expectSame(5);
});

test("of no images there is nothing to read", async () => {
  await readTogether(rig.database, async (sql) =>
    expect(await lists.read(sql, [], 20)).toEqual([]),
  );
});
