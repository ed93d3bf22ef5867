/** Everything that a demo has started, so that it can be taken away at any moment. */
export class Belongings {
  /** Ended one phase after the other, the last first. */
  readonly #phases = { ground: [] as Removable[], product: [] as Removable[] };
  readonly #starting = new Set<Promise<unknown>>();
  #leaving = false;

  /** Starts something and remembers it. Throws {@link Left} once `removeAll` was called. */
  async keep<T extends Removable>(
    phase: "ground" | "product",
    start: () => Promise<T>,
  ): Promise<T> {
    if (this.#leaving) throw new Left();
    const starting = start().then((thing) => {
      this.#phases[phase].push(thing);
      return thing;
    });
    const settled = starting.catch(() => undefined);
    this.#starting.add(settled);
    const thing = await starting;
    this.#starting.delete(settled);
    if (this.#leaving) throw new Left();
    return thing;
  }

  /** Takes everything away, also what is just being started. Tells what could not be. */
  async removeAll(): Promise<unknown[]> {
    this.#leaving = true;
    await Promise.all(this.#starting);
    const problems: unknown[] = [];
    for (const phase of ["product", "ground"] as const) {
      const results = await Promise.allSettled(this.#phases[phase].map((thing) => thing.remove()));
      for (const result of results) if (result.status === "rejected") problems.push(result.reason);
    }
    return problems;
  }
}

interface Removable {
  remove(): Promise<void>;
}

/** The demo was ended while it was being started. */
export class Left extends Error {
  override readonly name = "Left";
}
