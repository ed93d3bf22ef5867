import { afterAll, beforeAll, describe, test } from "vitest";
import { pushImage } from "../../../test/harness/images.ts";
import { type Registry, startRegistry } from "../../../test/harness/registry.ts";
import { discoveryCases, type FilledRegistry, pullCases } from "./conformance.fixture.ts";

let real: Registry;
let registry: FilledRegistry;

beforeAll(async () => {
  real = await startRegistry();
  const repository = "team/app";
  const image = await pushImage(real, repository, ["v5", "v4", "v3", "v2", "v1"]);
  const manifest = image.manifests.at(-1);
  const { config } = JSON.parse(manifest?.data.toString() ?? "");
  registry = {
    origin: real.url,
    repository,
    digest: image.digest,
    mediaType: image.mediaType,
    blob: config.digest,
  };
});
afterAll(() => real.remove());

describe("the distribution project's registry", () => {
  test.each([...pullCases, ...discoveryCases])("%s", (_, run) => run(registry));
});
