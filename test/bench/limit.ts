// How near a gated deploy comes to the engine's own work: per service one stop, one start and one
// exec of the health check, in the same run on an engine of the same kind; and beside it what a
// replacement needs in any case: the pull, and per service a creation, two renames and a removal, too.
// Health checks have the
// default interval of 30 s, so that neither side measures probes; nothing polls: the plan is followed
// by its stream. Options: --engines=20.10,28.5-containerd --services=8,40 --rounds=5 --at-once=4
// --trace: prints the agent's requests of each deploy. The proxy that notes them costs time, so that
// run's ratios count for nothing.
import { parseArgs } from "node:util";
import { type Engine, startEngine } from "../harness/engine.ts";
import { type PushedImage, pushImage } from "../harness/images.ts";
import { freePort } from "../harness/ports.ts";
import type { ContainerImage, Plan } from "../harness/resources.ts";
import { type Site, startSite } from "../harness/site.ts";
import { milliseconds, printTable, type Sample, sample, writeFigures } from "./figures.ts";
import { floor } from "./floor.ts";
import { type EngineTrace, traceEngine } from "./trace.ts";

const { values: options } = parseArgs({
  options: {
    engines: { type: "string", default: "20.10,28.5-containerd" },
    services: { type: "string", default: "8,40" },
    rounds: { type: "string", default: "5" },
    /** services that the engine's own work is done for at once, in the parallel rows */
    "at-once": { type: "string", default: "4" },
    trace: { type: "boolean", default: false },
  },
});
const rounds = Number(options.rounds);
const atOnce = Number(options["at-once"]);
const intervalSeconds = 30;

interface Row {
  engine: string;
  services: number;
  parallel: boolean;
  ours: Sample;
  /** stop, start and exec of the check */
  limit: Sample;
  /** with the pull, creation, renames and removal of a replacement */
  replacement: Sample;
}

let version = 0;
const rows: Row[] = [];
for (const engine of options.engines.split(",")) {
  process.env.BRIDGEPORT_TEST_ENGINE = engine;
  let trace: EngineTrace | null = null;
  const dockerHost = async ({ socket, host }: Engine): Promise<string> => {
    if (!options.trace) return host;
    trace = await traceEngine(socket);
    return trace.host;
  };
  const [site, bare] = await Promise.all([startSite({ dockerHost }), startEngine()]);
  try {
    const connection = await site.connect();
    for (const count of options.services.split(",").map(Number)) {
      await measure({ engine, site, bare, count, connection: connection.id, trace });
    }
  } finally {
    await Promise.all([bare.remove(), site.remove()]);
    await (trace as EngineTrace | null)?.remove();
  }
}
report();

async function measure(given: {
  engine: string;
  site: Site;
  bare: Engine;
  count: number;
  connection: string;
  trace: EngineTrace | null;
}): Promise<void> {
  const { engine, site, bare, count, connection, trace } = given;
  const repository = `limit/s${count}`;
  const names = Array.from({ length: count }, (_, at) => `s${count}-${at + 1}`);
  const sets = { ours: await floor(site.engine), bare: await floor(bare) };
  const first = await newImage(site, repository);
  await sets.ours.create(names, first, await freePort());
  await sets.bare.create(names, first, await freePort());
  await Promise.all(names.map((name) => site.service(name)));
  const image = await site.image(first.name);
  await site.api.patch<{ image: ContainerImage }>(`/api/container-images/${image.id}`, {
    registryConnectionId: connection,
    tagFilter: "*",
  });
  for (const parallel of [false, true]) {
    const ours: number[] = [];
    const limits: number[] = [];
    const replacements: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const next = await newImage(site, repository);
      const began = performance.now();
      ours.push(await deploy(site, image.id, next, parallel));
      if (trace !== null) printTrace(trace, began, performance.now());
      const workers = parallel ? atOnce : 1;
      limits.push(await ownWork(names, workers, (name) => restart(bare, name)));
      replacements.push(await bareReplacement(bare, names, workers, next));
    }
    const own = { limit: sample(limits), replacement: sample(replacements) };
    rows.push({ engine, services: count, parallel, ours: sample(ours), ...own });
    console.log(line(rows.at(-1) as Row).join("  "));
  }
  for (const set of Object.values(sets)) set.close();
  await site.engine.clear();
  await bare.clear();
}

async function newImage(site: Site, repository: string): Promise<PushedImage> {
  version += 1;
  const created = new Date(Date.UTC(2026, 0, 1) + version * 60_000).toISOString();
  const health = "healthy" as const;
  const about = { version: String(version), health, healthInterval: intervalSeconds, created };
  return pushImage(site.registry, repository, `v${version}`, about);
}

