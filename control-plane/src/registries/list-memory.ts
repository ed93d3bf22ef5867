/** A page of a list, as its registry marked it. */
export interface KnownPage {
  etag: string;
  items: readonly string[];
  /** where the list goes on; null: this was the end */
  next: URL | null;
  /** the registry did not say so */
  guessed: boolean;
}

const bytesOfAName = 32;

/**
 * Pages of lists whose registry sends an ETag, so that it need not send again what has not changed.
 * Bounded in all; what was used longest ago goes first.
 */
export class ListMemory {
  readonly #pages = new Map<string, { page: KnownPage; bytes: number }>();
  readonly #most: number;
  #bytes = 0;

  constructor(most = 4 << 20) {
    this.#most = most;
  }

  find(key: string): KnownPage | null {
    const known = this.#pages.get(key);
    if (known === undefined) return null;
    this.#pages.delete(key);
    this.#pages.set(key, known);
    return known.page;
  }

  keep(key: string, page: KnownPage): void {
    this.forget(key);
    const bytes = page.items.reduce((sum, name) => sum + name.length + bytesOfAName, key.length);
    if (bytes > this.#most) return;
    this.#pages.set(key, { page, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#pages.keys()) {
      if (this.#bytes <= this.#most) break;
      this.forget(oldest);
    }
  }

  forget(key: string): void {
    const known = this.#pages.get(key);
    if (known === undefined) return;
    this.#pages.delete(key);
    this.#bytes -= known.bytes;
  }
}
