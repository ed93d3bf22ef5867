import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { allDialects } from "../registries/dialects/dialects.ts";
import { success } from "../registries/outcome.ts";
import { send } from "../registries/registry-double.fixture.ts";
import { checkRegistry } from "./check-registry.ts";
import { type ImageWorld, impatient, newImageWorld } from "./image-world.fixture.ts";
import { newImage } from "./images.fixture.ts";
import type { ImageSync } from "./sync.ts";
import { updateRules } from "./updates.store.ts";

let test_: TestDatabase;
const worlds: ImageWorld[] = [];

beforeAll(async () => {
  test_ = await openTestDatabase();
});
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
});
afterAll(() => test_.close());

async function world(
  ...options: Parameters<typeof newImageWorld> extends [unknown, ...infer R] ? R : never
) {
  const made = await newImageWorld(test_.database, ...options);
  worlds.push(made);
  return made;
}

describe("digests and tags", () => {
  test("every matching tag's digest is recorded once, with all of its tags", async () => {
    const w = await world("v*, latest");
    const one = w.double.push("app", "v1", { created: "2026-01-01T00:00:00Z" });
    const two = w.double.push("app", "v2", { created: "2026-02-01T00:00:00Z" });
    w.double.repository("app").tags.set("latest", two);
    w.double.push("app", "nightly");
    const report = await w.sync();
    expect(report).toMatchObject({ newDigests: 2, updatedDigests: 0, available: false, notes: [] });
    expect(report.tags).toEqual({ listed: 4, matching: 3, checked: 3 });
    expect(await w.tags()).toEqual({ [one]: ["v1"], [two]: ["latest", "v2"] });
    const [row] = await test_.database`
      select * from image_digests where manifest_digest = ${two}`;
    expect(row).toMatchObject({
      pushedAt: new Date("2026-02-01T00:00:00Z"),
      configDigest: expect.stringMatching(/^sha256:/),
    });
    expect(row?.size).toBeGreaterThan(1000);
  });

  test("an unchanged repository costs its list and one HEAD per tag", async () => {
    const w = await world("*");
    for (let number = 0; number < 40; number++) w.double.push("app", `v${number}`);
    await w.sync();
    w.double.takeRequests();
    const report = await w.sync();
    expect(report).toMatchObject({ newDigests: 0, updatedDigests: 0 });
    const asked = w.double.takeRequests();
    expect(asked.filter(({ method }) => method === "GET").map(({ url }) => url)).toEqual([
      "/v2/app/tags/list?n=999",
    ]);
    expect(asked.filter(({ method }) => method === "HEAD").length).toBe(40);
  });

  test("an unchanged repository's image is decided on again where other rules did so", async () => {
    const w = await world("*");
    const one = w.double.push("app", "v1", { created: "2026-01-01T00:00:00Z" });
    w.double.push("app", "v2", { created: "2026-02-01T00:00:00Z" });
    await w.sync();
    await w.deploy(one);
    const decided = { updateAvailable: true, updateReason: "newer_digest" };
    const otherwise = (rules: number) => test_.database`
      update container_images set update_available = false, update_reason = 'up_to_date',
        update_rules = ${rules}
      where id = ${w.imageId}`;
    await otherwise(0);
    expect(await w.sync()).toMatchObject({ available: true, newDigests: 0 });
    expect(await w.image()).toMatchObject({ ...decided, lastError: null });
    await otherwise(updateRules);
    const { lastCheckedAt } = await w.image();
    // Nothing that it was decided by has changed, so it stands.
    expect(await w.sync()).toMatchObject({ available: false, reason: "up_to_date" });
    expect(Number((await w.image()).lastCheckedAt)).toBeGreaterThan(Number(lastCheckedAt));
  });

  test("a new digest costs its manifest and its config", async () => {
    const w = await world("*");
    w.double.push("app", "v1");
    await w.sync();
    w.double.push("app", "v2");
    w.double.takeRequests();
    await w.sync();
    const gets = w.double.takeRequests().filter(({ method }) => method === "GET");
    expect(gets.map(({ url }) => url.split("/")[3])).toEqual(["tags", "manifests", "blobs"]);
  });

  test("a rolling tag moves, and makes an update", async () => {
    const w = await world("latest");
    const old = w.double.push("app", "latest", { created: "2026-01-01T00:00:00Z", content: "1" });
    await w.sync();
    await w.deploy(old);
    const fresh = w.double.push("app", "latest", { created: "2026-01-02T00:00:00Z", content: "2" });
    const report = await w.sync();
    expect(report).toMatchObject({
      newDigests: 1,
      updatedDigests: 1,
      available: true,
      reason: "newer_digest",
    });
    expect(await w.tags()).toEqual({ [old]: [], [fresh]: ["latest"] });
    expect(await w.image()).toMatchObject({ updateAvailable: true, updateReason: "newer_digest" });
    expect(await w.sync()).toMatchObject({ available: true, newDigests: 0 });
  });

  test("a deleted tag leaves its row, which stays", async () => {
    const w = await world("*");
    const one = w.double.push("app", "v1");
    const two = w.double.push("app", "v2");
    await w.sync();
    w.double.repository("app").tags.delete("v1");
    expect(await w.sync()).toMatchObject({ newDigests: 0, updatedDigests: 1 });
    expect(await w.tags()).toEqual({ [one]: [], [two]: ["v2"] });
  });

  test("a tag that vanishes between the list and its HEAD counts as deleted", async () => {
    const w = await world("*");
    const one = w.double.push("app", "v1");
    const two = w.double.push("app", "v2");
    await w.sync();
    w.double.faults.push((request, response) => {
      if (!request.url?.endsWith("/manifests/v1")) return false;
      send(response, 404, {});
      return true;
    });
    expect((await w.sync()).notes).toEqual([]);
    expect(await w.tags()).toEqual({ [one]: [], [two]: ["v2"] });
  });

  test("tightening the filter keeps rows, which no longer count; broadening fills up", async () => {
    const w = await world("v*");
    const one = w.double.push("app", "v1", { created: "2026-01-01T00:00:00Z" });
    const two = w.double.push("app", "v2", { created: "2026-02-01T00:00:00Z" });
    const main = w.double.push("app", "main", { created: "2026-03-01T00:00:00Z" });
    await w.sync();
    await w.deploy(one);
    expect(await w.sync()).toMatchObject({ available: true });
    await w.setFilter("v1");
    expect(await w.sync()).toMatchObject({ available: false, newDigests: 0, updatedDigests: 0 });
    expect(Object.keys(await w.tags()).sort()).toEqual([one, two].sort());
    await w.setFilter("v*, main");
    expect(await w.sync()).toMatchObject({ available: true, newDigests: 1 });
    expect((await w.tags())[main]).toEqual(["main"]);
  });

  test("what has no date is an update only if it was seen to appear", async () => {
    const undated = { created: "1970-01-01T00:00:00Z" };
    const w = await world("v*");
    const [one, two, , main] = ["v1", "v2", "v3", "main"].map((tag) =>
      w.double.push("app", tag, { ...undated, content: tag }),
    );
    await w.sync();
    await w.deploy(two ?? "");
    // It was there before, as far as anybody knows, as was what a broader filter brings.
    expect(await w.sync()).toMatchObject({ available: false, reason: "undated" });
    await w.setFilter("v*, main");
    expect(await w.sync()).toMatchObject({ available: false, reason: "undated", newDigests: 1 });
    // Under the same filter it was not there before.
    const four = w.double.push("app", "v4", { ...undated, content: "v4" });
    expect(await w.sync()).toMatchObject({ available: true, reason: "newer_digest" });
    await w.deploy(four);
    expect(await w.sync()).toMatchObject({ available: false, reason: "up_to_date" });
    // A tag that was seen elsewhere has moved, whatever the filter was.
    await w.setFilter("main");
    const next = w.double.push("app", "main", { ...undated, content: "next" });
    expect(await w.sync()).toMatchObject({ available: true });
    expect((await w.tags())[next]).toEqual(["main"]);
    expect(Object.keys(await w.tags())).toEqual(expect.arrayContaining([one, main]));
  });

  test("of several without a date, the one that looks newest is the latest", async () => {
    const w = await world("v*");
    for (const tag of ["v10", "v2", "v9"]) {
      w.double.push("app", tag, { created: "1970-01-01T00:00:00Z", content: tag });
    }
    const { newestId } = await w.sync();
    const [newest] = await test_.database<{ tags: string[] }[]>`
      select tags from image_digests where id = ${newestId ?? ""}`;
    expect(newest?.tags).toEqual(["v10"]);
  });

  test("the limit takes the newest-looking of those that match, and says so", async () => {
    const w = await world("v*");
    await test_.database`
      insert into system_settings (key, value) values ('registryMaxTags', '3')
      on conflict (key) do update set value = '3'`;
    try {
      for (let number = 1; number <= 9; number++) {
        w.double.push("app", `v1.${number}.0`);
        w.double.push("app", `other-${number}`);
      }
      const first = await w.sync();
      expect(first.tags).toEqual({ listed: 18, matching: 9, checked: 3 });
      expect(first.notes[0]).toContain("newest-looking 3 of 9");
      expect(
        Object.values(await w.tags())
          .flat()
          .sort(),
      ).toEqual(["v1.7.0", "v1.8.0", "v1.9.0"]);
      w.double.push("app", "v1.10.0");
      await w.sync();
      // what fell out of the limit is not taken for deleted
      expect(
        Object.values(await w.tags())
          .flat()
          .sort(),
      ).toEqual(["v1.10.0", "v1.7.0", "v1.8.0", "v1.9.0"]);
      expect((await w.image()).lastCheckNote).toContain("registryMaxTags");
    } finally {
      await test_.database`delete from system_settings`;
    }
  });

  test("an index is recorded with its platforms, and its size is the servers' platform's", async () => {
    const w = await world("*");
    const digest = w.double.push("app", "v1", { platforms: ["linux/amd64", "linux/arm64"] });
    await w.sync();
    const [row] = await test_.database<{ platforms: { platform: string }[]; mediaType: string }[]>`
      select platforms, media_type from image_digests where manifest_digest = ${digest}`;
    expect(row?.platforms.map(({ platform }) => platform)).toEqual(["linux/amd64", "linux/arm64"]);
    expect(row?.mediaType).toContain("index");
  });

  test("a build date that says nothing counts as the time when it was first seen", async () => {
    const w = await world("*");
    w.double.push("app", "v1", { created: "1970-01-01T00:00:00Z" });
    const before = Date.now();
    await w.sync();
    const rows = async () =>
      test_.database<{ pushedAt: Date }[]>`
        select pushed_at from image_digests where container_image_id = ${w.imageId}`;
    const [first] = await rows();
    expect(first?.pushedAt.getTime()).toBeGreaterThanOrEqual(before - 1000);
    await w.sync();
    expect((await rows())[0]).toEqual(first);
  });
});

