// What a fleet costs: agents without engines, in processes of their own, over the real wire. For each size:
// how soon all are connected, what they take idle, how late events are seen at several rates, what changes when
// logs are followed, and how soon all are back after the control plane was killed. Shares are of one core.
// Options: --agents=300,1000,3000,5000  --containers=20  --rates=100,500,1000 (events a second)
//   --seconds=15 (of each rate)  --idle=15  --logs=50  --processes=1 (of agents, for each 2,500)

import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Sql } from "postgres";
import { WebSocket } from "ws";
import type { Api } from "../harness/api.ts";
import { type Fleet, joinAgents, startFleet } from "../harness/fleet/fleet.ts";
import { embeddedDatabase } from "../harness/host-commands.ts";
import type { Environment, Service } from "../harness/resources.ts";
import { type System, startSystem } from "../harness/system.ts";
import { waitFor } from "../harness/wait.ts";
import { megabytes, printTable, sample, writeFigures } from "./figures.ts";
import { floorOf } from "./fleet/floor.ts";
import { type LatencyProbe, latencyProbe } from "./fleet/latencies.ts";
import { countingStatements, resident, type Usage, usageOf } from "./fleet/usage.ts";

const { values: options } = parseArgs({
  options: {
    agents: { type: "string", default: "300,1000,3000,5000" },
    containers: { type: "string", default: "20" },
    rates: { type: "string", default: "100,500,1000" },
    seconds: { type: "string", default: "15" },
    idle: { type: "string", default: "15" },
    logs: { type: "string", default: "50" },
    processes: { type: "string", default: "1" },
  },
});
const numbers = (text: string) => text.split(",").filter(Boolean).map(Number);
const containers = Number(options.containers);
const seconds = Number(options.seconds);
/** How long what is late is waited for. */
const patienceMs = 120_000;
/** Events that are looked for one by one. */
const toldPerSecond = 5;

const tables: Record<string, string[][]> = {
  storm: [
    [
      "agents",
      "connected",
      "inventories in",
      "control plane",
      "PostgreSQL",
      "statements an agent",
      "failed attempts",
    ],
  ],
  idle: [
    ["agents", "control plane", "PostgreSQL", "resident", "an agent", "statements/s", "database"],
  ],
  events: [
    [
      "agents",
      "load",
      "API p50 / p95",
      "WebSocket p50 / p95",
      "control plane",
      "PostgreSQL",
      "statements an event",
      "caught up after",
      "floor",
    ],
  ],
  back: [["agents", "ready", "connected", "current", "of one agent at most"]],
};
for (const agents of numbers(options.agents)) await measure(agents);
printTable("Connecting at once", tables.storm ?? []);
printTable("Idle", tables.idle ?? []);
printTable("Events", tables.events ?? []);
printTable("After kill -9", tables.back ?? []);
writeFigures("fleet", tables);

