// How long a deploy takes: ours, the bare Engine API sequence, and Swarm's service update, in one
// run, on engines of their own and one registry. Options: --services=8,40 --intervals=1,30
// --rounds=5 --swarm --long (also what takes very long: the sequential floor at long intervals).
import { parseArgs } from "node:util";
import { startEngine } from "../harness/engine.ts";
import { type PushedImage, pushImage } from "../harness/images.ts";
import { freePort } from "../harness/ports.ts";
import type { ContainerImage, Plan } from "../harness/resources.ts";
import { startSite } from "../harness/site.ts";
import { downtime, longestSilence } from "./downtime.ts";
import { milliseconds, printTable, type Sample, sample, writeFigures } from "./figures.ts";
import { type Floor, floor } from "./floor.ts";
import { startSwarm } from "./swarm.ts";

const { values: options } = parseArgs({
  options: {
    services: { type: "string", default: "8,40" },
    intervals: { type: "string", default: "1,30" },
    rounds: { type: "string", default: "5" },
    swarm: { type: "boolean", default: false },
    long: { type: "boolean", default: false },
  },
});
const list = (text: string): number[] => text.split(",").map(Number);
const rounds = Number(options.rounds);

interface Row {
  services: number;
  intervalSeconds: number;
  parallel: boolean;
  ours: Sample;
  floor: Sample | null;
  swarm: Sample | null;
  /** Between the end of one step and the start of the next, in a sequential plan. */
  ownShare: Sample | null;
}

let version = 0;
const site = await startSite();
const bare = await startEngine();
const rows: Row[] = [];
const downtimes: Record<string, Sample> = {};
const rollbacks: Record<string, Sample> = {};
try {
  const connection = await site.connect();
  for (const interval of list(options.intervals)) {
    for (const count of list(options.services)) await measure(count, interval, connection.id);
  }
  await measureDowntime(connection.id);
  await measureRollback(connection.id);
} finally {
  await bare.remove();
  await site.remove();
}
report();

async function newImage(
  repository: string,
  interval: number,
  health: "healthy" | "unhealthy" = "healthy",
): Promise<PushedImage> {
  version += 1;
  const created = new Date(Date.UTC(2026, 0, 1) + version * 60_000).toISOString();
  return pushImage(site.registry, repository, `v${version}`, {
    version: String(version),
    health,
    healthInterval: interval,
    created,
  });
}

async function measure(count: number, interval: number, connection: string): Promise<void> {
  const repository = `bench/s${count}-i${interval}`;
  const names = Array.from({ length: count }, (_, at) => `s${count}-i${interval}-${at + 1}`);
  const sets = { ours: await floor(site.engine), bare: await floor(bare) };
  const swarm = options.swarm ? await startSwarm() : undefined;
  const first = await newImage(repository, interval);
  await sets.ours.create(names, first, await freePort());
  await sets.bare.create(names, first, await freePort());
  await swarm?.create(names, first);
  const image = await known(first, names, connection);

  for (const parallel of [false, true]) {
    const ours: number[] = [];
    const floors: number[] = [];
    const swarms: number[] = [];
    const gaps: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const next = await newImage(repository, interval);
      await swarm?.pause(true);
      await sets.bare.pause(names, true);
      await sets.ours.pause(names, false);
      const plan = await roll(image.id, next, parallel);
      ours.push(Date.parse(plan.completedAt ?? "") - plan.began);
      if (!parallel) gaps.push(...stepGaps(plan));
      await sets.ours.pause(names, true);
      if (worthIt(count, interval, parallel, round)) {
        await sets.bare.pause(names, false);
        floors.push(await time(() => sets.bare.roll(names, next, parallel)));
        await sets.bare.pause(names, true);
        await swarm?.pause(false);
        if (swarm) swarms.push(await time(() => swarm.roll(names, next, parallel)));
      }
    }
    rows.push({
      services: count,
      intervalSeconds: interval,
      parallel,
      ours: sample(ours),
      floor: floors.length > 0 ? sample(floors) : null,
      swarm: swarms.length > 0 ? sample(swarms) : null,
      ownShare: gaps.length > 0 ? sample(gaps) : null,
    });
    console.log(line(rows.at(-1) as Row).join("  "));
  }
  await swarm?.remove();
  for (const set of Object.values(sets)) set.close();
  await site.engine.clear();
  await bare.clear();
}

// Waiting for the engine's own probe, one service after the other, takes a quarter of an hour at 30 s.
function worthIt(count: number, interval: number, parallel: boolean, round: number): boolean {
  if (options.long || interval * count <= 60) return true;
  return parallel && round === 0;
}

async function known(
  first: PushedImage,
  names: string[],
  connection: string,
): Promise<ContainerImage> {
  await Promise.all(names.map((name) => site.service(name)));
  const image = await site.image(first.name);
  await site.api.patch(`/api/container-images/${image.id}`, {
    registryConnectionId: connection,
    tagFilter: "*",
  });
  return image;
}

async function roll(
  imageId: string,
  next: PushedImage,
  parallel: boolean,
): Promise<Plan & { began: number }> {
  const began = Date.now();
  const plan = await ended(imageId, next, parallel);
  if (plan.status !== "completed") {
    throw new Error(`The plan ended ${plan.status}: ${JSON.stringify(plan, null, 2)}`);
  }
  return { ...plan, began };
}