describe("registries that go wrong", () => {
  test("without digests, detection is skipped and said to be", async () => {
    const w = await world("*");
    w.double.push("app", "v1");
    w.double.sendsDigests = false;
    const report = await w.sync();
    expect(report).toMatchObject({ newDigests: 0, available: false, newestId: null });
    expect(report.notes[0]).toContain("sends no digest");
    expect((await w.image()).lastCheckNote).toContain("sends no digest");
  });

  test("what is no image is left out, named, and asked for once only", async () => {
    const w = await world("*");
    w.double.push("app", "v1");
    const chart = w.double.pushManifest("app", "application/vnd.example.thing+json", {
      schemaVersion: 2,
    });
    w.double.repository("app").tags.set("chart", chart);
    const report = await w.sync();
    expect(report).toMatchObject({ newDigests: 1 });
    expect(report.notes[0]).toContain("chart");
    w.double.takeRequests();
    expect((await w.sync()).notes[0]).toContain("chart");
    expect(w.double.takeRequests().filter(({ method }) => method === "GET").length).toBe(1);
  });

  test("a tag that moves to something that is no image leaves its old row", async () => {
    const w = await world("*");
    const one = w.double.push("app", "v1");
    await w.sync();
    const thing = w.double.pushManifest("app", "application/vnd.example+json", {
      schemaVersion: 2,
    });
    w.double.repository("app").tags.set("v1", thing);
    await w.sync();
    expect(await w.tags()).toEqual({ [one]: [] });
  });

  test("a manifest that is not its digest's is not recorded", async () => {
    const w = await world("*");
    const one = w.double.push("app", "v1");
    const two = w.double.push("app", "v2");
    const { manifests } = w.double.repository("app");
    const lie = manifests.get(one);
    if (lie === undefined) throw new Error("it was pushed");
    manifests.set(two, lie);
    const report = await w.sync();
    expect(report.notes[0]).toContain(two);
    expect(Object.keys(await w.tags())).toEqual([one]);
  });

  test.each([
    ["401", 401, "unauthorized"],
    ["403", 403, "forbidden"],
    ["404", 404, "not_found"],
    ["500", 500, "bad_answer"],
  ])("an answer of %s is the image's error, and changes nothing", async (_name, status, kind) => {
    const w = await world("*");
    const one = w.double.push("app", "v1");
    await w.sync();
    const { lastCheckedAt } = await w.image();
    w.double.faults.push((_request, response) => {
      if (status === 401) response.setHeader("www-authenticate", 'Basic realm="x"');
      send(response, status, {});
      return true;
    });
    const outcome = await w.sources.check(w.imageId);
    expect(outcome).toMatchObject({ ok: false, kind });
    expect(await w.image()).toMatchObject({
      lastError: expect.stringMatching(/\.$/),
      lastCheckedAt,
    });
    expect(await w.tags()).toEqual({ [one]: ["v1"] });
    w.double.faults.length = 0;
    await w.sync();
    expect((await w.image()).lastError).toBeNull();
  });

  test("a registry that dies half-way through changes nothing", async () => {
    const w = await world("*");
    for (let number = 0; number < 30; number++) w.double.push("app", `v${number}`);
    let left = 20;
    w.double.faults.push((request) => {
      if (left-- > 0) return false;
      request.socket.destroy();
      return true;
    });
    expect(await w.sources.check(w.imageId)).toMatchObject({ ok: false, kind: "unreachable" });
    expect(await w.tags()).toEqual({});
  });

  test("a registry that asks for patience is left alone for all of its images", async () => {
    const w = await world("*");
    w.double.push("app", "v1");
    w.double.faults.push((_request, response) => {
      response.writeHead(429, { "retry-after": "120" }).end();
      return true;
    });
    expect(await w.sources.check(w.imageId)).toMatchObject({ ok: false, kind: "rate_limited" });
    w.double.takeRequests();
    expect(await w.sources.check(w.imageId)).toMatchObject({ ok: false, kind: "rate_limited" });
    expect(w.double.takeRequests()).toEqual([]);
  });

  test("a registry that is down costs the time of a few images, not of all", async () => {
    const w = await world("*");
    for (let number = 0; number < 30; number++) {
      const imageName = `${w.double.domain}/image${number}`;
      await newImage(test_.database, { ...w, imageName });
    }
    let asked = 0;
    w.double.faults.push((request) => {
      asked++;
      request.socket.destroy();
      return true;
    });
    const checked = await w.sources.checkRegistry(w.registryId);
    expect(checked.length).toBe(31);
    expect(checked.every(({ outcome }) => !outcome.ok && outcome.kind === "unreachable")).toBe(
      true,
    );
    // four at a time, three tries each
    expect(asked).toBeLessThanOrEqual(12);
    const [registry] = await test_.database<{ lastError: string | null }[]>`
      select last_error from registries where id = ${w.registryId}`;
    expect(registry?.lastError).toMatch(/\.$/);
    // Those that were not asked for say so, too: no reader takes them for up to date.
    const silent = await test_.database`
      select id from container_images where registry_id = ${w.registryId} and last_error is null`;
    expect(silent).toEqual([]);
  });

  test("a registry that is slow is left after a while, and goes on where it was left", async () => {
    const w = await world("*");
    const ids = [w.imageId];
    for (let number = 0; number < 9; number++) {
      const imageName = `${w.double.domain}/slow${number}`;
      ids.push(await newImage(test_.database, { ...w, imageName }));
      w.double.push(`slow${number}`, "v1");
    }
    w.double.push("app", "v1");
    let minutes = 0;
    const clock = () => minutes * 60_000;
    const sync: Pick<ImageSync, "check"> = {
      check(imageId) {
        minutes += 3;
        return w.sources.check(imageId);
      },
    };
    const check = () =>
      checkRegistry({ database: test_.database, sync }, w.registryId, {
        withinMs: 10 * 60_000,
        clock,
      });
    const first = await check();
    const done = first.flatMap(({ imageId, outcome }) => (outcome.ok ? [imageId] : []));
    expect(done).toHaveLength(4);
    const [registry] = await test_.database<{ lastError: string | null }[]>`
      select last_error from registries where id = ${w.registryId}`;
    expect(registry?.lastError).toMatch(/4 of 10 images were checked in 10 minutes/);
    const second = await check();
    const next = second.flatMap(({ imageId, outcome }) => (outcome.ok ? [imageId] : []));
    expect(next).toHaveLength(4);
    expect(next.filter((id) => done.includes(id))).toEqual([]);
  });
});

