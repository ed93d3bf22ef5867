import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { send, sha256, types } from "../registries/registry-double.fixture.ts";
import { type ImageWorld, newImageWorld } from "./image-world.fixture.ts";

/*
 * Habits of real registries that a synchronisation meets.
 */

let test_: TestDatabase;
const worlds: ImageWorld[] = [];

beforeAll(async () => {
  test_ = await openTestDatabase();
});
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
});
afterAll(() => test_.close());

async function world(tagFilter: string) {
  const made = await newImageWorld(test_.database, tagFilter);
  worlds.push(made);
  return made;
}

/** Does the work while a check looks at this many tags. */
async function withLimit(most: number, work: () => Promise<void>): Promise<void> {
  await test_.database`
    insert into system_settings (key, value) values ('registryMaxTags', ${`${most}`})`;
  try {
    await work();
  } finally {
    await test_.database`delete from system_settings`;
  }
}

describe("a registry that refuses HEAD", () => {
  test.each([400, 403, 404])("with %d has its digests read by GET", async (status) => {
    const w = await world("v*");
    const one = w.double.push("app", "v1");
    const two = w.double.push("app", "v2");
    w.double.faults.push((request, response) => {
      if (request.method !== "HEAD") return false;
      send(response, status, {});
      return true;
    });
    expect(await w.sync()).toMatchObject({ newDigests: 2, notes: [] });
    expect(await w.sync()).toMatchObject({ newDigests: 0, updatedDigests: 0 });
    expect(await w.tags()).toEqual({ [one]: ["v1"], [two]: ["v2"] });
  });
});

describe("what is no image", () => {
  const name = (number: number) => `sha256-${sha256(`${number}`).slice("sha256:".length)}`;

  /** As cosign pushes it: the config of an image that names no platform, and one layer of its own. */
  function pushSignature(w: ImageWorld, tag: string): string {
    const config = JSON.stringify({ architecture: "", os: "", created: "2026-12-01T00:00:00Z" });
    const digest = w.double.pushManifest("app", types.manifest, {
      schemaVersion: 2,
      mediaType: types.manifest,
      config: w.double.pushBlob("app", types.config, config),
      layers: [
        {
          mediaType: "application/vnd.dev.cosign.simplesigning.v1+json",
          digest: sha256(tag),
          size: 1,
        },
      ],
    });
    w.double.repository("app").tags.set(tag, digest);
    return digest;
  }

  test("is never a version, and its tags are counted in one note", async () => {
    const w = await world("*");
    const one = w.double.push("app", "v1", { created: "2026-01-01T00:00:00Z" });
    for (let number = 0; number < 7; number++) pushSignature(w, `${name(number)}.sig`);
    const report = await w.sync();
    expect(report).toMatchObject({ newDigests: 1 });
    expect(await w.tags()).toEqual({ [one]: ["v1"] });
    expect(report.notes).toHaveLength(1);
    expect(report.notes[0]).toMatch(
      /^Left out 7 tags that are no images .*: sha256-\S+, .* and 2 more\.$/,
    );
    await w.deploy(one);
    expect(await w.sync()).toMatchObject({ available: false, reason: "up_to_date" });
    await expect(w.sources.resolveTag(w.imageId, `${name(0)}.sig`)).rejects.toMatchObject({
      code: "not_an_image",
    });
  });

  test("is told by its content: an image that is named like a signature is one", async () => {
    const w = await world("*");
    const image = w.double.push("app", name(1));
    pushSignature(w, "v1");
    const report = await w.sync();
    expect(await w.tags()).toEqual({ [image]: [name(1)] });
    expect(report.notes[0]).toContain("1 tag that is no image");
  });

  test("takes no place from images where there are too many tags", async () => {
    const w = await world("*");
    await withLimit(3, async () => {
      for (const tag of ["alpha", "beta", "gamma"]) w.double.push("app", tag);
      for (let number = 0; number < 9; number++) pushSignature(w, `${name(number)}.att`);
      await w.sync();
      expect(
        Object.values(await w.tags())
          .flat()
          .sort(),
      ).toEqual(["alpha", "beta", "gamma"]);
    });
  });

  test.each([10, 1])("that an earlier version recorded loses its tag, of %d", async (most) => {
    const w = await world("*");
    const tag = `${name(1)}.sig`;
    const image = w.double.push("app", tag);
    await w.sync();
    const signature = pushSignature(w, tag);
    await test_.database`
      update image_digests set manifest_digest = ${signature} where manifest_digest = ${image}`;
    const one = w.double.push("app", "v1");
    await withLimit(most, async () => {
      await w.sync();
      expect(await w.tags()).toEqual({ [signature]: [], [one]: ["v1"] });
    });
  });
});

