/** Random numbers that can be had again from their seed (mulberry32). */
export interface Chance {
  seed: number;
  /** 0 ≤ n < max, whole */
  below(max: number): number;
  pick<T>(from: readonly T[]): T;
}

export function chance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    seed,
    below: (max) => Math.floor(next() * max),
    pick(from) {
      const chosen = from[Math.floor(next() * from.length)];
      if (chosen === undefined) throw new Error("there is nothing to choose from");
      return chosen;
    },
  };
}

/** BRIDGEPORT_FAULTS_SEED, or a new one. It is printed, so that a failure can be had again. */
export function seedFromEnvironment(): number {
  const given = Number(process.env.BRIDGEPORT_FAULTS_SEED);
  const seed = Number.isInteger(given) && given > 0 ? given : Date.now() % 2 ** 31;
  console.log(`BRIDGEPORT_FAULTS_SEED=${seed}`);
  return seed;
}

/** How many rounds every run of the tests has. */
export const shortRounds = 8;

/** BRIDGEPORT_FAULTS_ROUNDS, default 8, and 40 in the long form. */
export function roundsFromEnvironment(): number {
  const given = Number(process.env.BRIDGEPORT_FAULTS_ROUNDS);
  if (Number.isInteger(given) && given > 0) return given;
  return process.env.BRIDGEPORT_TEST_LONG ? 40 : shortRounds;
}

/** Rounds of random faults, each with a seed of its own: the ones that follow each other from the first. */
export interface RoundsOfFaults {
  rounds: number;
  firstSeed: number;
  most: Most;
  /** the rounds from this one on are run in the long form only */
  longFrom: number;
  /** the command that plays one of them again */
  again(seed: number): string;
}

/** How much may break in a round. */
export interface Most {
  faults: number;
  /** how long it stays broken, as a rule */
  holdMs: number;
  /** One in eight stays broken for so much longer that both ends of a connection notice. */
  longHolds: boolean;
}

const short: Most = { faults: 2, holdMs: 300, longHolds: false };
const long: Most = { faults: 3, holdMs: 2000, longHolds: true };

/**
 * As `npm run faults` asks for. Else the same ten rounds each time, in which things are mended sooner, and 40
 * more in the long form.
 */
export function roundsOfFaults(): RoundsOfFaults {
  const again = (one: number): string => `npm run faults -- --seed ${one}`;
  const rounds = Number(process.env.BRIDGEPORT_FAULTS_RANDOM);
  const seed = Number(process.env.BRIDGEPORT_FAULTS_SEED);
  if (rounds > 0) {
    const firstSeed = seed > 0 ? seed : (Date.now() % 1_000_000) * 1000 + 1;
    return { rounds, firstSeed, most: long, longFrom: rounds, again };
  }
  if (process.env.BRIDGEPORT_TEST_LONG) {
    return { rounds: 40, firstSeed: 1, most: long, longFrom: 0, again };
  }
  const same = (): string => "npm test -- random-faults";
  return { rounds: 10, firstSeed: 1, most: short, longFrom: 10, again: same };
}
