// What the agent takes to know a thousand containers behind a socket that needs 50 ms for each
// answer, beside the floor that its own number of requests at once sets, and what memory it keeps:
// then, and idle with a hundred. The engine is scripted, so that only the agent is measured; agent
// and control plane are the built ones. Options: --many=1000 --few=100 --delay=50 --idle=20 (seconds)
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startSystem } from "../harness/system.ts";
import { waitFor } from "../harness/wait.ts";
import { megabytes, printTable, writeFigures } from "./figures.ts";
import { type ScriptedEngine, scriptedEngine } from "./scripted-engine.ts";

const { values: options } = parseArgs({
  options: {
    many: { type: "string", default: "1000" },
    few: { type: "string", default: "100" },
    delay: { type: "string", default: "50" },
    idle: { type: "string", default: "20" },
  },
});
const delayMs = Number(options.delay);
const limit = 600_000;

interface Figures {
  containers: number;
  requests: number;
  /** the most requests that the agent had under way */
  atOnce: number;
  floorMs: number;
  /** from the agent's process being there to its knowing everything */
  currentMs: number;
  /** what of that the processor was busy with the agent, its own start included */
  busyMs: number;
  residentBytes: number;
  idleBytes: number;
}

const rows = [await measure(Number(options.few), 0), await measure(Number(options.many), delayMs)];
printTable(
  `The agent beside an engine that takes ${delayMs} ms for an answer (the first: at once)`,
  [
    [
      "containers",
      "requests",
      "at once",
      "floor",
      "current after",
      "busy",
      "resident",
      "resident, idle",
    ],
    ...rows.map((row) => [
      String(row.containers),
      String(row.requests),
      String(row.atOnce),
      `${Math.round(row.floorMs)} ms`,
      `${Math.round(row.currentMs)} ms`,
      `${Math.round(row.busyMs)} ms`,
      megabytes(row.residentBytes),
      megabytes(row.idleBytes),
    ]),
  ],
);
writeFigures("agent", rows);

async function measure(containers: number, answerMs: number): Promise<Figures> {
  console.log(`Serving ${containers} containers ...`);
  const engine = await scriptedEngine(containers, answerMs);
  const system = await startSystem({ dockerHost: engine.host });
  try {
    const known = () => system.output().split("Watching the Docker Engine").length;
    await waitFor(() => known() > 1, { what: "the agent to know the engine", timeoutMs: limit });
    return await again(engine, () => system.pidsOf("agent"), known);
  } catch (error) {
    console.error(system.output().slice(-3000));
    throw error;
  } finally {
    await system.remove();
    await engine.remove();
  }
}

/** Ends the agent, which the control plane then starts again. */
async function again(
  engine: ScriptedEngine,
  pids: () => number[],
  known: () => number,
): Promise<Figures> {
  const before = known();
  const old = pids();
  engine.reset();
  for (const pid of old) process.kill(pid, "SIGKILL");
  const fresh = () => pids().find((pid) => !old.includes(pid));
  await waitFor(() => fresh() !== undefined, { what: "an agent again", timeoutMs: limit });
  const began = performance.now();
  const pid = fresh() ?? 0;
  await waitFor(() => known() > before, { what: "the agent to know it again", timeoutMs: limit });
  const currentMs = performance.now() - began;
  const { requests, atOnce } = engine.counts;
  const busyMs = busy(pid);
  const residentBytes = resident(pid);
  await pause(Number(options.idle) * 1_000);
  return {
    containers: engine.containers,
    requests,
    atOnce,
    floorMs: (requests * engine.answerMs) / atOnce,
    currentMs,
    busyMs,
    residentBytes,
    idleBytes: resident(pid),
  };
}

/** Its own and the kernel's time for it, in the hundredths of a second that Linux counts. */
function busy(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function resident(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1] ?? Number.NaN) * 1024;
}