describe("a registry whose list of tags cannot be had", () => {
  function refuseLists(w: ImageWorld, status: number): void {
    w.double.faults.push((request, response) => {
      if (!request.url?.includes("/tags/list")) return false;
      if (status === 401) response.setHeader("www-authenticate", 'Basic realm="x"');
      send(response, status, { errors: [{ code: "DENIED" }] });
      return true;
    });
  }

  test.each([401, 403, 404, 405])("with %d is asked for exact names", async (status) => {
    const w = await world("latest, v1, v*, none");
    const one = w.double.push("app", "v1");
    const latest = w.double.push("app", "latest", { content: "1" });
    w.double.push("app", "v2");
    refuseLists(w, status);
    const report = await w.sync();
    expect(await w.tags()).toEqual({ [one]: ["v1"], [latest]: ["latest"] });
    expect(report.tags).toEqual({ listed: 0, matching: 2, checked: 2 });
    expect(report.notes).toHaveLength(1);
    expect(report.notes[0]).toContain("what v* matches cannot be checked");
    const moved = w.double.push("app", "latest", { content: "2" });
    w.double.repository("app").tags.delete("v1");
    await w.sync();
    expect(await w.tags()).toEqual({ [one]: [], [latest]: [], [moved]: ["latest"] });
  });

  test("leaves nothing open where the filter names exact tags alone", async () => {
    const w = await world("latest");
    w.double.push("app", "latest");
    refuseLists(w, 403);
    expect(await w.sync()).toMatchObject({ newDigests: 1, notes: [] });
  });

  test.each(["v*", "gone"])("is the image's error where nothing can be had: %s", async (filter) => {
    const w = await world("*");
    const one = w.double.push("app", "v1");
    await w.sync();
    await w.setFilter(filter);
    refuseLists(w, 403);
    expect(await w.sources.check(w.imageId)).toMatchObject({ ok: false, kind: "forbidden" });
    expect((await w.image()).lastError).toMatch(/name exact tags in the image's tag filter\.$/);
    expect(await w.tags()).toEqual({ [one]: ["v1"] });
  });
});

describe("a registry whose list of tags is not all that it has", () => {
  /** As a cache lists it: only what passed through it, or nothing. */
  function listOnly(w: ImageWorld, tags: string[] | null): void {
    w.double.faults.push((request, response) => {
      if (!request.url?.includes("/tags/list")) return false;
      send(response, 200, { name: "app", tags });
      return true;
    });
  }

  test.each([[null], [[]], [["v1"]]])(
    "%j: what the filter names exactly is asked for",
    async (list) => {
      const w = await world("latest, v*");
      w.double.push("app", "v1");
      w.double.push("app", "v2");
      const latest = w.double.push("app", "latest");
      listOnly(w, list);
      const report = await w.sync();
      expect((await w.tags())[latest]).toEqual(["latest"]);
      expect(report.notes).toHaveLength(1);
      expect(report.notes[0]).toContain("lacks tags that it has (latest)");
      await w.setFilter("latest");
      expect((await w.sync()).notes).toEqual([]);
    },
  );

  test.each([[null], [["v2"]]])("%j: a tag that answers is not gone", async (list) => {
    const w = await world("v*, main");
    const one = w.double.push("app", "v1");
    const two = w.double.push("app", "v2");
    const main = w.double.push("app", "main");
    await w.sync();
    await w.setFilter("v*");
    listOnly(w, list);
    expect(await w.sync()).toMatchObject({ updatedDigests: 0 });
    expect(await w.tags()).toEqual({ [one]: ["v1"], [two]: ["v2"], [main]: ["main"] });
    // One that does not answer either is.
    w.double.repository("app").tags.delete("v1");
    await w.sync();
    expect((await w.tags())[one]).toEqual([]);
  });

  test("that is empty says what patterns cannot find", async () => {
    const w = await world("v*");
    w.double.push("app", "v1");
    listOnly(w, null);
    expect((await w.sync()).notes[0]).toContain("lists no tags");
  });
});

describe("more tags than a check looks at", () => {
  const commit = (number: number) => `main-${sha256(`${number}`).slice(7, 14)}`;
  const tagsOf = async (w: ImageWorld) => Object.values(await w.tags()).flat();

  test("one that the last list did not have is looked at first", async () => {
    const w = await world("main-*");
    for (let number = 0; number < 60; number++) {
      w.double.push("app", commit(number), { created: "2026-01-01T00:00:00Z" });
    }
    await withLimit(50, async () => {
      expect((await w.sync()).tags).toEqual({ listed: 60, matching: 60, checked: 50 });
      const deployed = Object.keys(await w.tags())[0] ?? "";
      await w.deploy(deployed);
      // "main-0" looks older than every other, by its number and by its name.
      const fresh = w.double.push("app", "main-0", { created: "2026-02-01T00:00:00Z" });
      expect(await w.sync()).toMatchObject({ newDigests: 1, available: true });
      expect((await w.tags())[fresh]).toEqual(["main-0"]);
      const [kept] = await test_.database<{ size: number }[]>`
        select length(tags) as size from image_tag_lists where container_image_id = ${w.imageId}`;
      expect(kept?.size).toBe(61 * 8);
    });
  });

  test("also where all could be looked at before, and after a restart", async () => {
    const w = await world("main-*");
    for (const tag of ["main-7", "main-8", "main-9"]) w.double.push("app", tag);
    await withLimit(3, async () => {
      await w.sync();
      w.double.push("app", "main-1");
      const other = w.replica();
      expect(await other.check(w.imageId)).toMatchObject({ ok: true, value: { newDigests: 1 } });
      expect(await tagsOf(w)).toContain("main-1");
    });
  });

  test("more new ones than there is room for are looked at one check after another", async () => {
    const w = await world("main-*");
    for (const tag of ["main-7", "main-8", "main-9"]) w.double.push("app", tag);
    await withLimit(2, async () => {
      await w.sync();
      for (const tag of ["main-1", "main-2", "main-3"]) w.double.push("app", tag);
      expect(await w.sync()).toMatchObject({ newDigests: 2 });
      expect(await w.sync()).toMatchObject({ newDigests: 1 });
      expect(await tagsOf(w)).toEqual(expect.arrayContaining(["main-1", "main-2", "main-3"]));
    });
  });
});
