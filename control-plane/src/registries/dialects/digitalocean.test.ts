import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { digitaloceanDialect } from "./digitalocean.ts";
import { at, details, sha, VendorDouble, value } from "./vendor-double.fixture.ts";

let vendor: VendorDouble;

beforeEach(async () => {
  vendor = new VendorDouble();
  await vendor.start();
});
afterEach(() => vendor.stop());

describe("DigitalOcean", () => {
  test("tags and repositories of a registry", async () => {
    vendor.answer = ({ url }) => {
      if (url.includes("repositoriesV2")) {
        return {
          body: {
            repositories: [{ registry_name: "reg", name: "my/app", tag_count: 1 }],
            meta: { total: 1 },
          },
        };
      }
      return url.includes("page=2")
        ? { body: { tags: [{ tag: "v1", manifest_digest: sha("b") }], links: {} } }
        : {
            body: {
              tags: [
                {
                  registry_name: "reg",
                  repository: "my/app",
                  tag: "v2",
                  manifest_digest: sha("a"),
                  compressed_size_bytes: 2803255,
                  size_bytes: 5861888,
                  updated_at: "2026-04-09T23:54:25Z",
                },
              ],
              links: {
                pages: {
                  next: `${vendor.origin}/v2/registry/reg/repositories/my%2Fapp/tags?page=2`,
                },
              },
              meta: { total: 2 },
            },
          };
    };
    const dialect = digitaloceanDialect(vendor.origin);
    const context = vendor.context(
      "digitalocean",
      "registry.digitalocean.com",
      { token: "dop" },
      "reg",
    );
    expect(context.credentials).toEqual({ username: "dop", password: "dop" });
    expect(await details(dialect, context, "reg/my/app")).toEqual({
      v2: { digest: sha("a"), size: 2803255, pushedAt: at("2026-04-09T23:54:25Z") },
      v1: { digest: sha("b"), size: null, pushedAt: null },
    });
    expect(vendor.asked[0]).toMatchObject({
      url: "/v2/registry/reg/repositories/my%2Fapp/tags?per_page=100",
      authorization: "Bearer dop",
    });
    expect(value(await dialect.repositories?.(context, null))).toEqual({
      items: ["reg/my/app"],
      next: null,
    });
  });
});
