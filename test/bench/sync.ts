// What it costs to keep up with one registry that holds very many tags: a first check of all images,
// checks of what has not changed, beside the floor of bare HEADs, a tag that moved, and what everybody
// else feels of it meanwhile. The registry itself counts what it was asked. Fails where more was asked
// than an unchanged check may ask, or where time or memory is beyond its limit.
// Options: --images=500 --tags=40 (of each image) --rounds=3
//   --node=--inspect  what NODE_OPTIONS of the control plane is to be, to profile it
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Pool } from "undici";
import type { Api } from "../harness/api.ts";
import { type PushedImage, pushImage, pushTag } from "../harness/images.ts";
import { processorTime } from "../harness/processes.ts";
import { type Registry, type RequestCounts, startRegistry } from "../harness/registry.ts";
import type { ContainerImage, Environment, RegistryConnection } from "../harness/resources.ts";
import { startSystem } from "../harness/system.ts";
import { megabytes, milliseconds, printTable, sample, timed, writeFigures } from "./figures.ts";

const { values: options } = parseArgs({
  options: {
    images: { type: "string", default: "500" },
    tags: { type: "string", default: "40" },
    rounds: { type: "string", default: "3" },
    node: { type: "string", default: "" },
  },
});
const images = Number(options.images);
const tagsEach = Number(options.tags);
const rounds = Number(options.rounds);
const digestsEach = 4;
const connections = 16;
/** As whoever does not know what a tag points to has to ask; a registry reads each of them. */
const accept = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");
const tagNames = Array.from({ length: tagsEach }, (_, at) => `v1.${at}.0`);
const repositories = Array.from({ length: images }, (_, at) => `bench/app-${at}`);

/** Milliseconds of processor time. */
interface Spent {
  registry: number;
  product: number;
  database: number;
  /** of the bare requests, which this process sends */
  bare: number;
}

/** What an unchanged check may take of the time of the bare requests, measured in turns with it. */
const mostOfFloor = 1.2;
/** How much more may be resident at most than before the first check. */
const mostGrowth = 40e6;

interface Checked {
  summary: { checked: number; withUpdates: number; errors: number };
}

const registry = await startRegistry({ counts: true });
const system = await startSystem({
  // Reads follow each other without a rest here.
  env: { BRIDGEPORT_RATE_LIMIT: "0", ...(options.node ? { NODE_OPTIONS: options.node } : {}) },
});
try {
  const image = await fill(registry);
  const api = await system.login();
  await measure(api, image);
} catch (error) {
  console.error(system.output().slice(-3000));
  throw error;
} finally {
  await system.remove();
  await registry.remove();
}

/** Pushes everything; returns one that is there. */
async function fill(target: Registry): Promise<PushedImage> {
  console.log(`Pushing ${images * tagsEach} tags of ${images} images ...`);
  const pushed: PushedImage[] = [];
  await inParallel(repositories, 8, async (repository) => {
    for (let digest = 0; digest < digestsEach; digest++) {
      const [first, ...others] = tagNames.filter((_, at) => at % digestsEach === digest);
      if (first === undefined) continue;
      const version = `${repository} ${digest}`;
      const image = await pushImage(target, repository, first, { version });
      target.storeTags(repository, image.digest, others);
      pushed.push(image);
    }
  });
  const [first] = pushed;
  if (first === undefined) throw new Error("There is nothing to check.");
  return first;
}

