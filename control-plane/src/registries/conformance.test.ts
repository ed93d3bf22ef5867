import { afterAll, beforeAll, describe, test } from "vitest";
import {
  discoveryCases,
  type FilledRegistry,
  pagingCases,
  pullCases,
} from "./conformance.fixture.ts";
import { RegistryDouble, types } from "./registry-double.fixture.ts";

let double: RegistryDouble;
let registry: FilledRegistry;

beforeAll(async () => {
  double = new RegistryDouble();
  await double.start();
  const repository = "team/app";
  const digest = double.push(repository, "v1");
  for (const tag of ["v5", "v4", "v3", "v2"]) double.repository(repository).tags.set(tag, digest);
  const [blob = ""] = double.repository(repository).blobs.keys();
  registry = { origin: double.origin, repository, digest, mediaType: types.manifest, blob };
});
afterAll(() => double.stop());

describe("the double of a registry", () => {
  test.each([...pullCases, ...discoveryCases, ...pagingCases])("%s", (_, run) => run(registry));
});
