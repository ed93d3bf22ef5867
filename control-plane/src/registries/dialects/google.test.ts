import { afterEach, beforeEach, expect, test } from "vitest";
import { googleDialect } from "./google.ts";
import { details, sha, VendorDouble } from "./vendor-double.fixture.ts";

let vendor: VendorDouble;

beforeEach(async () => {
  vendor = new VendorDouble();
  await vendor.start();
});
afterEach(() => vendor.stop());

test("Google: the list of tags has everything", async () => {
  vendor.answer = () => ({
    body: {
      name: "project/app",
      tags: ["v1", "v2"],
      child: [],
      manifest: {
        [sha("a")]: {
          imageSizeBytes: "123",
          layerId: "",
          mediaType: "x",
          tag: ["v2"],
          timeCreatedMs: "0",
          timeUploadedMs: "1767225600000",
        },
        [sha("b")]: {
          imageSizeBytes: "100",
          tag: ["v1"],
          timeCreatedMs: "1700000000000",
          timeUploadedMs: "0",
        },
      },
    },
  });
  const context = vendor.context("gcr", "gcr.io", { username: "_json_key", password: "{}" });
  expect(await details(googleDialect(), context, "project/app")).toEqual({
    v2: { digest: sha("a"), size: 123, pushedAt: 1767225600000 },
    v1: { digest: sha("b"), size: 100, pushedAt: 1700000000000 },
  });
});
