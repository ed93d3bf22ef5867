import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type Answer, type TestApi, testApi } from "../http/api.fixture.ts";
import { send } from "../registries/registry-double.fixture.ts";
import { newServer } from "../servers/servers.fixture.ts";
import { newService } from "../services/services.fixture.ts";
import { newDigest } from "./digests.fixture.ts";
import { imageUpdatesRoutes } from "./image-updates.routes.ts";
import { type ImageWorld, newImageWorld } from "./image-world.fixture.ts";
import { imagesRoutes } from "./images.routes.ts";

let test_: TestDatabase;
let world: ImageWorld;
let api: TestApi;

beforeAll(async () => {
  test_ = await openTestDatabase();
  world = await newImageWorld(test_.database, "v*, latest");
});
beforeEach(() => {
  const parts = {
    database: test_.database,
    images: world.sources,
  };
  api = testApi(imagesRoutes(parts), imageUpdatesRoutes(parts));
});
afterAll(async () => {
  await world.close();
  await test_.close();
});

const get = (path: string) => api.get(path);
const post = (path: string, body?: unknown) => api.post(path, body);

async function serviceOf(imageId: string, name = `service-${newId()}`): Promise<string> {
  const serverId = await newServer(test_.database, world.environmentId);
  return newService(test_.database, { serverId, imageId, name, tag: "old" });
}

let counter = 0;
async function newImage(fields: object = {}): Promise<{ id: string; imageName: string }> {
  const { status, body } = await post(`/environments/${world.environmentId}/container-images`, {
    name: "image",
    imageName: `registry.example.com/team/image-${counter++}`,
    ...fields,
  });
  expect(status, JSON.stringify(body)).toBe(200);
  return body.image;
}

describe("updates", () => {
  test("a check reports, records, and shows in the image and its digests", async () => {
    const one = world.double.push("app", "v1.0.0", { created: "2026-01-01T00:00:00Z" });
    const two = world.double.push("app", "v1.1.0", { created: "2026-02-01T00:00:00Z" });
    world.double.repository("app").tags.set("latest", two);
    const check = await post(`/container-images/${world.imageId}/check-updates`);
    expect(check).toMatchObject({
      status: 200,
      body: {
        hasUpdate: false,
        tagFilter: "v*, latest",
        newestDigest: two,
        newest: { manifestDigest: two, tags: ["latest", "v1.1.0"], bestTag: "latest" },
        newDigests: 2,
        updatedDigests: 0,
        lastCheckedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        notes: [],
      },
    });
    await world.deploy(one);
    const again = await post(`/container-images/${world.imageId}/check-updates`);
    expect(again.body).toMatchObject({ hasUpdate: true, reason: "newer_digest", newDigests: 0 });
    const { image } = (await get(`/container-images/${world.imageId}`)).body;
    expect(image).toMatchObject({
      updateAvailable: true,
      bestTag: "v1.0.0",
      deployedDigest: one,
      deployed: { manifestDigest: one, deployed: true },
      latestDigest: two,
      latest: { manifestDigest: two, deployed: false },
      lastCheckedAt: again.body.lastCheckedAt,
    });
    const { digests, total } = (await get(`/container-images/${world.imageId}/digests?limit=1`))
      .body;
    expect(total).toBe(2);
    expect(digests).toEqual([
      expect.objectContaining({
        manifestDigest: two,
        pushedAt: "2026-02-01T00:00:00.000Z",
        platforms: ["linux/amd64"],
        deployed: false,
      }),
    ]);
  });

  test("without a registry there is nothing to check or browse", async () => {
    const image = await newImage();
    const refusal = {
      status: 400,
      body: { error: "No registry connection configured for this image" },
    };
    expect(await post(`/container-images/${image.id}/check-updates`)).toMatchObject(refusal);
    expect(await get(`/container-images/${image.id}/tags`)).toMatchObject(refusal);
  });

  test("a registry that does not have it is a 502 that says what to do, and the image's error", async () => {
    const image = await newImage({ registryConnectionId: world.registryId });
    const check = await post(`/container-images/${image.id}/check-updates`);
    expect(check).toMatchObject({ status: 502, body: { code: "registry_not_found" } });
    expect(check.body.error).toContain("registry.example.com");
    const read = await get(`/container-images/${image.id}`);
    expect(read.body.image).toMatchObject({ lastError: check.body.error, lastCheckedAt: null });
  });

  test("the browser pages through every tag, matching or not", async () => {
    const w = await newImageWorld(test_.database, "v*");
    for (let number = 0; number < 30; number++) w.double.push("app", `v1.${number}.0`);
    w.double.push("app", "nightly");
    await w.sync();
    const seen: { tag: string; matchesFilter: boolean; digestId: string | null; size: number }[] =
      [];
    let cursor: string | null = null;
    do {
      const page: Answer = await get(
        `/container-images/${w.imageId}/tags${cursor === null ? "" : `?cursor=${cursor}`}`,
      );
      expect(page.status, JSON.stringify(page.body)).toBe(200);
      seen.push(...page.body.tags);
      cursor = page.body.nextCursor;
    } while (cursor !== null);
    expect(seen.length).toBe(31);
    expect(new Set(seen.map(({ tag }) => tag)).size).toBe(31);
    expect(seen[0]).toMatchObject({ tag: "v1.29.0", matchesFilter: true });
    expect(seen[0]?.digestId).not.toBeNull();
    const nightly = seen.find(({ tag }) => tag === "nightly");
    expect(nightly).toMatchObject({ matchesFilter: false, digestId: null });
    expect(nightly?.size).toBeGreaterThan(1000);
    expect((await get(`/container-images/${w.imageId}/tags?cursor=nonsense`)).status).toBe(400);
    await w.close();
  });

  describe("the browser, where the registry refuses the list", () => {
    let w: ImageWorld;
    beforeEach(async () => {
      w = await newImageWorld(test_.database, "latest, none, v*");
      return () => w.close();
    });
    /** @param paths that are refused, as a part of the URL */
    function refuse(status: number, paths = "/tags/list"): void {
      w.double.faults.push((request, response) => {
        if (!request.url?.includes(paths)) return false;
        if (status === 401) response.setHeader("www-authenticate", 'Basic realm="x"');
        send(response, status, { errors: [{ code: "DENIED" }] });
        return true;
      });
    }
    const browse = () => get(`/container-images/${w.imageId}/tags`);

    test.each([401, 403])(
      "with %d it shows what is known and named, and says so",
      async (status) => {
        w.double.push("app", "v1");
        await w.sync();
        const latest = w.double.push("app", "latest", { content: "2" });
        // Neither named nor seen before.
        w.double.push("app", "v2", { content: "3" });
        refuse(status);
        const answer = await browse();
        expect(answer.status, JSON.stringify(answer.body)).toBe(200);
        expect(answer.body.tags.map(({ tag }: { tag: string }) => tag).toSorted()).toEqual([
          "latest",
          "v1",
        ]);
        expect(answer.body.tags).toContainEqual(
          expect.objectContaining({ tag: "latest", digest: latest, matchesFilter: true }),
        );
        expect(answer.body).toMatchObject({
          nextCursor: null,
          note: expect.stringMatching(/^The registry does not let this account list the tags\. /),
        });
      },
    );

    test("an account that may not pull either gets the error", async () => {
      w.double.push("app", "v1");
      await w.sync();
      refuse(403, "/v2/app/");
      expect(await browse()).toMatchObject({ status: 502, body: { code: "registry_forbidden" } });
    });

    test("a list that can be read has no note, also after one that could not", async () => {
      w.double.push("app", "latest");
      w.double.push("app", "other", { content: "2" });
      refuse(403);
      expect((await browse()).body.tags).toHaveLength(1);
      w.double.faults.length = 0;
      expect((await browse()).body).toMatchObject({ tags: [{}, {}], note: null });
    });
  });
});