/** Milliseconds from the request to the plan's end, as its stream tells. */
async function deploy(
  { api }: Site,
  imageId: string,
  next: PushedImage,
  parallelExecution: boolean,
): Promise<number> {
  const began = performance.now();
  const { plan } = await api.post<{ plan: Plan }>(`/api/container-images/${imageId}/deploy`, {
    tag: next.tags[0],
    parallelExecution,
  });
  const answer = await fetch(`${api.url}/api/deployment-plans/${plan.id}/stream`, {
    headers: { authorization: `Bearer ${api.token}` },
  });
  // The stream ends with the plan.
  for await (const _ of answer.body ?? []);
  const took = performance.now() - began;
  const { status } = await api.planEnd(plan.id);
  if (status !== "completed") throw new Error(`The plan ended ${status}.`);
  return took;
}

/** Milliseconds that the engine itself needs for all, so many at once. */
async function ownWork(
  names: string[],
  workers: number,
  one: (name: string) => Promise<void>,
): Promise<number> {
  const began = performance.now();
  const queue = [...names];
  const work = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) await one(name);
  };
  await Promise.all(Array.from({ length: workers }, work));
  return performance.now() - began;
}

interface Inspected {
  Id: string;
  Config: { Healthcheck: { Test: string[] } } & Record<string, unknown>;
  HostConfig: Record<string, unknown>;
}

function inspect({ api }: Engine, name: string): Promise<Inspected> {
  return api.call<Inspected>("GET", `/containers/${name}/json`);
}

/** Stops and starts a container, and runs its check once. */
async function restart(engine: Engine, name: string): Promise<void> {
  const { Id, Config } = await inspect(engine, name);
  await swap(engine, { old: Id, next: Id, check: Config.Healthcheck.Test });
}

/** Stops a container, starts another or the same one, and runs its check once. */
async function swap(
  { api }: Engine,
  { old, next, check }: { old: string; next: string; check: string[] },
): Promise<void> {
  const [kind, ...test] = check;
  const command = kind === "CMD-SHELL" ? ["/bin/sh", "-c", ...test] : test;
  await api.call("POST", `/containers/${old}/stop`);
  await api.call("POST", `/containers/${next}/start`);
  const { Id } = await api.call<{ Id: string }>("POST", `/containers/${next}/exec`, {
    Cmd: command,
    AttachStdout: true,
    AttachStderr: true,
  });
  await api.call("POST", `/exec/${Id}/start`, { Detach: false, Tty: false });
}

/** All containers replaced by new ones of the image, which is pulled first; the old ones are removed last. */
async function bareReplacement(
  engine: Engine,
  names: string[],
  workers: number,
  image: PushedImage,
): Promise<number> {
  const { api } = engine;
  const began = performance.now();
  const reference = `${image.name}@${image.digest}`;
  await api.call("POST", `/images/create?fromImage=${encodeURIComponent(reference)}`);
  const olds: string[] = [];
  await ownWork(names, workers, async (name) => {
    const { Id: old, Config, HostConfig } = await inspect(engine, name);
    const { Env, Cmd, ExposedPorts } = Config;
    const body = { Image: reference, Env, Cmd, ExposedPorts, HostConfig };
    const create = `/containers/create?name=${name}-next`;
    const { Id: next } = await api.call<{ Id: string }>("POST", create, body);
    await api.call("POST", `/containers/${old}/rename?name=${name}-old`);
    await api.call("POST", `/containers/${next}/rename?name=${name}`);
    await swap(engine, { old, next, check: Config.Healthcheck.Test });
    olds.push(old);
  });
  await ownWork(olds, workers, async (old) => {
    await api.call("DELETE", `/containers/${old}`);
  });
  return performance.now() - began;
}

/** The agent's requests from the plan's request to its end, in milliseconds. */
function printTrace({ requests }: EngineTrace, began: number, ended: number): void {
  const rows = requests
    .filter(({ at, took }) => at + took > began && at < ended)
    .sort((a, b) => a.at - b.at)
    .map(({ method, path, at, took }) => [
      ...[(at - began).toFixed(0), (at + took - began).toFixed(0), took.toFixed(0)],
      `${method} ${path.replace(/[0-9a-f]{52}(?=[/]|$)/g, "")}`,
    ]);
  const end = (ended - began).toFixed(0);
  printTable("One deploy, in ms", [
    ["from", "to", "took", "request"],
    ...rows,
    [end, end, "0", "the plan has ended"],
  ]);
}

function line({ engine, services, parallel, ours, limit, replacement }: Row): string[] {
  const ratio = (own: Sample): string => (ours.median / own.median).toFixed(2);
  return [
    ...[engine, String(services), parallel ? "parallel" : "sequential", milliseconds(ours)],
    ...[milliseconds(limit), ratio(limit), milliseconds(replacement), ratio(replacement)],
  ];
}

function report(): void {
  printTable(
    `Gated deploys beside the engine's own work, medians of ${rounds} (smallest–largest)`,
    [
      [
        ...["engine", "services", "execution", "ours", "stop + start + exec", "ratio"],
        ...["whole replacement", "ratio"],
      ],
      ...rows.map(line),
    ],
  );
  writeFigures("bench-limit", { rows });
}
