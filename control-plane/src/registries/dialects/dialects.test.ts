import { afterEach, beforeEach, expect, test } from "vitest";
import { azureDialect } from "./azure.ts";
import type { Dialect, DialectContext } from "./dialect.ts";
import { digitaloceanDialect } from "./digitalocean.ts";
import { dockerHubDialect } from "./docker-hub.ts";
import { ghcrDialect } from "./ghcr.ts";
import { gitlabDialect } from "./gitlab.ts";
import { harborDialect } from "./harbor.ts";
import { quayDialect } from "./quay.ts";
import { VendorDouble } from "./vendor-double.fixture.ts";

let vendor: VendorDouble;

beforeEach(async () => {
  vendor = new VendorDouble();
  await vendor.start();
});
afterEach(() => vendor.stop());

test.each([
  ["nonsense", { body: "<html>" }],
  ["another shape", { body: { tags: 7, results: 7 } }],
  ["a refusal", { status: 403, body: {} }],
  ["an error", { status: 400, body: {} }],
])(
  "an API that answers %s is a failure in a sentence, not an exception",
  async (_name, answered) => {
    vendor.answer = () => answered;
    const all: [Dialect, DialectContext][] = [
      [dockerHubDialect(vendor.origin), vendor.context("dockerhub", "docker.io")],
      [ghcrDialect(vendor.origin), vendor.context("ghcr", "ghcr.io", { token: "t" })],
      [gitlabDialect(), vendor.context("gitlab", "registry.gitlab.com", { token: "t" })],
      [
        digitaloceanDialect(vendor.origin),
        vendor.context("digitalocean", "registry.digitalocean.com", { token: "t" }),
      ],
      [quayDialect(), vendor.context("quay", "quay.io")],
      [harborDialect(), vendor.context("harbor", "harbor.example.com")],
      [azureDialect(), vendor.context("acr", "reg.azurecr.io")],
    ];
    for (const [dialect, context] of all) {
      const outcome = await dialect.tagDetails?.(context, "team/app");
      expect(outcome).toMatchObject({ ok: false, message: expect.stringMatching(/\.$/) });
    }
  },
);
