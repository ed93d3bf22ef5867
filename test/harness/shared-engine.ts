import { startEngine } from "./engine.ts";
import { startRegistry } from "./registry.ts";

/**
 * Before the tests of one project: one engine and one registry for all of them, named by
 * BRIDGEPORT_TEST_DOCKER_HOST (for DOCKER_HOST) and BRIDGEPORT_TEST_REGISTRY (`127.0.0.1:port`).
 * Tests choose names of their own for containers and repositories.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const [engine, registry] = await Promise.all([startEngine(), startRegistry()]);
  process.env.BRIDGEPORT_TEST_DOCKER_HOST = engine.host;
  process.env.BRIDGEPORT_TEST_REGISTRY = registry.host;
  return async () => {
    await Promise.all([engine.remove(), registry.remove()]);
  };
}
