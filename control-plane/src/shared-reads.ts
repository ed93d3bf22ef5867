/**
 * What many ask for at once is read once for all of them: a change is told to every console, and all of them
 * ask for the same lists. No request gets what was read before it came: a reading that is under way is
 * not joined, but the next one is, which begins when that one has ended.
 */
export class SharedReads<T> {
  readonly #readings = new Map<string, { current: Promise<T>; next: Promise<T> | null }>();

  /**
   * @param key everything that the answer depends on, also what its reader may see
   * @param make reads it anew; where it fails, it fails for all who wait for it
   */
  read(key: string, make: () => Promise<T>): Promise<T> {
    const under = this.#readings.get(key);
    if (under === undefined) return this.#begin(key, make);
    under.next ??= under.current.then(
      () => this.#begin(key, make),
      () => this.#begin(key, make),
    );
    return under.next;
  }

  #begin(key: string, make: () => Promise<T>): Promise<T> {
    const current = make();
    const reading = { current, next: null };
    this.#readings.set(key, reading);
    const ended = () => {
      if (this.#readings.get(key) === reading && reading.next === null) this.#readings.delete(key);
    };
    current.then(ended, ended);
    return current;
  }
}
