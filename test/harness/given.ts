import { inject, type ProvidedContext } from "vitest";
import type { ImageStore } from "./engine-kind.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** For DOCKER_HOST: the engine that this project's setup has started. */
    engineHost: string;
    /** How that engine keeps its images. */
    imageStore: ImageStore;
    /** `127.0.0.1:port` of the registry that it has started. */
    registryHost: string;
  }
}

/**
 * What shared-engine.ts has started for the tests of this project. Throws where there is none: such
 * a test must not pass by doing nothing.
 */
export function given<K extends keyof ProvidedContext>(what: K): ProvidedContext[K] {
  const value = inject(what);
  if (value) return value;
  throw new Error("No Docker Engine or registry was started for this test: see vitest.config.ts.");
}
