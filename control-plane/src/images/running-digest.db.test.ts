import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { insertRegistry } from "../registries/registries.store.ts";
import { newDigest } from "./digests.fixture.ts";
import { findOrCreateImage } from "./images.store.ts";
import { resolveRunningDigests } from "./running-digest.store.ts";

let test_: TestDatabase;
let environmentId: string;

beforeAll(async () => {
  test_ = await openTestDatabase();
  environmentId = await insertEnvironment(test_.database, "environment");
});
afterAll(() => test_.close());

const sha = (letter: string) => `sha256:${letter.repeat(64)}`;

async function newImage(name: string): Promise<string> {
  return (await findOrCreateImage(test_.database, environmentId, name)).id;
}

async function addDigest(
  imageId: string,
  digest: { manifest: string; config: string; platforms?: [string, string | null][]; day?: number },
): Promise<string> {
  const platforms = (digest.platforms ?? [[digest.manifest, digest.config]]).map(
    ([manifestDigest, configDigest], index) => ({
      platform: index === 0 ? "linux/amd64" : "linux/arm64",
      manifestDigest,
      configDigest,
      size: 1,
    }),
  );
  return newDigest(test_.database, imageId, digest.manifest, {
    platforms,
    configDigest: digest.config,
    pushedAt: new Date(Date.UTC(2026, 0, digest.day ?? 1)),
  });
}

async function resolve(imageId: string, engineImageId: string, ...pulled: string[]) {
  const [resolved] = await resolveRunningDigests(test_.database, [
    {
      key: "one",
      containerImageId: imageId,
      imageId: engineImageId,
      repoDigests: pulled.map((digest) => `registry.test/app@${digest}`),
    },
  ]);
  return resolved?.digestId ?? null;
}

test("a container is recognised by what was pulled, a platform's digest, or its image id alone", async () => {
  const imageId = await newImage("registry.test/multi");
  const row = await addDigest(imageId, {
    manifest: sha("a"),
    config: sha("c"),
    platforms: [
      [sha("1"), sha("c")],
      [sha("2"), sha("d")],
    ],
  });
  // pulled by tag or index digest
  expect(await resolve(imageId, sha("c"), sha("a"))).toBe(row);
  // pulled by a platform's digest
  expect(await resolve(imageId, sha("d"), sha("2"))).toBe(row);
  // loaded from a file: nothing but the image id, of either platform
  expect(await resolve(imageId, sha("c"))).toBe(row);
  expect(await resolve(imageId, sha("d"))).toBe(row);
  // engines that keep manifests say the manifest's digest as the image's id
  expect(await resolve(imageId, sha("a"))).toBe(row);
  expect(await resolve(imageId, sha("1"))).toBe(row);
  // something else
  expect(await resolve(imageId, sha("e"), sha("f"))).toBeNull();
  expect(await resolve(await newImage("registry.test/other"), sha("c"), sha("a"))).toBeNull();
});

test("of rows with the same content, the one that was pulled wins, then the deployed, then the newest", async () => {
  const imageId = await newImage("registry.test/same");
  const first = await addDigest(imageId, { manifest: sha("a"), config: sha("c"), day: 1 });
  const second = await addDigest(imageId, { manifest: sha("b"), config: sha("c"), day: 2 });
  const third = await addDigest(imageId, { manifest: sha("9"), config: sha("c"), day: 3 });
  expect(await resolve(imageId, sha("c"), sha("a"))).toBe(first);
  expect(await resolve(imageId, sha("c"))).toBe(third);
  await test_.database`
    update container_images set deployed_digest_id = ${second} where id = ${imageId}`;
  expect(await resolve(imageId, sha("c"))).toBe(second);
});

test("many are recognised in one statement, those that are not are left out", async () => {
  const imageId = await newImage("registry.test/many");
  const row = await addDigest(imageId, { manifest: sha("a"), config: sha("c") });
  const running = ["one", "two", "three"].map((key) => ({
    key,
    containerImageId: imageId,
    imageId: key === "two" ? sha("0") : sha("c"),
    repoDigests: [],
  }));
  const resolved = await resolveRunningDigests(test_.database, running);
  expect(resolved).toEqual([
    { key: "one", digestId: row, manifestDigest: sha("a") },
    { key: "three", digestId: row, manifestDigest: sha("a") },
  ]);
  expect(await resolveRunningDigests(test_.database, [])).toEqual([]);
});

test("what is found on a server becomes one image, linked to the registry that wants it", async () => {
  const registry = (name: string, autoLinkPattern: string | null) =>
    insertRegistry(test_.database, environmentId, {
      name,
      type: "generic",
      registryUrl: "https://registry.example.com",
      repositoryPrefix: null,
      username: null,
      token: null,
      password: null,
      passwordToAgents: "without_tokens",
      isDefault: false,
      refreshIntervalMinutes: 30,
      autoLinkPattern,
    });
  const general = await registry("general", "registry.example.com/*");
  const special = await registry("special", "registry.example.com/team/*");
  await registry("none", null);

  const found = await findOrCreateImage(
    test_.database,
    environmentId,
    "registry.example.com/team/app:v1.2",
  );
  expect(found).toMatchObject({
    name: "app",
    imageName: "registry.example.com/team/app",
    tagFilter: "v1.2",
    registryId: special,
    updateReason: "nothing_deployed",
  });
  const other = await findOrCreateImage(
    test_.database,
    environmentId,
    "registry.example.com/other",
  );
  expect(other).toMatchObject({ tagFilter: "latest", registryId: general });
  const hub = await findOrCreateImage(test_.database, environmentId, "nginx:1.27");
  expect(hub).toMatchObject({ imageName: "nginx", registryId: null, updateReason: "no_registry" });

  const again = await findOrCreateImage(test_.database, environmentId, "docker.io/library/nginx");
  expect(again.id).toBe(hub.id);
  const together = await Promise.all(
    Array.from({ length: 8 }, () =>
      findOrCreateImage(test_.database, environmentId, "ghcr.io/team/fresh:v1"),
    ),
  );
  expect(new Set(together.map(({ id }) => id)).size).toBe(1);
  await expect(findOrCreateImage(test_.database, environmentId, sha("a"))).rejects.toThrow();
});
