import { expect } from "vitest";
import { nextPage } from "./pagination.ts";
import { sha256 } from "./registry-double.fixture.ts";

/*
 * What the distribution specification asks of a registry that is read: its conformance cases for pull
 * and content discovery. Doubles have to pass them as real registries do, or what is tested with
 * doubles says nothing of the real ones.
 */

/** A registry with one image of one platform under the tags `v1` to `v5`. */
export interface FilledRegistry {
  origin: string;
  repository: string;
  digest: string;
  mediaType: string;
  /** of its config */
  blob: string;
}

type Case = [name: string, run: (registry: FilledRegistry) => Promise<void>];

const absent = `sha256:${"0".repeat(64)}`;

function ask(
  { origin, mediaType }: FilledRegistry,
  path: string,
  method: "GET" | "HEAD" = "GET",
): Promise<Response> {
  return fetch(`${origin}/v2/${path}`, { method, headers: { accept: `${mediaType}, */*` } });
}

async function expectError(response: Response, status: number, codes: string[]): Promise<void> {
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toContain("application/json");
  const { errors } = (await response.json()) as { errors: { code: string }[] };
  expect(codes).toContain(errors[0]?.code);
}

async function expectManifest(response: Response, registry: FilledRegistry): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe(registry.mediaType);
  expect(response.headers.get("docker-content-digest")).toBe(registry.digest);
  expect(sha256(body)).toBe(registry.digest);
}

async function expectHead(response: Response, registry: FilledRegistry): Promise<void> {
  const whole = await ask(registry, `${registry.repository}/manifests/${registry.digest}`);
  const { byteLength } = await whole.arrayBuffer();
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe(registry.mediaType);
  expect(response.headers.get("docker-content-digest")).toBe(registry.digest);
  expect(Number(response.headers.get("content-length"))).toBe(byteLength);
  expect((await response.arrayBuffer()).byteLength).toBe(0);
}

async function tagsOf(response: Response): Promise<string[]> {
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toContain("application/json");
  return ((await response.json()) as { tags: string[] }).tags;
}

export const pullCases: Case[] = [
  ["GET /v2/ is answered", async (r) => expect((await ask(r, "")).status).toBe(200)],
  [
    "GET of a manifest by its tag",
    async (r) => expectManifest(await ask(r, `${r.repository}/manifests/v1`), r),
  ],
  [
    "GET of a manifest by its digest",
    async (r) => expectManifest(await ask(r, `${r.repository}/manifests/${r.digest}`), r),
  ],
  [
    "HEAD of a manifest by its tag",
    async (r) => expectHead(await ask(r, `${r.repository}/manifests/v1`, "HEAD"), r),
  ],
  [
    "HEAD of a manifest by its digest",
    async (r) => expectHead(await ask(r, `${r.repository}/manifests/${r.digest}`, "HEAD"), r),
  ],
  [
    "a tag that is not there",
    async (r) =>
      expectError(await ask(r, `${r.repository}/manifests/absent`), 404, ["MANIFEST_UNKNOWN"]),
  ],
  [
    "a digest that is not there",
    async (r) =>
      expectError(await ask(r, `${r.repository}/manifests/${absent}`), 404, ["MANIFEST_UNKNOWN"]),
  ],
  [
    "HEAD of what is not there",
    async (r) => {
      const response = await ask(r, `${r.repository}/manifests/absent`, "HEAD");
      expect(response.status).toBe(404);
      expect((await response.arrayBuffer()).byteLength).toBe(0);
    },
  ],
  [
    "a manifest of a repository that is not there",
    async (r) =>
      expectError(await ask(r, "absent/app/manifests/v1"), 404, [
        "NAME_UNKNOWN",
        "MANIFEST_UNKNOWN",
      ]),
  ],
  [
    "GET of a blob",
    async (r) => {
      const response = await ask(r, `${r.repository}/blobs/${r.blob}`);
      expect(response.status).toBe(200);
      expect(response.headers.get("docker-content-digest")).toBe(r.blob);
      expect(sha256(Buffer.from(await response.arrayBuffer()))).toBe(r.blob);
    },
  ],
  [
    "HEAD of a blob",
    async (r) => {
      const whole = await (await ask(r, `${r.repository}/blobs/${r.blob}`)).arrayBuffer();
      const response = await ask(r, `${r.repository}/blobs/${r.blob}`, "HEAD");
      expect(response.status).toBe(200);
      expect(Number(response.headers.get("content-length"))).toBe(whole.byteLength);
    },
  ],
  [
    "a blob that is not there",
    async (r) =>
      expectError(await ask(r, `${r.repository}/blobs/${absent}`), 404, ["BLOB_UNKNOWN"]),
  ],
];

export const discoveryCases: Case[] = [
  [
    "the list of tags has its repository's name and all of them",
    async (r) => {
      const response = await ask(r, `${r.repository}/tags/list`);
      expect(await response.clone().json()).toMatchObject({ name: r.repository });
      expect((await tagsOf(response)).sort()).toEqual(["v1", "v2", "v3", "v4", "v5"]);
    },
  ],
  [
    "a list that is asked for more than there is ends",
    async (r) => {
      const response = await ask(r, `${r.repository}/tags/list?n=100`);
      expect(response.headers.get("link")).toBeNull();
      expect(await tagsOf(response)).toHaveLength(5);
    },
  ],
  [
    "the tags of a repository that is not there",
    async (r) => expectError(await ask(r, "absent/app/tags/list"), 404, ["NAME_UNKNOWN"]),
  ],
  [
    "the catalog has the repository",
    async (r) =>
      expect(await (await ask(r, "_catalog")).json()).toEqual({ repositories: [r.repository] }),
  ],
];

/** Pages, and the order of names: registries of 2.8 and before send all tags at once, in no order. */
export const pagingCases: Case[] = [
  [
    "the list of tags is sorted",
    async (r) =>
      expect(await tagsOf(await ask(r, `${r.repository}/tags/list`))).toEqual([
        "v1",
        "v2",
        "v3",
        "v4",
        "v5",
      ]),
  ],
  [
    "a list of so many goes on where its Link says, to the end",
    async (r) => {
      const pages: string[][] = [];
      let next: URL | null = new URL(`${r.origin}/v2/${r.repository}/tags/list?n=2`);
      while (next !== null && pages.length < 5) {
        const response: Response = await fetch(next);
        pages.push(await tagsOf(response));
        next = nextPage(response.headers.get("link") ?? undefined, next);
      }
      expect(pages).toEqual([["v1", "v2"], ["v3", "v4"], ["v5"]]);
    },
  ],
  [
    "what follows a tag does not have it",
    async (r) =>
      expect(await tagsOf(await ask(r, `${r.repository}/tags/list?n=2&last=v3`))).toEqual([
        "v4",
        "v5",
      ]),
  ],
  [
    "what follows a tag that is not there",
    async (r) =>
      expect(await tagsOf(await ask(r, `${r.repository}/tags/list?n=1&last=v3x`))).toEqual(["v4"]),
  ],
];
