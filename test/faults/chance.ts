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