describe("one at a time", () => {
  /** Counts how many synchronisations are between their list and its answer. */
  function watch(w: ImageWorld): { most: () => number; lists: () => number } {
    let now = 0;
    let most = 0;
    let lists = 0;
    w.double.faults.push((request, response) => {
      if (!request.url?.includes("/tags/list")) return false;
      lists++;
      now++;
      most = Math.max(most, now);
      // Whatever else could come in meanwhile has time to do so.
      setTimeout(() => {
        now--;
        send(response, 200, { tags: ["v1"] });
      }, 60);
      return true;
    });
    return { most: () => most, lists: () => lists };
  }

  test("callers in one process share the next turn", async () => {
    const w = await world("*");
    w.double.push("app", "v1");
    const seen = watch(w);
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => w.sources.check(w.imageId)),
    );
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(seen.most()).toBe(1);
    expect(seen.lists()).toBe(2);
  });

  test("replicas take turns", async () => {
    const w = await world("*");
    w.double.push("app", "v1");
    const seen = watch(w);
    const replicas = [w.sources, w.replica(), w.replica()];
    const outcomes = await Promise.all(replicas.map((sources) => sources.check(w.imageId)));
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(seen.most()).toBe(1);
    expect(seen.lists()).toBe(3);
  });

  test("the lease of a replica that died runs out", async () => {
    const w = await world("*");
    w.double.push("app", "v1");
    await test_.database`
      insert into image_syncs (container_image_id, owner, expires_at)
      values (${w.imageId}, ${newId()}, now() + interval '700 milliseconds')`;
    expect((await w.sync()).newDigests).toBe(1);
    const left = await test_.database`
      select 1 from image_syncs where container_image_id = ${w.imageId}`;
    expect(left.length).toBe(0);
  });

  test("a sync that lost the lease meanwhile writes nothing", async () => {
    const w = await world("*");
    w.double.push("app", "v1");
    w.double.faults.push((request, response) => {
      if (!request.url?.includes("/tags/list")) return false;
      test_.database`
        update image_syncs set owner = ${newId()} where container_image_id = ${w.imageId}`.then(
        () => send(response, 200, { name: "app", tags: ["v1"] }),
        () => response.destroy(),
      );
      return true;
    });
    expect(await w.sources.check(w.imageId)).toMatchObject({
      ok: false,
      kind: "changed_meanwhile",
    });
    expect(await w.tags()).toEqual({});
  });

  test("an image that is not there, or has no registry", async () => {
    const w = await world("*");
    expect(await w.sources.check(newId())).toMatchObject({ ok: false, kind: "unknown_image" });
    await test_.database`update container_images set registry_id = null where id = ${w.imageId}`;
    expect(await w.sources.check(w.imageId)).toMatchObject({ ok: false, kind: "no_registry" });
  });
});