describe("linking", () => {
  test("a service gets the image's current tag and leaves the other image", async () => {
    const image = await newImage({ tagFilter: "v*" });
    const other = await newImage();
    const tags = ["v3", "v3.1"];
    await newDigest(test_.database, image.id, `sha256:${"e".repeat(64)}`, {
      tags,
    });
    const serviceId = await serviceOf(other.id);
    const linkable = await get(`/container-images/${image.id}/linkable-services?limit=100`);
    expect(linkable.body.services.map(({ id }: { id: string }) => id)).toContain(serviceId);
    const linked = await post(`/container-images/${image.id}/link/${serviceId}`);
    expect(linked).toMatchObject({
      status: 200,
      body: { service: { containerImageId: image.id, imageTag: "v3.1", deployedDigestId: null } },
    });
    const after = await get(`/container-images/${image.id}/linkable-services?limit=100`);
    expect(after.body.services.map(({ id }: { id: string }) => id)).not.toContain(serviceId);
    const { services } = (await get(`/container-images/${image.id}`)).body.image;
    expect(services).toMatchObject([{ id: serviceId, imageTag: "v3.1", runningDigest: null }]);
  });

  test("only within an environment, and what exists", async () => {
    const elsewhere = await newImageWorld(test_.database);
    const serviceId = await serviceOf(world.imageId);
    expect(await post(`/container-images/${elsewhere.imageId}/link/${serviceId}`)).toMatchObject({
      status: 400,
      body: { error: "Service must be in the same environment as the container image" },
    });
    expect((await post(`/container-images/${world.imageId}/link/${newId()}`)).status).toBe(404);
    expect((await post(`/container-images/${newId()}/link/${serviceId}`)).status).toBe(404);
    await elsewhere.close();
  });

  test("not while a plan is at work on the service", async () => {
    const image = await newImage();
    const serviceId = await serviceOf(image.id);
    const planId = await newPlan(image.id, "running");
    await test_.database`
      insert into plan_services (plan_id, position, service_id, service_name, server_name,
        container_name, level, rollback_body, active)
      values (${planId}, 0, ${serviceId}, 'app', 'server', 'app', 0, '{}', true)`;
    expect(await post(`/container-images/${world.imageId}/link/${serviceId}`)).toMatchObject({
      status: 409,
      body: { code: "service_in_plan" },
    });
  });
});

async function newPlan(imageId: string, status: string): Promise<string> {
  const id = newId();
  await test_.database`
    insert into deployment_plans (id, environment_id, container_image_id, image_name, image_tag,
      image_digest, status, trigger_type, triggered_by, auto_rollback, parallel_execution,
      created_at, started_at, completed_at)
    values (${id}, ${world.environmentId}, ${imageId}, 'app', 'v1', ${`sha256:${"d".repeat(64)}`},
      ${status}, 'manual', 'ann@example.com', true, false, now(), now(),
      now() + interval '45 seconds')`;
  return id;
}
