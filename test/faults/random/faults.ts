import { setTimeout as pause } from "node:timers/promises";
import { journaledResults, sendResultsAs } from "../../harness/fleet/agent-double.ts";
import { signal } from "../../harness/processes.ts";
import { fillDisk } from "../../harness/small-disk.ts";
import { type Chance, chance, type Most } from "../chance.ts";
import { type Part, parts, type World } from "./world.ts";

/** One thing that breaks. */
export interface Fault {
  what: string;
  /** what breaks: two faults of one of these follow each other */
  where: string;
  /** after how many records of the agent's journal */
  after: number;
  holdMs: number;
  /** Breaks it; the answer mends it. */
  begin(world: World): Promise<() => Promise<void> | void>;
}

type Drawn = Omit<Fault, "after" | "holdMs">;

const wires = ["agent", "database"] as const;
const steps = [-7200, -90, -5, 5, 90, 7200];

/** What can break, each as likely as the others. */
const kinds: Record<string, (random: Chance) => Drawn> = {
  kill(random) {
    const part = random.pick(parts);
    return { what: `${part} killed`, where: part, begin: (world) => kill(world, part) };
  },
  freeze(random) {
    const part = random.pick(parts);
    return { what: `${part} frozen`, where: part, begin: async (world) => freeze(world, part) };
  },
  engine: () => ({
    what: "engine restarted",
    where: "engine",
    async begin({ site: { engine } }) {
      await engine.shutdown();
      return () => engine.start();
    },
  }),
  wire(random) {
    const name = random.pick(wires);
    const how = random.pick(wireFaults);
    return {
      what: `${name}'s wire ${how.what}`,
      where: `${name}'s wire`,
      async begin(world) {
        const wire = world.wires[name];
        how.begin(wire);
        return () => how.end?.(wire) ?? wire.mend();
      },
    };
  },
  disk(random) {
    const name = random.pick(wires);
    return {
      what: `${name}'s disk full`,
      where: `${name}'s disk`,
      begin: async (world) =>
        fillDisk(name === "agent" ? world.agent.stateDir : world.database.disk),
    };
  },
  clock(random) {
    const part = random.pick(["agent", "control plane"] as const);
    const seconds = random.pick(steps);
    return {
      what: `${part}'s clock ${seconds > 0 ? "+" : ""}${seconds} s`,
      where: `${part}'s clock`,
      async begin({ clocks }) {
        clocks[part].step(seconds);
        return () => clocks[part].step(0);
      },
    };
  },
  results(random) {
    const order = random.below(2 ** 31);
    return {
      what: "old results again, out of order",
      where: "agent",
      begin: (world) => repeatResults(world, order),
    };
  },
};

const wireFaults: {
  what: string;
  begin(wire: World["wires"]["agent"]): void;
  end?(wire: World["wires"]["agent"]): void;
}[] = [
  { what: "cut", begin: (wire) => wire.cut() },
  { what: "silent", begin: (wire) => wire.hold() },
  {
    what: "silent, then cut",
    begin: (wire) => wire.hold(),
    end(wire) {
      wire.cut();
      wire.mend();
    },
  },
  { what: "slow", begin: (wire) => wire.slow(100) },
  { what: "half closed to the client", begin: (wire) => wire.halfClose("client") },
  { what: "half closed to the server", begin: (wire) => wire.halfClose("server") },
];

/**
 * Draws what breaks in a round.
 *
 * @param moments how many moments there are to break it at
 */
export function drawFaults(random: Chance, moments: number, most: Most): Fault[] {
  const hold = (): number =>
    most.longHolds && random.below(8) === 0
      ? 11_000 + random.below(6000)
      : random.below(most.holdMs);
  return Array.from({ length: 1 + random.below(most.faults) }, () => ({
    ...(kinds[random.pick(Object.keys(kinds))] as (typeof kinds)[string])(random),
    after: random.below(moments),
    holdMs: hold(),
  }));
}

async function kill(world: World, part: Part): Promise<() => Promise<void>> {
  const { site, agent, database } = world;
  switch (part) {
    case "control plane":
      await site.system.kill();
      break;
    case "agent":
      await agent.kill();
      break;
    case "database":
      await database.crash();
      break;
    case "engine":
      await site.engine.kill();
  }
  return async () => {
    // What it needs may be broken, too: then it is started when everything is mended.
    await startPart(world, part).catch(() => undefined);
  };
}

/** The processes of a part that run. */
export function pidsOf({ site, agent, database }: World, part: Part): number[] {
  const of = {
    "control plane": () => [site.system.pid()],
    agent: () => [agent.pid()],
    database: () => database.pids(),
    engine: () => [site.engine.pid()],
  };
  return of[part]().filter((pid) => pid !== undefined);
}

export async function startPart({ site, agent, database }: World, part: Part): Promise<void> {
  if (part === "control plane") await site.system.start();
  if (part === "agent") await agent.start();
  if (part === "database") await database.start();
  if (part === "engine") await site.engine.start();
}

function freeze(world: World, part: Part): () => void {
  const pids = pidsOf(world, part);
  for (const pid of pids) signal(pid, "SIGSTOP");
  return () => {
    for (const pid of pids) signal(pid, "SIGCONT");
  };
}

/**
 * In the place of the agent, which is killed, somebody with its identity sends results that it has had, also of
 * plans that are long over: in any order, some of them twice.
 */
async function repeatResults(world: World, order: number): Promise<() => Promise<void>> {
  const { agent, agentAddress } = world;
  await agent.kill();
  const results = journaledResults(agent.stateDir);
  const { pick } = chance(order);
  const sent = Array.from({ length: Math.min(40, 2 * results.length) }, () => pick(results));
  const before = pidsOf(world, "control plane");
  const over = new AbortController();
  // A control plane that is killed may never say that the stream has ended.
  const gone = (async () => {
    while (!over.signal.aborted && pidsOf(world, "control plane").join() === before.join()) {
      await pause(50);
    }
  })();
  await Promise.race([sendResultsAs(agent.stateDir, agentAddress, sent), gone]);
  over.abort();
  return () => agent.start();
}
