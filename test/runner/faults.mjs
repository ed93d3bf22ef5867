// What `npm run faults` is asked for.

/**
 * @param {string[]} words such as `1000`, `--seed 42`, both or none
 * @returns {{rounds: number | null, seed: number | null, problem: string | null}} `rounds`: how many rounds of
 *   random faults, the first of them with the seed; null: the tests of the project `faults`
 */
export function askedRounds(words) {
  const left = [...words];
  const at = left.indexOf("--seed");
  const [, seed] = at < 0 ? [] : left.splice(at, 2);
  const [rounds, ...more] = left;
  const isCount = (word) => /^[1-9]\d{0,9}$/.test(word);
  const usable =
    more.length === 0 &&
    (at < 0 || isCount(seed ?? "")) &&
    (rounds === undefined || isCount(rounds));
  if (!usable) {
    const problem =
      "`npm run faults` takes a number of rounds, `--seed` and a seed, or both, as in `npm run faults -- 1000 --seed 42`; without them it runs the tests of the project faults.";
    return { rounds: null, seed: null, problem };
  }
  const count = rounds === undefined ? (at < 0 ? null : 1) : Number(rounds);
  return { rounds: count, seed: at < 0 ? null : Number(seed), problem: null };
}
