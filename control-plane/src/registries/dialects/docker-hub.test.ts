import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { StoredLogin } from "../registry-type.ts";
import { dockerHubDialect } from "./docker-hub.ts";
import { at, details, sha, VendorDouble, value } from "./vendor-double.fixture.ts";

let vendor: VendorDouble;

beforeEach(async () => {
  vendor = new VendorDouble();
  await vendor.start();
});
afterEach(() => vendor.stop());

describe("Docker Hub", () => {
  const context = (login: Partial<StoredLogin> = {}, prefix: string | null = null) =>
    vendor.context("dockerhub", "docker.io", login, prefix);

  test("push times and sizes, page by page, without logging in for what is public", async () => {
    vendor.answer = ({ url }) => ({
      headers: { "x-ratelimit-limit": "180", "x-ratelimit-remaining": "178" },
      body: url.includes("page=2")
        ? {
            next: null,
            results: [
              {
                name: "1.25",
                digest: sha("b"),
                full_size: 5,
                last_updated: "2025-01-02T03:04:05Z",
              },
            ],
          }
        : {
            count: 2,
            next: `${vendor.origin}/v2/namespaces/library/repositories/nginx/tags?page=2&page_size=100`,
            results: [
              {
                name: "1.27",
                digest: sha("a"),
                full_size: 72950530,
                last_updated: "2026-01-02T03:04:05.678901Z",
                tag_last_pushed: "2026-01-01T00:00:00.5Z",
                images: [{ architecture: "amd64", os: "linux", size: 72950530 }],
              },
            ],
          },
    });
    expect(await details(dockerHubDialect(vendor.origin), context(), "library/nginx")).toEqual({
      "1.27": { digest: sha("a"), size: 72950530, pushedAt: at("2026-01-01T00:00:00.500Z") },
      "1.25": { digest: sha("b"), size: 5, pushedAt: at("2025-01-02T03:04:05Z") },
    });
    expect(vendor.asked.map(({ url }) => url)).toEqual([
      "/v2/namespaces/library/repositories/nginx/tags?page_size=100",
      "/v2/namespaces/library/repositories/nginx/tags?page_size=100&page=2",
    ]);
    expect(vendor.transport.budget(new URL(vendor.origin).host)).toMatchObject({
      limit: 180,
      remaining: 178,
    });
  });

  test("logs in once, and lists the repositories of an account or of the prefix", async () => {
    vendor.answer = ({ url }) =>
      url === "/v2/auth/token"
        ? { body: { access_token: "jwt" } }
        : { body: { next: null, results: [{ name: "app", namespace: "ann" }] } };
    const dialect = dockerHubDialect(vendor.origin);
    const mine = context({ username: "ann", token: "pat" });
    expect(value(await dialect.repositories?.(mine, null))).toEqual({
      items: ["ann/app"],
      next: null,
    });
    await dialect.repositories?.({ ...mine, prefix: "team" }, "2");
    expect(
      vendor.asked.map(({ method, url, authorization }) => [method, url, authorization]),
    ).toEqual([
      ["POST", "/v2/auth/token", undefined],
      ["GET", "/v2/namespaces/ann/repositories?page_size=100&page=1", "Bearer jwt"],
      ["GET", "/v2/namespaces/team/repositories?page_size=100&page=2", "Bearer jwt"],
    ]);
    expect(JSON.parse(vendor.asked[0]?.body ?? "")).toEqual({ identifier: "ann", secret: "pat" });
  });

  test("a connection of this kind to another host is not told about at Docker Hub", async () => {
    const elsewhere = vendor.context("dockerhub", "mirror.example.com", {
      username: "ann",
      token: "t",
    });
    expect(await details(dockerHubDialect(vendor.origin), elsewhere, "library/nginx")).toEqual({});
    expect(vendor.asked).toEqual([]);
  });

  test("a page that fails later keeps what was read", async () => {
    vendor.answer = ({ url }) =>
      url.includes("page=2")
        ? { status: 403, body: {} }
        : { body: { next: "more", results: [{ name: "a", digest: sha("a") }] } };
    expect(
      Object.keys(await details(dockerHubDialect(vendor.origin), context(), "library/x")),
    ).toEqual(["a"]);
  });
});
