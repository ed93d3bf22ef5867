// What it costs to keep up with one registry that holds very many tags: a first check of all images,
// checks of what has not changed, beside the floor of bare HEADs, and what everybody else feels of it
// meanwhile. Options: --images=500 --tags=40 (of each image) --rounds=3
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Pool } from "undici";
import type { Api } from "../harness/api.ts";
import { buildImage, pushImage } from "../harness/images.ts";
import { type Registry, startRegistry } from "../harness/registry.ts";
import type { ContainerImage, Environment, RegistryConnection } from "../harness/resources.ts";
import { startSystem } from "../harness/system.ts";
import { megabytes, milliseconds, printTable, sample, timed, writeFigures } from "./figures.ts";

const { values: options } = parseArgs({
  options: {
    images: { type: "string", default: "500" },
    tags: { type: "string", default: "40" },
    rounds: { type: "string", default: "3" },
  },
});
const images = Number(options.images);
const tagsEach = Number(options.tags);
const rounds = Number(options.rounds);
const digestsEach = 4;
const connections = 16;
const accept = buildImage().mediaType;
const tagNames = Array.from({ length: tagsEach }, (_, at) => `v1.${at}.0`);
const repositories = Array.from({ length: images }, (_, at) => `bench/app-${at}`);

interface Checked {
  summary: { checked: number; withUpdates: number; errors: number };
}

const registry = await startRegistry();
const system = await startSystem();
try {
  await fill(registry);
  const api = await system.login();
  await measure(api);
} catch (error) {
  console.error(system.output().slice(-3000));
  throw error;
} finally {
  await system.remove();
  await registry.remove();
}

async function fill(target: Registry): Promise<void> {
  console.log(`Pushing ${images * tagsEach} tags of ${images} images ...`);
  await inParallel(repositories, 8, async (repository) => {
    for (let digest = 0; digest < digestsEach; digest++) {
      const tags = tagNames.filter((_, at) => at % digestsEach === digest);
      if (tags.length === 0) continue;
      await pushImage(target, repository, tags, { version: `${repository} ${digest}` });
    }
  });
}

async function measure(api: Api): Promise<void> {
  const { environments } = await api.get<{ environments: Environment[] }>("/api/environments");
  const environment = environments[0]?.id ?? "";
  await api.patch("/api/settings/system", { registryMaxTags: tagsEach });
  const { registry: connection } = await api.post<{ registry: RegistryConnection }>(
    `/api/environments/${environment}/registries`,
    { name: "bench", type: "generic", registryUrl: registry.url, refreshIntervalMinutes: 1440 },
  );
  const created: string[] = [];
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
    created.push(image.id);
  });

  const check = async (): Promise<void> => {
    const { summary } = await api.post<Checked>(`/api/registries/${connection.id}/check-updates`);
    if (summary.checked !== images || summary.errors > 0) {
      throw new Error(`Not everything was checked: ${JSON.stringify(summary)}`);
    }
  };
  const sent = async (): Promise<number> =>
    (await api.get<{ registry: RegistryConnection }>(`/api/registries/${connection.id}`)).registry
      .budget.requests;

  const before = memory();
  const first = await timed(1, check);
  const requestsBefore = await sent();
  const floors: number[] = [];
  const unchanged: number[] = [];
  for (let round = 0; round < rounds; round++) {
    floors.push((await timed(1, bareHeads)).median);
    unchanged.push((await timed(1, check)).median);
  }
  const requests = ((await sent()) - requestsBefore) / rounds;
  const felt = await meanwhile(api, created[0] ?? "", check);
  const peak = memory();

  const floor = sample(floors);
  const ours = sample(unchanged);
  const perSecond = (took: number): string =>
    `${Math.round(((images * tagsEach) / took) * 1000)}/s`;
  printTable(`${images} images, ${images * tagsEach} tags, one registry`, [
    ["what", "measured"],
    ["floor: the lists and a bare HEAD for each tag", milliseconds(floor)],
    ["check of all, unchanged", milliseconds(ours)],
    ["tags a second", perSecond(ours.median)],
    ["against the floor", (ours.median / floor.median).toFixed(2)],
    ["requests of it", `${requests} (${images} lists + ${images * tagsEach} HEADs)`],
    ["first check, every digest new", milliseconds(first)],
    ["GET of an image meanwhile", milliseconds(felt.reads)],
    ["check of one of its images meanwhile", milliseconds(felt.checks)],
    ["control plane resident before and at most", `${megabytes(before)}, ${megabytes(peak)}`],
  ]);
  writeFigures("bench-sync", {
    images,
    tagsEach,
    floor,
    ours,
    requests,
    first,
    felt,
    before,
    peak,
  });
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

/** The most that was resident so far, in bytes. */
function memory(): number {
  const status = readFileSync(`/proc/${system.pid()}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
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