async function measure(api: Api, image: PushedImage): Promise<void> {
  const { environments } = await api.get<{ environments: Environment[] }>("/api/environments");
  const environment = environments[0]?.id ?? "";
  await api.patch("/api/settings/system", { registryMaxTags: tagsEach });
  const { registry: connection } = await api.post<{ registry: RegistryConnection }>(
    `/api/environments/${environment}/registries`,
    { name: "bench", type: "generic", registryUrl: registry.url, refreshIntervalMinutes: 1440 },
  );
  const created = new Map<string, string>();
  await inParallel(repositories, 8, async (repository) => {
    const { image } = await api.post<{ image: ContainerImage }>(
      `/api/environments/${environment}/container-images`,
      {
        name: repository,
        imageName: `${registry.host}/${repository}`,
        tagFilter: "v*",
        registryConnectionId: connection.id,
      },
    );
    created.set(repository, image.id);
  });

  const check = async (): Promise<void> => {
    const { summary } = await api.post<Checked>(`/api/registries/${connection.id}/check-updates`);
    if (summary.checked !== images || summary.errors > 0) {
      throw new Error(`Not everything was checked: ${JSON.stringify(summary)}`);
    }
  };
  const spent = async (work: () => Promise<unknown>): Promise<Spent> => {
    const now = (): Spent => ({
      registry: processorTime(registry.pid() ?? 0),
      product: processorTime(system.pid() ?? 0),
      database: system.pidsOf("postgres").reduce((sum, pid) => sum + processorTime(pid), 0),
      bare: process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000,
    });
    const before = now();
    await work();
    const after = now();
    return {
      registry: after.registry - before.registry,
      product: after.product - before.product,
      database: after.database - before.database,
      bare: after.bare - before.bare,
    };
  };
  const counted = async (work: () => Promise<void>): Promise<RequestCounts> => {
    const before = await registry.requests();
    await work();
    return difference(await registry.requests(), before);
  };

  const before = await memory(api);
  const first = await timed(1, check);
  const afterFirst = await memory(api);
  const floors: number[] = [];
  const unchanged: number[] = [];
  const bareCosts: Spent[] = [];
  const costs: Spent[] = [];
  for (let round = 0; round < rounds; round++) {
    bareCosts.push(
      await spent(async () => {
        floors.push((await timed(1, bareHeads)).median);
      }),
    );
    const asked = await counted(async () => {
      costs.push(
        await spent(async () => {
          unchanged.push((await timed(1, check)).median);
        }),
      );
    });
    requireCounts("an unchanged check", asked, 0);
  }
  // Its HEAD tells; the manifest and the config of the digest that is new are read.
  const moved = image.tags[0] ?? "";
  const other = await pushImage(registry, image.repository, [], { version: "moved" });
  await pushTag(registry, other, moved);
  requireCounts("a check after one tag moved", await counted(check), 2);
  const imageId = created.get(image.repository) ?? "";
  await requireTag(api, imageId, moved, other.digest);
  const felt = await meanwhile(api, imageId, check);
  const after = await memory(api);

  const floor = sample(floors);
  const ours = sample(unchanged);
  const ratio = ours.median / floor.median;
  const growth = after.most - before.most;
  const cost = middle(costs);
  const bareCost = middle(bareCosts);
  const processorRatio =
    (cost.registry + cost.product + cost.database) / (bareCost.registry + bareCost.bare);
  const perSecond = (took: number): string =>
    `${Math.round(((images * tagsEach) / took) * 1000)}/s`;
  const verdict = (met: boolean, limit: string): string => `${met ? "within" : "BEYOND"} ${limit}`;
  printTable(`${images} images, ${images * tagsEach} tags, one registry`, [
    ["what", "measured", "limit"],
    ["floor: the lists and a bare HEAD for each tag", milliseconds(floor), ""],
    ["check of all, unchanged", milliseconds(ours), ""],
    ["tags a second", perSecond(ours.median), ""],
    ["against the floor", ratio.toFixed(2), verdict(ratio <= mostOfFloor, `${mostOfFloor}`)],
    [
      "processor time: registry, control plane, database",
      each(cost, ["registry", "product", "database"]),
      "",
    ],
    ["processor time of the floor: registry, client", each(bareCost, ["registry", "bare"]), ""],
    ["that against the floor's", processorRatio.toFixed(2), ""],
    ["lists, HEADs and GETs of it", `${images}, ${images * tagsEach}, 0`, "as it must be"],
    ["the same after one tag moved", `${images}, ${images * tagsEach}, 2`, "as it must be"],
    ["first check, every digest new", milliseconds(first), ""],
    ["GET of an image meanwhile", milliseconds(felt.reads), ""],
    ["check of one of its images meanwhile", milliseconds(felt.checks), ""],
    ["resident at most, before", megabytes(before.most), ""],
    ["after the first check", megabytes(afterFirst.most), ""],
    ["after all", megabytes(after.most), ""],
    ["grown by", megabytes(growth), verdict(growth <= mostGrowth, megabytes(mostGrowth))],
    [
      "heap in use, before and after all",
      `${megabytes(before.heap)}, ${megabytes(after.heap)}`,
      "",
    ],
  ]);
  writeFigures("bench-sync", {
    ...{ images, tagsEach, floor, ours, ratio, cost, bareCost, processorRatio, first, felt },
    ...{ before, afterFirst, after, growth },
  });
  if (ratio > mostOfFloor || growth > mostGrowth) process.exitCode = 1;
}

