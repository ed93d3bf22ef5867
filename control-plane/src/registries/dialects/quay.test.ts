import { afterEach, beforeEach, expect, test } from "vitest";
import { quayDialect } from "./quay.ts";
import { at, details, sha, VendorDouble, value } from "./vendor-double.fixture.ts";

let vendor: VendorDouble;

beforeEach(async () => {
  vendor = new VendorDouble();
  await vendor.start();
});
afterEach(() => vendor.stop());

test("Quay: active tags and a namespace's repositories", async () => {
  vendor.answer = ({ url }) => {
    if (url.startsWith("/api/v1/repository?")) {
      return {
        body: {
          repositories: [{ namespace: "team", name: "app", kind: "image" }],
          next_page: "abc",
        },
      };
    }
    return url.includes("page=2")
      ? {
          body: {
            tags: [
              {
                name: "v1",
                manifest_digest: sha("b"),
                last_modified: "Tue, 14 May 2024 14:48:51 -0000",
              },
            ],
            page: 2,
            has_additional: false,
          },
        }
      : {
          body: {
            tags: [
              {
                name: "v2",
                manifest_digest: sha("a"),
                size: 2275314,
                start_ts: 1717680780,
                is_manifest_list: false,
                last_modified: "Thu, 06 Jun 2024 13:33:00 -0000",
              },
            ],
            page: 1,
            has_additional: true,
          },
        };
  };
  const context = vendor.context("quay", "quay.io", { token: "oauth" }, "team");
  expect(await details(quayDialect(), context, "team/app")).toEqual({
    v2: { digest: sha("a"), size: 2275314, pushedAt: 1717680780000 },
    v1: { digest: sha("b"), size: null, pushedAt: at("2024-05-14T14:48:51Z") },
  });
  expect(vendor.asked[0]?.authorization).toBe("Bearer oauth");
  expect(value(await quayDialect().repositories?.(context, null))).toEqual({
    items: ["team/app"],
    next: "abc",
  });
});
