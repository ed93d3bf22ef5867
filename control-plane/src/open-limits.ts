import { Problem } from "./problem.ts";

/**
 * What may be open at the same time, on each control plane. Each costs memory and reads of the database for
 * as long as it is open, which the rate of requests does not see. The numbers are in docs/security.md.
 */
export const openLimits = {
  webSocketsOfUser: 200,
  /** of one session or API token; each tab of a browser has one */
  webSocketsOfCredential: 100,
  topicsOfWebSocket: 200,
  /** logs that are followed, over all WebSockets */
  logsOfUser: 50,
  /** event streams of plans */
  planStreamsOfUser: 100,
};

/** Whose count one more is added to, and how far it may go. */
export interface Share {
  key: string;
  most: number;
  /** as the refusal calls them, such as "WebSockets of one user" */
  what: string;
}

const retryAfterSeconds = 10;

/** Counts what is open, by who opened it. */
export class OpenCounts {
  readonly #open = new Map<string, number>();

  /**
   * Opens one more, which counts for each of the shares.
   * @returns closes it; a second call does nothing
   * @throws {Problem} 429 where one of them is used up; then nothing is counted
   */
  open(...shares: Share[]): () => void {
    const full = shares.find(({ key, most }) => this.#count(key) >= most);
    if (full) {
      throw new Problem(
        "rate_limited",
        "too_many_open",
        `Too many ${full.what} are open: at most ${full.most}. Close others first.`,
        { retryAfterSeconds },
      );
    }
    for (const { key } of shares) this.#open.set(key, this.#count(key) + 1);
    let closed = false;
    return () => {
      if (closed) return;
      closed = true;
      for (const { key } of shares) {
        const left = this.#count(key) - 1;
        if (left > 0) this.#open.set(key, left);
        else this.#open.delete(key);
      }
    };
  }

  /** How many keys are kept: those of which something is open. */
  get size(): number {
    return this.#open.size;
  }

  #count(key: string): number {
    return this.#open.get(key) ?? 0;
  }
}
