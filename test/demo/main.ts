import { reapBridges } from "../harness/bridge.ts";
import { reapAbandoned } from "../harness/scratch.ts";
import { Belongings, Left } from "./belongings.ts";
import type { Place } from "./ground.ts";
import { welcome } from "./welcome.ts";
import { makeWorld } from "./world.ts";

/*
 * The demo itself, started by run.mjs, which says where by a message and to end by a signal, or by
 * being gone.
 */

const belongings = new Belongings();
let leaving = false;
// Nothing is to end this before everything is taken away, not even a terminal that was closed.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => void leave(0));
process.on("disconnect", () => void leave(0));
process.once("message", (order: { place: Place; address: string }) => void run(order));

async function run(order: { place: Place; address: string }): Promise<void> {
  try {
    if ((await reapAbandoned()).length > 0) say("Cleared away what an earlier run had left.");
    if (order.place.kind === "own") reapBridges();
    console.log(welcome(await makeWorld(order, belongings, say)));
  } catch (error) {
    if (leaving || error instanceof Left) return;
    console.error(`The demo cannot start: ${error instanceof Error ? error.message : error}`);
    await leave(1);
  }
}

async function leave(exitCode: number): Promise<void> {
  if (leaving) return;
  leaving = true;
  say("Taking everything away ...");
  const problems = await belongings.removeAll();
  for (const problem of problems) console.error(String(problem));
  say(problems.length === 0 ? "Nothing is left." : "The next `npm run demo` clears away the rest.");
  process.exit(problems.length === 0 ? exitCode : 1);
}

function say(line: string): void {
  console.log(line);
}
