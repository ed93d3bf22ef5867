/** One of a limited number of places. */
export interface Place {
  /** It is free again; a second call does nothing. */
  leave(): void;
}

/** How many there are for one source, and for all of them together. */
export interface PlaceLimits {
  ofSource: number;
  ofAll: number;
}

interface Taken extends Place {
  /** later ones have a higher number */
  number: number;
  giveWay(): void;
}

/**
 * Shares places fairly between sources. Everyone who comes gets one: where there are no more, the oldest of
 * the same source gives way, or of the source that has the most. So nobody who keeps places can keep others
 * out, and a source that has few loses none to one that has many.
 */
export class Places {
  readonly #limits: PlaceLimits;
  /** by source, each from the oldest to the newest; sources without any are not kept */
  readonly #taken = new Map<string, Set<Taken>>();
  #count = 0;
  #number = 0;

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  /** How many are taken. */
  get count(): number {
    return this.#count;
  }

  /** @param giveWay called once if the place is given to a later one; it has been left by then */
  take(source: string, giveWay: () => void): Place {
    this.#number += 1;
    const mine = this.#taken.get(source) ?? new Set();
    const place: Taken = {
      number: this.#number,
      giveWay,
      leave: () => {
        if (!mine.delete(place)) return;
        this.#count -= 1;
        if (mine.size === 0) this.#taken.delete(source);
      },
    };
    this.#taken.set(source, mine.add(place));
    this.#count += 1;
    if (mine.size > this.#limits.ofSource) free(oldestOf(mine));
    else if (this.#count > this.#limits.ofAll) free(this.#oldestOfMost());
    return place;
  }

  #oldestOfMost(): Taken | undefined {
    let most = 0;
    let oldest: Taken | undefined;
    for (const taken of this.#taken.values()) {
      const first = oldestOf(taken);
      if (first === undefined || taken.size < most) continue;
      if (taken.size > most || oldest === undefined || first.number < oldest.number) oldest = first;
      most = taken.size;
    }
    return oldest;
  }
}

function oldestOf(taken: Set<Taken>): Taken | undefined {
  return taken.values().next().value;
}

function free(place: Taken | undefined): void {
  place?.leave();
  place?.giveWay();
}