function middle(spent: Spent[]): Spent {
  const of = (part: keyof Spent): number => sample(spent.map((one) => one[part])).median;
  return {
    registry: of("registry"),
    product: of("product"),
    database: of("database"),
    bare: of("bare"),
  };
}

function each(spent: Spent, parts: (keyof Spent)[]): string {
  return parts.map((part) => `${Math.round(spent[part])} ms`).join(", ");
}

function difference(after: RequestCounts, before: RequestCounts): RequestCounts {
  return {
    lists: after.lists - before.lists,
    heads: after.heads - before.heads,
    gets: after.gets - before.gets,
    others: after.others - before.others,
  };
}

/** A list of each image and a HEAD of each tag, and nothing beside. */
function requireCounts(what: string, asked: RequestCounts, gets: number): void {
  const expected: RequestCounts = { lists: images, heads: images * tagsEach, gets, others: 0 };
  if (JSON.stringify(asked) === JSON.stringify(expected)) return;
  throw new Error(
    `${what} asked ${JSON.stringify(asked)} in the place of ${JSON.stringify(expected)}`,
  );
}

async function requireTag(api: Api, imageId: string, tag: string, digest: string): Promise<void> {
  const { digests } = await api.get<{ digests: { manifestDigest: string; tags: string[] }[] }>(
    `/api/container-images/${imageId}/digests?limit=100`,
  );
  const found = digests.find(({ tags }) => tags.includes(tag))?.manifestDigest;
  if (found !== digest) throw new Error(`${tag} points to ${digest}, and ${found} was found`);
}

/** The same questions by the shortest way: kept connections, nothing looked at. */
async function bareHeads(): Promise<void> {
  const pool = new Pool(registry.url, { connections });
  const ask = async (method: "GET" | "HEAD", path: string): Promise<void> => {
    const answer = await pool.request({ method, path, headers: { accept }, reset: false });
    await answer.body.dump();
  };
  await inParallel(repositories, connections, async (repository) => {
    await ask("GET", `/v2/${repository}/tags/list`);
    for (const tag of tagNames) await ask("HEAD", `/v2/${repository}/manifests/${tag}`);
  });
  await pool.close();
}

/** What two people feel of a check of everything: one looks at an image, one has it checked. */
async function meanwhile(api: Api, imageId: string, check: () => Promise<void>) {
  let over = false;
  const path = `/api/container-images/${imageId}`;
  const repeat = async (work: () => Promise<unknown>): Promise<number[]> => {
    const took: number[] = [];
    while (!over || took.length === 0) {
      const { median } = await timed(1, async () => {
        await work();
      });
      took.push(median);
      // As people do: neither is to be what the machine is busy with.
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return took;
  };
  const reading = repeat(() => api.get(path));
  const checking = repeat(() => api.post(`${path}/check-updates`));
  await check();
  over = true;
  return { reads: sample(await reading), checks: sample(await checking) };
}

/** In bytes: the most that was resident so far, and what the heap holds, garbage included. */
async function memory(api: Api): Promise<{ most: number; heap: number }> {
  const status = readFileSync(`/proc/${system.pid()}/status`, "utf8");
  const metrics = await api.get<string>("/metrics");
  return {
    most: Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024,
    heap: Number(/^nodejs_heap_size_used_bytes (\S+)/m.exec(metrics)?.[1] ?? 0),
  };
}

async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
