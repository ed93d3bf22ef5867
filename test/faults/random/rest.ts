import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import type { Server, Service } from "../../harness/resources.ts";
import { waitFor } from "../../harness/wait.ts";
import { containersOf, imageOf } from "./containers.ts";
import type { World } from "./world.ts";

/** Waits until everything is at rest: all is seen, said and acknowledged, and nothing is left to be done. */
export async function atRest(world: World): Promise<void> {
  let unrest = "";
  await waitFor(
    async () => {
      unrest = await whatIsUnderWay(world);
      return unrest === "";
    },
    {
      what: "everything to be at rest",
      everyMs: 50,
      explain: () => unrest,
    },
  );
}

async function whatIsUnderWay(world: World): Promise<string> {
  const { site, names, agent } = world;
  const there = await containersOf(world);
  if ([...there.keys()].sort().join() !== names.join()) {
    return `There are the containers ${[...there.keys()].join(", ")}.`;
  }
  for (const [name, { state }] of there) {
    if (state !== "running") return `${name} is ${state}.`;
  }
  const { server } = await site.api.get<{ server: Server }>(`/api/servers/${site.server.id}`);
  if (server.status !== "online") return `The server is ${server.status}.`;
  const open = await query<{ kind: string; status: string }>(
    world,
    "select kind, status from commands where status <> 'done'",
  );
  if (open.length > 0) return `Commands are open: ${JSON.stringify(open)}`;
  const journals = journalsOf(agent.stateDir);
  const unfinished = journals.filter(({ records }) => records.at(-1) !== "acknowledged");
  if (unfinished.length > 0) return `In the journal are ${JSON.stringify(unfinished.slice(0, 3))}`;
  const { services } = await site.api.get<{ services: Service[] }>(
    `/api/servers/${site.server.id}/services?limit=100`,
  );
  for (const { name, containerName, discoveryStatus, status, runningDigest } of services) {
    const digest = imageOf(world, there.get(containerName)).digest;
    if (discoveryStatus !== "found" || runningDigest !== digest) {
      return `${name} is ${status} and seen as ${discoveryStatus} with ${runningDigest}, not with ${digest}.`;
    }
  }
  return "";
}

/** What an agent has written down of one command. */
export interface JournalFile {
  file: string;
  kind: string;
  /** `command`, `phase`, `result`, `acknowledged` */
  records: string[];
  phases: string[];
}

/** Everything in an agent's journal. */
export function journalsOf(stateDir: string): JournalFile[] {
  const directory = join(stateDir, "journal");
  return readdirSync(directory)
    .filter((file) => file.endsWith(".jsonl"))
    .map((file) => {
      const lines = readFileSync(join(directory, file), "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line));
      return {
        file,
        kind: lines[0]?.entry.body.kind,
        records: lines.map(({ record }) => record),
        phases: lines.flatMap(({ phase }) => (phase ? [phase.name] : [])),
      };
    });
}

/** Asks the database beside everything that may be broken. */
export async function query<T>(world: World, text: string, values: string[] = []): Promise<T[]> {
  const sql = postgres(world.database.url, { max: 1, onnotice: () => undefined });
  try {
    return (await sql.unsafe(text, values)) as unknown as T[];
  } finally {
    await sql.end({ timeout: 1 });
  }
}
