import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasCrane, startCraneRegistry } from "../../../test/harness/crane-registry.ts";
import { type PushedImage, pushImage, pushTag } from "../../../test/harness/images.ts";
import { startRegistry } from "../../../test/harness/registry.ts";
import { ClientWorld, failed, value } from "./client.fixture.ts";
import { describeImage } from "./describe-image.ts";

/** More than is asked for at once. */
const many = 1005;

describe.each([
  { name: "the distribution project's registry", start: startRegistry, isThere: true },
  { name: "crane's registry", start: startCraneRegistry, isThere: hasCrane },
])("$name", ({ start, isThere }) => {
  const world = new ClientWorld();
  let real: Awaited<ReturnType<typeof start>>;
  let image: PushedImage;

  beforeAll(async () => {
    if (!isThere) return;
    real = await start();
    image = await pushImage(real, "team/app", "v0");
    for (let number = 1; number < many; number++) await pushTag(real, image, `v${number}`);
  });
  afterAll(async () => {
    await world.close();
    await real?.remove();
  });

  test.runIf(isThere)("has all of its tags read, more than one page of them too", async () => {
    const tags = value(await world.client(real.url).listTags("team/app"));
    expect(new Set(tags)).toEqual(new Set(Array.from({ length: many }, (_, at) => `v${at}`)));
    expect(tags).toHaveLength(many);
  });

  test.runIf(isThere)("has its repositories read", async () => {
    const { items } = value(await world.client(real.url).listRepositories(null));
    expect(items).toEqual(["team/app"]);
  });

  test.runIf(isThere)("tells a tag's digest, and what the image is", async () => {
    const client = world.client(real.url);
    const head = value(await client.headManifest("team/app", "v7"));
    expect(head).toMatchObject({ digest: image.digest, mediaType: image.mediaType });
    const described = value(await describeImage(client, "team/app", image.digest));
    expect(described).toMatchObject({ manifestDigest: image.digest });
    expect(described.platforms.map(({ platform }) => platform)).toEqual(["linux/amd64"]);
  });

  test.runIf(isThere).each([
    ["a tag", "team/app", "absent"],
    ["a digest", "team/app", `sha256:${"0".repeat(64)}`],
    ["a repository", "team/absent", "v1"],
  ])("says that %s is not there", async (_, repository, reference) => {
    const client = world.client(real.url);
    expect(failed(await client.headManifest(repository, reference)).kind).toBe("not_found");
    expect(failed(await client.getManifest(repository, reference)).kind).toBe("not_found");
  });
});
