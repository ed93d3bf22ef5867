import { afterAll, beforeEach, expect, test } from "vitest";
import { roundsOfFaults } from "./chance.ts";
import { drawRound, playRound } from "./random/round.ts";
import { startWorld, type World } from "./random/world.ts";

/*
 * A plan runs, and one to three things break at random moments: processes are killed or frozen, the engine is
 * restarted, connections are cut, silent, slow or half closed, disks are full, clocks step, and results come again
 * and out of order. Then everything is mended. The plan ends by itself, what is said of it is true, no command had
 * two effects, and nothing is left behind: see docs/reliability.md.
 *
 * More rounds: npm run faults -- 1000
 * One round again: npm run faults -- --seed <its seed>
 */

let world: World | undefined;
/** A round that has failed may leave anything behind. */
let broken = false;

beforeEach(async () => {
  if (broken) await world?.remove();
  if (broken || !world) world = undefined;
  world ??= await startWorld();
  broken = true;
});
afterAll(() => world?.remove());

const { rounds, firstSeed, most, longFrom, again } = roundsOfFaults();

for (let round = 0; round < rounds; round++) {
  const drawn = drawRound(firstSeed + round, most);
  const form = round >= longFrom ? " in long form" : "";
  test(`seed ${drawn.seed}${form}: ${drawn.what}`, async () => {
    const here = world as World;
    try {
      const { status, error, broken: what, died, records } = await playRound(here, drawn);
      console.log(
        [`seed ${drawn.seed}`, status, `${records} records`, what.join(", ") || "nothing broke"]
          .concat(died.length > 0 ? [`died: ${died.join(", ")}`] : [])
          .concat(error ? [error] : [])
          .join(" | "),
      );
      broken = false;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const said = `${why}\n${here.site.system.output().slice(-4000)}\n${here.agent.output().slice(-4000)}`;
      throw new Error(`Again: ${again(drawn.seed)}\n${said}`, { cause });
    }
    expect(here.site.system.pid(), "the control plane's process").toBeDefined();
  });
}
