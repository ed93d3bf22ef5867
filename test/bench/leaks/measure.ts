import { setTimeout as pause } from "node:timers/promises";
import {
  type DatabaseCensus,
  databaseCensus,
  databaseSockets,
  ownFiles,
  type ProcessCensus,
  processCensus,
} from "./census.ts";
import { type Grown, grownHeap, type Heap } from "./heap-snapshot.ts";
import { type LoadScale, load } from "./load.ts";
import { type LeakWorld, startLeakWorld } from "./world.ts";

export type ProcessName = keyof LeakWorld["inspected"];

/** What was there after a phase, when what it had begun had ended. */
export interface Census {
  processes: Record<ProcessName, ProcessCensus & { heap: Heap }>;
  database: DatabaseCensus;
  ownFiles: number;
}

/** Something of which there is more after a phase than after the one before, which did the same. */
export interface Growth {
  where: string;
  what: string;
  before: number;
  now: number;
}

export interface LeakFigures {
  phases: Census[];
  /** what grew in each phase after the first */
  grown: Growth[];
}

export interface LeakOptions {
  linkedAgents: number;
  /** phases that are compared, after one that only fills what is remembered */
  phases: number;
  /** how long a phase lasts at least, in milliseconds: it rests where it is done sooner; default: 0 */
  phaseMs?: number;
  /** of one constructor, in each phase: fewer are what caches and compiled code differ by */
  objects: number;
  /** how long what was begun may take to end */
  patienceMs: number;
}

/** Puts the same load on the product again and again, and tells what there is more of each time. */
export async function measureLeaks(
  scale: LoadScale,
  options: LeakOptions,
  told: (text: string) => void = () => undefined,
): Promise<LeakFigures> {
  const world = await startLeakWorld(options.linkedAgents);
  try {
    const phases: Census[] = [];
    for (let phase = 0; phase <= options.phases; phase += 1) {
      told(phase === 0 ? "filling what is remembered" : `phase ${phase}`);
      const began = performance.now();
      await world.allThere();
      await load(world, scale, (kind) => told(`  ${kind}`));
      await pause(Math.max(0, (options.phaseMs ?? 0) - (performance.now() - began)));
      phases.push(await settled(world, phases.at(-1), options.patienceMs));
    }
    return { phases, grown: grownInAll(phases, options.objects) };
  } catch (error) {
    console.error(world.system.output().slice(-3000));
    throw error;
  } finally {
    await world.remove();
  }
}

/** Waits until as little is open as before, or for as long as that may take; without a before, until nothing changes. */
async function settled(
  world: LeakWorld,
  before: Census | undefined,
  patienceMs: number,
): Promise<Census> {
  const end = performance.now() + patienceMs;
  let last = "";
  for (;;) {
    const census = await look(world);
    const open = JSON.stringify(openOf(census));
    const back = before === undefined ? open === last : grownBetween(before, census).length === 0;
    if (back || performance.now() > end) return withHeaps(world, census);
    last = open;
    await pause(1000);
  }
}

type Look = Omit<Census, "processes"> & { processes: Record<ProcessName, ProcessCensus> };

async function look({ inspected, sql, system }: LeakWorld): Promise<Look> {
  const names = Object.keys(inspected) as ProcessName[];
  const censuses = await Promise.all(
    names.map(async (name) => {
      const one = inspected[name];
      // Its pool grows to its size whenever it is first needed.
      const sockets = name === "control plane" ? databaseSockets(one.pid) : 0;
      return [name, await processCensus(one, sockets)] as const;
    }),
  );
  return {
    processes: Object.fromEntries(censuses) as Look["processes"],
    database: await databaseCensus(sql),
    ownFiles: ownFiles(system.dataDir),
  };
}

async function withHeaps({ inspected }: LeakWorld, found: Look): Promise<Census> {
  const processes = {} as Census["processes"];
  for (const name of Object.keys(inspected) as ProcessName[]) {
    processes[name] = { ...found.processes[name], heap: await inspected[name].heap() };
  }
  return { ...found, processes };
}

/** Resources that come and go with what is done at the moment, and connections to the database. */
const passing = /^(FSReq|GetAddrInfo|Immediate|PipeConnect|PipeWrap|TCPConnect|Timeout)/;

/** What is to be the same after each phase, by where and what it is. */
function openOf({ processes, database, ownFiles }: Look): Map<string, number> {
  const open = new Map<string, number>([["installation: files", ownFiles]]);
  for (const [name, { files, threads, listeners, resources }] of Object.entries(processes)) {
    open.set(`${name}: open files`, files).set(`${name}: threads`, threads);
    open.set(`${name}: listeners of the process`, listeners);
    for (const [kind, count] of Object.entries(resources)) {
      if (!passing.test(kind)) open.set(`${name}: ${kind}`, count);
    }
  }
  open.set("database: connections", database.connections);
  for (const [what, count] of Object.entries(database.open)) open.set(`database: ${what}`, count);
  return open;
}

function grownBetween(before: Look, now: Look): Growth[] {
  const known = openOf(before);
  return [...openOf(now)].flatMap(([key, count]) => {
    const [where = "", what = ""] = key.split(": ");
    const then = known.get(key) ?? 0;
    return count > then ? [{ where, what, before: then, now: count }] : [];
  });
}

/** What grew in every phase but the first: what only filled up does not. */
function grownInAll(phases: readonly Census[], objects: number): Growth[] {
  const rounds = phases.slice(1).map((now, at) => {
    const before = phases[at] as Census;
    const ofHeaps = (Object.keys(now.processes) as ProcessName[]).flatMap((name) =>
      grownHeap(before.processes[name].heap, now.processes[name].heap, objects).map(
        ({ name: what, before, now }: Grown): Growth => ({
          where: `${name}'s heap`,
          what,
          before,
          now,
        }),
      ),
    );
    return [...grownBetween(before, now), ...ofHeaps];
  });
  const key = ({ where, what }: Growth) => `${where}: ${what}`;
  // The first one may still have filled something.
  const [last = [], ...others] = rounds.slice(rounds.length > 1 ? 1 : 0).toReversed();
  const inAll = others.map((round) => new Set(round.map(key)));
  return last.filter((growth) => inAll.every((round) => round.has(key(growth))));
}
