import type { Engine } from "./client.ts";

/**
 * Containers that depend on one another are replaced together, which the order of commands cannot
 * know beforehand: here each change of a container waits for its turn, by name. A provider is held
 * while its dependents are waited for, never the other way round, so nobody waits in a circle.
 */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** Resolves when all `names` are the caller's; they are until the returned function is called. */
  async take(names: readonly string[]): Promise<() => void> {
    const releases: (() => void)[] = [];
    for (const name of [...new Set(names)].sort()) {
      const before = this.#last.get(name);
      const { promise, resolve } = deferred();
      this.#last.set(name, promise);
      await before;
      releases.push(() => {
        if (this.#last.get(name) === promise) this.#last.delete(name);
        resolve();
      });
    }
    return () => {
      for (const release of releases) release();
    };
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const byEngine = new WeakMap<Engine, Turns>();

/** The turns of one engine's containers. */
export function turnsOf(engine: Engine): Turns {
  let turns = byEngine.get(engine);
  if (turns === undefined) {
    turns = new Turns();
    byEngine.set(engine, turns);
  }
  return turns;
}
