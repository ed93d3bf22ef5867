/** Waits, is then under way, and is over at some time. */
export interface Turn {
  /** It has ended, or is no longer waited for; a second call does nothing. */
  over(): void;
}

/**
 * Has few things under way at the same time; the others wait. Networks take turns. In each of them who came
 * last begins first: where there are more than can be served in time, who has waited for long has mostly given
 * up, and what is begun for it is done in vain.
 */
export class Turns {
  readonly #atOnce: number;
  /** by network, in the order of their turns; who came last stands last */
  readonly #waiting = new Map<string, (() => void)[]>();
  #underWay = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** @param begin called once, now or later, and never after the turn is over */
  take(network: string, begin: () => void): Turn {
    let state: "waiting" | "under way" | "over" = "waiting";
    const begun = () => {
      state = "under way";
      this.#underWay += 1;
      begin();
    };
    const these = this.#waiting.get(network) ?? [];
    this.#waiting.set(network, these);
    these.push(begun);
    this.#next();
    return {
      over: () => {
        if (state === "under way") this.#underWay -= 1;
        if (state === "waiting") this.#leave(network, begun);
        state = "over";
        this.#next();
      },
    };
  }

  #next(): void {
    while (this.#underWay < this.#atOnce) {
      const [first] = this.#waiting;
      if (first === undefined) return;
      const [network, these] = first;
      const last = these.pop();
      this.#waiting.delete(network);
      // To the end of the line.
      if (these.length > 0) this.#waiting.set(network, these);
      last?.();
    }
  }

  #leave(network: string, begun: () => void): void {
    const these = this.#waiting.get(network) ?? [];
    these.splice(these.lastIndexOf(begun), 1);
    if (these.length === 0) this.#waiting.delete(network);
  }
}