describe("resolving a tag", () => {
  test("outside of the filter: its digest is recorded, with the tag", async () => {
    const w = await world("v*");
    w.double.push("app", "v1");
    await w.sync();
    const hotfix = w.double.push("app", "hotfix");
    const id = await w.sources.resolveTag(w.imageId, "hotfix");
    expect((await w.tags())[hotfix]).toEqual(["hotfix"]);
    const [row] =
      await test_.database`select id from image_digests where manifest_digest = ${hotfix}`;
    expect(row?.id).toBe(id);
    // and a synchronisation that does not look at it leaves it
    await w.sync();
    expect((await w.tags())[hotfix]).toEqual(["hotfix"]);
  });

  test("a tag that moved goes to what it points to now", async () => {
    const w = await world("*");
    const one = w.double.push("app", "latest", { content: "1" });
    await w.sync();
    const two = w.double.push("app", "latest", { content: "2" });
    await w.sources.resolveTag(w.imageId, "latest");
    expect(await w.tags()).toEqual({ [one]: [], [two]: ["latest"] });
  });

  test("from a registry that sends no digests, by the manifest's own", async () => {
    const w = await world("*");
    const one = w.double.push("app", "v1");
    w.double.sendsDigests = false;
    await w.sources.resolveTag(w.imageId, "v1");
    expect(await w.tags()).toEqual({ [one]: ["v1"] });
  });

  test("one that does not exist, or is none", async () => {
    const w = await world("*");
    w.double.push("app", "v1");
    await expect(w.sources.resolveTag(w.imageId, "v9")).rejects.toMatchObject({
      kind: "invalid",
      code: "tag_not_found",
    });
    await expect(w.sources.resolveTag(w.imageId, "no tag")).rejects.toMatchObject({
      kind: "invalid",
      code: "bad_tag",
    });
    await w.double.stop();
    await expect(w.sources.resolveTag(w.imageId, "v1")).rejects.toMatchObject({ kind: "registry" });
  });
});

