import { keepNewest } from "./bounded.ts";

/** A token of a registry's token service. */
export interface Token {
  value: string;
  /** epoch milliseconds from which it is no longer used */
  expiresAt: number;
}

/**
 * Tokens until they expire, and one request for each at a time: a caller that asks while a token is
 * being fetched waits for that one.
 */
export class TokenCache<F> {
  readonly #tokens = new Map<string, Token>();
  readonly #fetching = new Map<string, Promise<Token | F>>();
  readonly #capacity: number;
  readonly #clock: () => number;

  constructor(options: { capacity?: number; clock?: () => number } = {}) {
    this.#capacity = options.capacity ?? 4096;
    this.#clock = options.clock ?? Date.now;
  }

  /** The token if it is known and still good. */
  known(key: string): Token | null {
    const token = this.#tokens.get(key);
    return token !== undefined && token.expiresAt > this.#clock() ? token : null;
  }

  /** The known token, else a fetched one; `fetch` answers with a token or with why there is none. */
  async get(
    key: string,
    fetch: () => Promise<Token | F>,
    isToken: (answer: Token | F) => answer is Token,
  ): Promise<Token | F> {
    const known = this.known(key);
    if (known !== null) return known;
    const running = this.#fetching.get(key);
    if (running !== undefined) return running;
    const fetching = fetch()
      .then((answer) => {
        if (isToken(answer)) this.#keep(key, answer);
        return answer;
      })
      .finally(() => this.#fetching.delete(key));
    this.#fetching.set(key, fetching);
    return fetching;
  }

  /** Forgets a token that was refused, unless a newer one took its place. */
  forget(key: string, value: string): void {
    if (this.#tokens.get(key)?.value === value) this.#tokens.delete(key);
  }

  /** Forgets every token whose key begins so. */
  forgetAll(prefix: string): void {
    for (const key of this.#tokens.keys()) if (key.startsWith(prefix)) this.#tokens.delete(key);
  }

  #keep(key: string, token: Token): void {
    keepNewest(this.#tokens, key, token, this.#capacity);
  }
}
