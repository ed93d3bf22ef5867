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
 * the same source gives way; where all are taken, that of the network that has the most, and in it of the source
 * that has the most. So nobody who keeps places can keep others out, and who has few loses none to one that has
 * many, also where these are spread over the sources of a network.
 */
export class Places {
  readonly #limits: PlaceLimits;
  readonly #networkOf: (source: string) => string;
  /** by source, each from the oldest to the newest; sources without any are not kept */
  readonly #taken = new Map<string, Set<Taken>>();
  #count = 0;
  #number = 0;

  /** @param networkOf what a source is part of; on its own by default */
  constructor(limits: PlaceLimits, networkOf = (source: string) => source) {
    this.#limits = limits;
    this.#networkOf = networkOf;
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
    const ofNetwork = new Map<string, number>();
    for (const [source, { size }] of this.#taken) {
      const network = this.#networkOf(source);
      ofNetwork.set(network, (ofNetwork.get(network) ?? 0) + size);
    }
    const most = Math.max(...ofNetwork.values());
    let found: Set<Taken> = new Set();
    for (const [source, taken] of this.#taken) {
      if (ofNetwork.get(this.#networkOf(source)) !== most || taken.size < found.size) continue;
      if (taken.size > found.size || numberOf(taken) < numberOf(found)) found = taken;
    }
    return oldestOf(found);
  }
}

const numberOf = (taken: Set<Taken>) => oldestOf(taken)?.number ?? 0;

function oldestOf(taken: Set<Taken>): Taken | undefined {
  return taken.values().next().value;
}

function free(place: Taken | undefined): void {
  place?.leave();
  place?.giveWay();
}