describe("what a vendor adds", () => {
  test("its push times count, also for the limit, and an unchanged repository does not ask it", async () => {
    const w = await world("*");
    const old = w.double.push("app", "v9.0.0", { created: "2026-05-01T00:00:00Z", content: "a" });
    const fresh = w.double.push("app", "v1.0.1", { created: "2026-01-01T00:00:00Z", content: "b" });
    let asked = 0;
    const sources = w.replica(impatient, {
      ...allDialects(),
      generic: {
        async tagDetails() {
          asked++;
          const detail = (digest: string, day: number) => ({
            digest,
            size: 7,
            pushedAt: Date.UTC(2026, 5, day),
          });
          return success(
            new Map([
              ["v9.0.0", detail(old, 1)],
              ["v1.0.1", detail(fresh, 2)],
            ]),
          );
        },
      },
    });
    const check = async () => {
      const outcome = await sources.check(w.imageId);
      if (!outcome.ok) throw new Error(outcome.message);
      return outcome.value;
    };
    expect((await check()).newDigests).toBe(2);
    const rows = await test_.database<{ manifestDigest: string; pushedAt: Date }[]>`
      select manifest_digest, pushed_at from image_digests where container_image_id = ${w.imageId}
      order by pushed_at`;
    expect(rows).toEqual([
      { manifestDigest: old, pushedAt: new Date("2026-06-01") },
      { manifestDigest: fresh, pushedAt: new Date("2026-06-02") },
    ]);
    expect(asked).toBe(1);
    await check();
    expect(asked).toBe(1);

    await test_.database`
      insert into system_settings (key, value) values ('registryMaxTags', '1')`;
    const third = w.double.push("app", "v1.0.2", { content: "c" });
    // It was not there before, so it is looked at first. From then on the times decide: by its
    // version v9.0.0 would look newest, and v1.0.2 has no time; v1.0.1 was pushed last.
    expect((await check()).tags.checked).toBe(1);
    expect(Object.keys(await w.tags())).toContain(third);
    w.double.takeRequests();
    await check();
    await test_.database`delete from system_settings`;
    const heads = w.double.takeRequests().filter(({ method }) => method === "HEAD");
    expect(heads.map(({ url }) => url)).toEqual(["/v2/app/manifests/v1.0.1"]);
  });
});