async function measure(agents: number): Promise<void> {
  const system = await startSystem({ env: { BRIDGEPORT_RATE_LIMIT: "0" } });
  let sql: Sql | null = null;
  let fleet: Fleet | null = null;
  let probe: LatencyProbe | null = null;
  const database = () => (sql ??= databaseOf(system));
  try {
    await system.stop();
    appendFileSync(join(system.dataDir, "postgres/data/postgresql.conf"), countingStatements);
    await system.start();
    await database()`create extension if not exists pg_stat_statements`;
    const api = await system.login();
    const joined = await joinAgents(api, agents);
    const processes = Number(options.processes) * Math.ceil(agents / 2500);
    const started = await startFleet(joined, {
      ...{ containers, processes },
      told: (event) => probe?.expect(event),
    });
    fleet = started;
    const used = usageOf(system, database, () => started.pids);
    await storm(started, used);
    await idle(system, started, used);
    const { environments } = await api.get<{ environments: Environment[] }>("/api/environments");
    probe = await latencyProbe(api, environments[0]?.id ?? "");
    for (const rate of numbers(options.rates)) await load(system, started, probe, used, rate, "");
    const logs = Number(options.logs);
    if (logs > 0) {
      const follow = await followLogs(api, started, logs);
      const rate = numbers(options.rates)[0] ?? 100;
      await load(system, started, probe, used, rate, `, ${logs} logs`);
      console.log(`${follow.lines()} lines of logs`);
      follow.close();
    }
    probe.close();
    await back(system, started);
  } catch (error) {
    console.error(system.output().slice(-3000));
    throw error;
  } finally {
    probe?.close();
    await fleet?.remove();
    await (sql as Sql | null)?.end({ timeout: 1 });
    await system.remove();
  }

  async function storm(fleet: Fleet, used: ReturnType<typeof usageOf>): Promise<void> {
    const began = performance.now();
    let connected = 0;
    const usage = await used(async () => {
      await fleet.connect();
      connected = performance.now() - began;
      await current(fleet);
    });
    const { ends } = await fleet.standing(true);
    note("storm", [
      `${agents}`,
      ms(connected),
      ms(usage.seconds * 1000),
      ...shares(usage),
      (usage.statements / agents).toFixed(1),
      endsOf(ends),
    ]);
  }

  async function idle(
    system: System,
    fleet: Fleet,
    used: ReturnType<typeof usageOf>,
  ): Promise<void> {
    await pause(5000);
    const usage = await used(() => pause(Number(options.idle) * 1000));
    const own = fleet.pids.reduce((sum, pid) => sum + resident(pid), 0);
    note("idle", [
      `${agents}`,
      ...shares(usage),
      megabytes(resident(system.pid() ?? 0)),
      `${(resident(system.pid() ?? 0) / agents / 1000).toFixed(0)} kB (its double ${(own / agents / 1000).toFixed(0)} kB)`,
      (usage.statements / usage.seconds).toFixed(0),
      await databaseSize(),
    ]);
  }

  async function load(
    system: System,
    fleet: Fleet,
    probe: LatencyProbe,
    used: ReturnType<typeof usageOf>,
    rate: number,
    what: string,
  ): Promise<void> {
    const before = (await fleet.standing()).events;
    let made = 0;
    let window = 0;
    let caughtUp = "not";
    // What is late is part of what the events cost.
    const usage = await used(async () => {
      const began = performance.now();
      fleet.rate(rate, toldPerSecond);
      await pause(seconds * 1000);
      fleet.rate(0);
      window = (performance.now() - began) / 1000;
      made = (await fleet.standing()).events - before;
      const ended = performance.now();
      await current(fleet).then(
        () => {
          caughtUp = ms(performance.now() - ended);
        },
        () => undefined,
      );
    });
    const { api, live, missing } = await probe.taken(2000);
    const floor = await floorOf(() => databaseOf(system), 100);
    note("events", [
      `${agents}`,
      `${(made / window).toFixed(0)} events/s${what}`,
      `${percentiles(api)}${missing > 0 ? `, ${missing} missing` : ""}`,
      percentiles(live),
      ...costs(usage, made),
      (usage.statements / made).toFixed(2),
      caughtUp,
      `${floor.median.toFixed(1)} ms`,
    ]);
  }

  async function back(system: System, fleet: Fleet): Promise<void> {
    await fleet.standing(true);
    fleet.rate(100);
    await system.kill();
    const began = performance.now();
    await system.start();
    const ready = performance.now() - began;
    await fleet.connected();
    const connected = performance.now() - began;
    fleet.rate(0);
    await current(fleet);
    const { ends } = await fleet.standing(true);
    note("back", [
      `${agents}`,
      ms(ready),
      ms(connected),
      ms(performance.now() - began),
      endsOf(ends),
    ]);
  }

  /** Waits until every container's row is as its agent has it. */
  async function current(fleet: Fleet): Promise<void> {
    const states = await fleet.states();
    await waitFor(
      async () => {
        const [row] = await database()<{ behind: number }[]>`
          select count(*)::int as behind
          from jsonb_to_recordset(${database().json(states as never)})
            as is_now ("serverId" uuid, name text, "restartCount" int)
          left join containers on containers.server_id = "serverId" and containers.name = is_now.name
          where (containers.report ->> 'restartCount')::int is distinct from "restartCount"`;
        return row?.behind === 0;
      },
      { what: "the last states to be stored", timeoutMs: patienceMs, everyMs: agents / 10 },
    );
  }

  async function databaseSize(): Promise<string> {
    const [row] = await database()<{ size: number }[]>`
      select pg_database_size(current_database())::float8 as size`;
    return megabytes(row?.size ?? 0);
  }
}

function databaseOf(system: System): Sql {
  const found = embeddedDatabase(system);
  if (found === null) throw new Error("The embedded PostgreSQL does not run.");
  return found as unknown as Sql;
}

/** Follows the log of one container of each of so many servers. */
async function followLogs(api: Api, fleet: Fleet, logs: number) {
  const topics: string[] = [];
  for (const serverId of fleet.serverIds.slice(0, logs)) {
    const path = `/api/servers/${serverId}/services?limit=1`;
    const { services } = await api.get<{ services: Service[] }>(path);
    for (const { id } of services) topics.push(`logs:${id}`);
  }
  const socket = new WebSocket(`${api.url.replace("http", "ws")}/api/ws`);
  let lines = 0;
  socket.on("error", () => undefined);
  socket.on("message", (text) => {
    const { event, data } = JSON.parse(String(text)) as { event: string; data?: { lines?: [] } };
    if (event === "lines") lines += data?.lines?.length ?? 0;
    if (event === "error") console.log(String(text));
  });
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "auth", token: api.token }));
  socket.send(JSON.stringify({ type: "subscribe", topics }));
  await waitFor(() => lines > 0, { what: "lines of logs" });
  return { lines: () => lines, close: () => socket.terminate() };
}

function note(table: keyof typeof tables, row: string[]): void {
  tables[table]?.push(row);
  console.log(table, row.join("  "));
}

function ms(value: number): string {
  return value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}

function shares({ controlPlane, postgres }: Usage): string[] {
  return [controlPlane, postgres].map((share) => `${(share * 100).toFixed(0)} %`);
}

/** Processor time for each event, which does not depend on how busy the machine is with other things. */
function costs({ controlPlane, postgres, seconds }: Usage, events: number): string[] {
  return [controlPlane, postgres].map(
    (share) => `${((share * seconds * 1000) / events).toFixed(2)} ms`,
  );
}

function percentiles(values: number[]): string {
  if (values.length === 0) return "none";
  const sorted = sample(values).values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;
  return `${ms(at(0.5))} / ${ms(at(0.95))}`;
}

function endsOf(ends: Record<string, { agents: number; most: number }>): string {
  const all = Object.entries(ends).map(([why, { agents, most }]) => `${agents} × ≤ ${most} ${why}`);
  return all.length === 0 ? "none" : all.join("; ");
}
