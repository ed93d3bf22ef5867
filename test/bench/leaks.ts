// What grows: the product under load of every kind, in phases that do the same, and after each of them what
// it still holds once everything has ended: objects, sockets, files, threads, timers, connections to the
// database, rows that come and go. An hour of a busy installation in ten minutes. Fails where something
// grew in each phase, and says what.
// Options: --minutes=10 (at least, over all phases)  --phases=4 (and one before them)
//   --events=100000 (of one engine, over all phases)  --reconnects=1000 (of one process of agents, over all phases)
//   --scale=1 (of everything else)  --objects=100 (of one constructor, that count as growth; of plain ones ten times as many)
import { parseArgs } from "node:util";
import { megabytes, printTable, writeFigures } from "./figures.ts";
import { measureLeaks, type ProcessName } from "./leaks/measure.ts";

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    phases: { type: "string", default: "4" },
    events: { type: "string", default: "100000" },
    reconnects: { type: "string", default: "1000" },
    scale: { type: "string", default: "1" },
    objects: { type: "string", default: "100" },
  },
});
const phases = Number(options.phases);
const some = (times: number): number => Math.max(1, Math.round(times * Number(options.scale)));
const each = (of: string): number => Math.ceil(Number(of) / (phases + 1));

const began = performance.now();
const { phases: censuses, grown } = await measureLeaks(
  {
    engineEvents: each(options.events),
    reportedEvents: each(options.events),
    reconnects: each(options.reconnects),
    strangers: some(100),
    sockets: some(300),
    followedLogs: some(150),
    planStreams: some(150),
    logins: some(150),
    plans: some(15),
    syncs: some(150),
    webhooks: some(150),
    refused: some(600),
    cutUploads: some(300),
  },
  {
    ...{ linkedAgents: 10, phases, objects: Number(options.objects), patienceMs: 120_000 },
    phaseMs: (Number(options.minutes) * 60_000) / (phases + 1),
  },
  console.log,
);

const minutes = (performance.now() - began) / 60_000;
for (const name of Object.keys(censuses[0]?.processes ?? {}) as ProcessName[]) {
  printTable(`The ${name}, after each phase; the first one only filled what is remembered`, [
    ["heap", "external", "resident", "objects", "open files", "threads", "sockets"],
    ...censuses.map(({ processes }) => {
      const { heap, heapUsed, external, resident, files, threads, resources } = processes[name];
      const objects = [...heap.values()].reduce((sum, { count }) => sum + count, 0);
      return [
        ...[heapUsed, external, resident].map(megabytes),
        ...[objects, files, threads, resources.TCPSocketWrap ?? 0].map(String),
      ];
    }),
  ]);
}
printTable("The database, after each phase", [
  ["connections", "open", "rows of all tables", "files of the installation"],
  ...censuses.map(({ database, ownFiles }) => [
    String(database.connections),
    String(Object.values(database.open).reduce((sum, count) => sum + count, 0)),
    String(Object.values(database.rows).reduce((sum, count) => sum + count, 0)),
    String(ownFiles),
  ]),
]);
const [first, last] = [censuses[0]?.database.rows ?? {}, censuses.at(-1)?.database.rows ?? {}];
printTable("Rows that were added since the first phase, which are kept for a while", [
  ["table", "after the first", "after the last"],
  ...Object.entries(last)
    .filter(([table, rows]) => rows > (first[table] ?? 0))
    .map(([table, rows]) => [table, String(first[table] ?? 0), String(rows)]),
]);
console.log(`\n${minutes.toFixed(1)} minutes`);
writeFigures("leaks", {
  minutes,
  grown,
  phases: censuses.map(({ processes, ...rest }) => ({
    ...rest,
    processes: Object.fromEntries(
      Object.entries(processes).map(([name, { heap: _, ...census }]) => [name, census]),
    ),
  })),
});
if (grown.length > 0) {
  process.exitCode = 1;
  printTable("Grew in each phase", [
    ["where", "what", "before the last", "after it"],
    ...grown.map(({ where, what, before, now }) => [where, what, String(before), String(now)]),
  ]);
}
