import type { TestProject } from "vitest/node";
import { startEngine } from "./engine.ts";
import { defaultKind, titleOf } from "./engine-kind.ts";
import type {} from "./given.ts";
import { startRegistry } from "./registry.ts";

/**
 * Before the tests of one project: one engine of the kind that the project is for and one registry
 * for all of them. Tests choose names of their own for containers and repositories.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const kind = defaultKind(
    project.config.env?.BRIDGEPORT_TEST_ENGINE ?? process.env.BRIDGEPORT_TEST_ENGINE,
  );
  console.log(`${project.name}: ${titleOf(kind)}`);
  const registry = await startRegistry();
  const engine = await startEngine({ ...kind, registries: [registry.host] });
  project.provide("engineHost", engine.host);
  project.provide("imageStore", kind.store);
  project.provide("registryHost", registry.host);
  return async () => {
    await Promise.all([engine.remove(), registry.remove()]);
  };
}
