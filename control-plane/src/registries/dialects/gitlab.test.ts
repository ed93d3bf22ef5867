import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { gitlabDialect } from "./gitlab.ts";
import { at, details, sha, VendorDouble } from "./vendor-double.fixture.ts";

let vendor: VendorDouble;

beforeEach(async () => {
  vendor = new VendorDouble();
  await vendor.start();
});
afterEach(() => vendor.stop());

describe("GitLab", () => {
  test("the registry's own list of tags", async () => {
    vendor.answer = ({ url }) =>
      url.includes("last=")
        ? {
            body: [
              {
                name: "v1",
                digest: sha("b"),
                size_bytes: 10,
                created_at: "2025-01-01T00:00:00.000+00:00",
              },
            ],
          }
        : {
            headers: {
              link: '</gitlab/v1/repositories/group/app/tags/list/?n=100&last=v2>; rel="next"',
            },
            body: [
              {
                name: "v2",
                digest: sha("a"),
                media_type: "x",
                size_bytes: 286734237,
                created_at: "2025-06-01T00:00:00Z",
                published_at: "2026-06-01T00:00:00Z",
              },
            ],
          };
    const context = vendor.context("gitlab", "registry.gitlab.com", { token: "glpat" });
    expect(await details(gitlabDialect(), context, "group/app")).toEqual({
      v2: { digest: sha("a"), size: 286734237, pushedAt: at("2026-06-01T00:00:00Z") },
      v1: { digest: sha("b"), size: 10, pushedAt: at("2025-01-01T00:00:00Z") },
    });
  });

  test("an older registry has none", async () => {
    const context = vendor.context("gitlab", "gitlab.example.com:5050", { token: "glpat" });
    expect(await details(gitlabDialect(), context, "group/app")).toEqual({});
  });
});