async function ended(
  imageId: string,
  next: PushedImage,
  parallelExecution: boolean,
): Promise<Plan> {
  const { plan } = await site.api.post<{ plan: Plan }>(`/api/container-images/${imageId}/deploy`, {
    tag: next.tags[0],
    parallelExecution,
  });
  // Seldom enough not to take the machine's time from what is measured.
  const { plan: last } = await site.api.until<{ plan: Plan }>(
    `/api/deployment-plans/${plan.id}`,
    (body) => body.plan.completedAt,
    { everyMs: 500, timeoutMs: 900_000 },
  );
  return last;
}

function stepGaps({ steps }: Plan): number[] {
  const times = steps
    .filter(({ action }) => action !== "pull")
    .map(({ startedAt, completedAt }) => [
      Date.parse(startedAt ?? ""),
      Date.parse(completedAt ?? ""),
    ])
    .sort(([a = 0], [b = 0]) => a - b);
  return times.slice(1).map(([start = 0], at) => Math.max(0, start - (times[at]?.[1] ?? 0)));
}

async function measureDowntime(connection: string): Promise<void> {
  const port = { ours: await freePort(), bare: await freePort() };
  const sets: Record<"ours" | "bare", Floor> = {
    ours: await floor(site.engine),
    bare: await floor(bare),
  };
  const first = await newImage("bench/downtime", 1);
  await sets.ours.create(["downtime"], first, port.ours);
  await sets.bare.create(["downtime"], first, port.bare);
  const image = await known(first, ["downtime"], connection);
  const measured = { ours: [] as number[], floor: [] as number[], stopAndStart: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const next = await newImage("bench/downtime", 1);
    const text = next.tags[0]?.slice(1) ?? "";
    measured.ours.push(await downtime(port.ours, text, roll(image.id, next, false)));
    await site.service("downtime");
    measured.floor.push(await downtime(port.bare, text, sets.bare.roll(["downtime"], next, false)));
    measured.stopAndStart.push(await stopAndStart(port.bare, text));
  }
  for (const [name, values] of Object.entries(measured)) downtimes[name] = sample(values);
  for (const set of Object.values(sets)) set.close();
}

/** From the first gate that failed to the end of the plan, when every service runs its old container. */
async function measureRollback(connection: string): Promise<void> {
  const set = await floor(site.engine);
  const names = Array.from({ length: 8 }, (_, at) => `back-${at + 1}`);
  const first = await newImage("bench/back", 1);
  await set.create(names, first, await freePort());
  const image = await known(first, names, connection);
  const measured = { sequential: [] as number[], parallel: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    for (const kind of ["sequential", "parallel"] as const) {
      const next = await newImage("bench/back", 1, "unhealthy");
      const plan = await ended(image.id, next, kind === "parallel");
      if (plan.status !== "rolled_back") throw new Error(`The plan ended ${plan.status}.`);
      const failures = plan.steps
        .filter(({ action, status }) => action === "health_check" && status === "failed")
        .map(({ completedAt }) => Date.parse(completedAt ?? ""));
      measured[kind].push(Date.parse(plan.completedAt ?? "") - Math.min(...failures));
    }
  }
  rollbacks["sequential, the first of 8 fails"] = sample(measured.sequential);
  rollbacks["parallel, all 8 were touched"] = sample(measured.parallel);
  set.close();
  await site.engine.clear();
}

/** The same container again, asked as often: `text` is what it answers before and after. */
async function stopAndStart(port: number, text: string): Promise<number> {
  const restart = async (): Promise<void> => {
    await bare.api.call("POST", "/containers/downtime/stop");
    await bare.api.call("POST", "/containers/downtime/start");
  };
  return longestSilence(port, text, restart());
}

async function time(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function line(row: Row): string[] {
  const ratio = (other: Sample | null): string =>
    other ? `${(row.ours.median / other.median).toFixed(2)}` : "–";
  return [
    String(row.services),
    row.parallel ? "parallel" : "sequential",
    `${row.intervalSeconds} s`,
    milliseconds(row.ours),
    row.floor ? milliseconds(row.floor) : "–",
    ratio(row.floor),
    row.swarm ? milliseconds(row.swarm) : "–",
    ratio(row.swarm),
    row.ownShare ? milliseconds(row.ownShare) : "–",
  ];
}

function report(): void {
  printTable(`Deploys, medians of ${rounds} (smallest–largest)`, [
    [
      ...["services", "execution", "interval", "ours", "bare Engine API", "ours/bare"],
      ...["Swarm", "ours/Swarm", "between steps"],
    ],
    ...rows.map(line),
  ]);
  printTable("Downtime of one service, last old answer to first new one", [
    ...Object.entries(downtimes).map(([name, figure]) => [name, milliseconds(figure)]),
  ]);
  printTable("From a failed gate to everything back", [
    ...Object.entries(rollbacks).map(([name, figure]) => [name, milliseconds(figure)]),
  ]);
  writeFigures("bench-deploy", { rows, downtimes, rollbacks });
}
