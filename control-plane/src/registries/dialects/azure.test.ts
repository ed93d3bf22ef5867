import { afterEach, beforeEach, expect, test } from "vitest";
import { azureDialect } from "./azure.ts";
import { type Answer, at, details, sha, VendorDouble } from "./vendor-double.fixture.ts";

let vendor: VendorDouble;

beforeEach(async () => {
  vendor = new VendorDouble();
  await vendor.start();
});
afterEach(() => vendor.stop());

test("Azure: the registry's own list of tags, with a token for metadata", async () => {
  vendor.answer = ({ url, authorization }): Answer => {
    if (url.startsWith("/oauth2/token")) return { body: { access_token: "for-metadata" } };
    if (authorization !== "Bearer for-metadata") {
      return {
        status: 401,
        headers: {
          "www-authenticate": `Bearer realm="${vendor.origin}/oauth2/token",service="reg.azurecr.io",scope="repository:team/app:metadata_read"`,
        },
        body: {},
      };
    }
    return url.includes("last=")
      ? { body: { tags: [{ name: "v1", digest: sha("b"), createdTime: "2025-01-01T00:00:00Z" }] } }
      : {
          headers: { link: '</acr/v1/team/app/_tags?last=v2&n=100&orderby=timedesc>; rel="next"' },
          body: {
            registry: "reg.azurecr.io",
            imageName: "team/app",
            tags: [
              {
                name: "v2",
                digest: sha("a"),
                createdTime: "2025-09-06T06:17:21.0856539Z",
                lastUpdateTime: "2026-09-06T06:17:21.0856539Z",
                signed: false,
              },
            ],
          },
        };
  };
  const context = vendor.context("acr", "reg.azurecr.io", { username: "app-id", password: "pw" });
  expect(await details(azureDialect(), context, "team/app")).toEqual({
    v2: { digest: sha("a"), size: null, pushedAt: at("2026-09-06T06:17:21.085Z") },
    v1: { digest: sha("b"), size: null, pushedAt: at("2025-01-01T00:00:00Z") },
  });
  const token = vendor.asked.find(({ url }) => url.startsWith("/oauth2/token"));
  expect(new URL(token?.url ?? "", vendor.origin).searchParams.get("scope")).toBe(
    "repository:team/app:metadata_read",
  );
});
