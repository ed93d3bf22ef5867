import { afterEach, beforeEach, expect, test } from "vitest";
import { harborDialect } from "./harbor.ts";
import { at, details, sha, VendorDouble, value } from "./vendor-double.fixture.ts";

let vendor: VendorDouble;

beforeEach(async () => {
  vendor = new VendorDouble();
  await vendor.start();
});
afterEach(() => vendor.stop());

test("Harbor: artifacts by their tags, and a project's repositories", async () => {
  vendor.answer = ({ url }) => {
    if (!url.includes("/artifacts")) return { body: [{ name: "team/sub/app", artifact_count: 3 }] };
    return url.includes("page=2")
      ? {
          body: [
            {
              digest: sha("b"),
              size: 7,
              push_time: "2025-01-01T00:00:00.000Z",
              tags: [{ name: "v1" }],
            },
          ],
        }
      : {
          headers: {
            link: `</api/v2.0/projects/team/repositories/sub%252Fapp/artifacts?page=2&page_size=100&with_tag=true>; rel="next"`,
          },
          body: [
            {
              digest: sha("a"),
              size: 9,
              push_time: "2026-01-01T00:00:00.000Z",
              tags: [{ name: "v2", push_time: "2026-02-01T00:00:00.000Z" }, { name: "latest" }],
            },
            { digest: sha("c"), size: 1, push_time: "2026-01-01T00:00:00.000Z", tags: null },
          ],
        };
  };
  const context = vendor.context(
    "harbor",
    "harbor.example.com",
    { username: "robot$ci", password: "pw" },
    "team",
  );
  expect(await details(harborDialect(), context, "team/sub/app")).toEqual({
    v2: { digest: sha("a"), size: 9, pushedAt: at("2026-01-01T00:00:00Z") },
    latest: { digest: sha("a"), size: 9, pushedAt: at("2026-01-01T00:00:00Z") },
    v1: { digest: sha("b"), size: 7, pushedAt: at("2025-01-01T00:00:00Z") },
  });
  expect(vendor.asked[0]?.url).toContain("/repositories/sub%252Fapp/artifacts?");
  expect(vendor.asked[0]?.authorization).toBe(
    `Basic ${Buffer.from("robot$ci:pw").toString("base64")}`,
  );
  expect(value(await harborDialect().repositories?.(context, null)).items).toEqual([
    "team/sub/app",
  ]);
});
