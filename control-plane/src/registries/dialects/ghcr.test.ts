import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ghcrDialect } from "./ghcr.ts";
import { at, details, sha, VendorDouble, value } from "./vendor-double.fixture.ts";

let vendor: VendorDouble;

beforeEach(async () => {
  vendor = new VendorDouble();
  await vendor.start();
});
afterEach(() => vendor.stop());

describe("GitHub", () => {
  const versions = [
    {
      id: 1,
      name: sha("a"),
      created_at: "2026-01-01T00:00:00Z",
      metadata: { package_type: "container", container: { tags: ["v1", "latest"] } },
    },
    {
      id: 2,
      name: sha("b"),
      created_at: "2025-01-01T00:00:00Z",
      metadata: { container: { tags: [] } },
    },
  ];

  test("an owner is an organisation or a user; versions are digests with their tags", async () => {
    vendor.answer = ({ url }) => {
      if (url.startsWith("/orgs/")) return { status: 404, body: { message: "Not Found" } };
      return url.includes("page=2")
        ? {
            body: [
              {
                name: sha("c"),
                created_at: "2024-01-01T00:00:00Z",
                metadata: { container: { tags: ["v0"] } },
              },
            ],
          }
        : {
            headers: {
              link: `<${vendor.origin}/users/ann/packages/container/app%2Fweb/versions?per_page=100&page=2>; rel="next"`,
            },
            body: versions,
          };
    };
    const context = vendor.context("ghcr", "ghcr.io", { token: "ghp" });
    expect(await details(ghcrDialect(vendor.origin), context, "ann/app/web")).toEqual({
      v1: { digest: sha("a"), size: null, pushedAt: at("2026-01-01T00:00:00Z") },
      latest: { digest: sha("a"), size: null, pushedAt: at("2026-01-01T00:00:00Z") },
      v0: { digest: sha("c"), size: null, pushedAt: at("2024-01-01T00:00:00Z") },
    });
    expect(vendor.asked[0]).toMatchObject({
      url: "/orgs/ann/packages/container/app%2Fweb/versions?per_page=100",
      authorization: "Bearer ghp",
    });
  });

  test("packages are repositories; without a token nothing is asked", async () => {
    vendor.answer = () => ({ body: [{ name: "App" }, { name: "web/api" }] });
    const dialect = ghcrDialect(vendor.origin);
    const context = vendor.context("ghcr", "ghcr.io", { token: "ghp" }, "Team");
    expect(value(await dialect.repositories?.(context, null)).items).toEqual([
      "team/App",
      "team/web/api",
    ]);
    vendor.asked.length = 0;
    const anonymous = vendor.context("ghcr", "ghcr.io");
    expect(await details(dialect, anonymous, "ann/app")).toEqual({});
    expect(await dialect.repositories?.(anonymous, null)).toBeNull();
    expect(vendor.asked).toEqual([]);
  });
});
