import { HeadSupport } from "./head-support.ts";
import { ListMemory } from "./list-memory.ts";
import type { RegistryFailure } from "./outcome.ts";
import { TokenCache } from "./token-cache.ts";

/** How a registry wants to be asked, as its first challenge said. */
export type Mode =
  | { scheme: "basic" }
  | { scheme: "bearer"; realm: URL; service: string | null; scopes: Map<string, string> };

/** What was learned of registries, for all connections; one of these serves the whole process. */
export class RegistryMemory {
  readonly tokens: TokenCache<RegistryFailure>;
  readonly modes = new Map<string, Mode>();
  /** the first request of each connection, which asks how it wants to be asked */
  readonly introductions = new Map<string, Promise<RegistryFailure | null>>();
  readonly heads: HeadSupport;
  readonly lists = new ListMemory();

  constructor(clock: () => number = Date.now) {
    this.tokens = new TokenCache({ clock });
    this.heads = new HeadSupport(clock);
  }
}
