import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RegistryDouble, sha256 } from "./registry-double.fixture.ts";

/*
 * The double itself: it serves what the distribution specification says of pulling and listing.
 */

let registry: RegistryDouble;
let digest: string;

beforeEach(async () => {
  registry = new RegistryDouble();
  await registry.start();
  digest = registry.push("team/app", "v1");
  for (const tag of ["v2", "v3", "v4"]) registry.push("team/app", tag);
});
afterEach(() => registry.stop());

const ask = (path: string, method = "GET") => fetch(`${registry.origin}${path}`, { method });

describe("pulling", () => {
  test.each(["manifests/v1", "manifests/digest", "blobs/digest"])(
    "HEAD and GET: %s",
    async (what) => {
      const manifest = JSON.parse(await (await ask("/v2/team/app/manifests/v1")).text());
      const target = what.startsWith("blobs") ? manifest.config.digest : digest;
      const path = `/v2/team/app/${what.replace("digest", target)}`;
      const [head, get] = await Promise.all([ask(path, "HEAD"), ask(path)]);
      const body = Buffer.from(await get.arrayBuffer());
      expect([head.status, get.status]).toEqual([200, 200]);
      expect(sha256(body)).toBe(target);
      for (const answer of [head, get]) {
        expect(answer.headers.get("docker-content-digest")).toBe(target);
        expect(answer.headers.get("content-length")).toBe(String(body.length));
      }
      expect(get.headers.get("content-type")).toBe(head.headers.get("content-type"));
      expect((await head.arrayBuffer()).byteLength).toBe(0);
    },
  );

  test.each([
    ["manifests/none", "MANIFEST_UNKNOWN"],
    [`manifests/${sha256("none")}`, "MANIFEST_UNKNOWN"],
    [`blobs/${sha256("none")}`, "BLOB_UNKNOWN"],
  ])("404 for %s, with %s", async (what, code) => {
    const get = await ask(`/v2/team/app/${what}`);
    expect(get.status).toBe(404);
    expect(await get.json()).toMatchObject({ errors: [{ code }] });
    expect((await ask(`/v2/team/app/${what}`, "HEAD")).status).toBe(404);
  });
});

describe("listing", () => {
  const list = async (query: string) => {
    const answer = await ask(`/v2/team/app/tags/list${query}`);
    return { body: await answer.json(), link: answer.headers.get("link") };
  };

  test("is sorted, has the name, and no link where it ends", async () => {
    expect(await list("")).toEqual({
      body: { name: "team/app", tags: ["v1", "v2", "v3", "v4"] },
      link: null,
    });
    expect((await list("?n=4")).link).toBeNull();
  });

  test("n and last cut it, and the link leads on", async () => {
    const first = await list("?n=2");
    expect(first.body).toEqual({ name: "team/app", tags: ["v1", "v2"] });
    const next = /^<([^>]+)>; rel="next"$/.exec(first.link ?? "")?.[1] ?? "";
    expect(await (await ask(next)).json()).toEqual({ name: "team/app", tags: ["v3", "v4"] });
    expect((await list("?n=0")).body).toEqual({ name: "team/app", tags: [] });
    expect((await list("?last=v3")).body).toEqual({ name: "team/app", tags: ["v4"] });
    expect((await list("?last=v9")).body).toEqual({ name: "team/app", tags: [] });
  });

  test("of an unknown repository is 404", async () => {
    const answer = await ask("/v2/none/tags/list");
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ errors: [{ code: "NAME_UNKNOWN" }] });
  });
});

test("/v2/ says that it is a registry", async () => {
  const answer = await ask("/v2/");
  expect(answer.status).toBe(200);
  expect(answer.headers.get("docker-distribution-api-version")).toBe("registry/2.0");
});
