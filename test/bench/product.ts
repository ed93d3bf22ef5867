// What the product costs and how quick it is: start, discovery, an unchanged sync, memory, console.
import { spawn } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Pool } from "undici";
import { countScripts, launchBrowser } from "../harness/browser.ts";
import { buildImage, pushImage } from "../harness/images.ts";
import { freePort } from "../harness/ports.ts";
import { startRegistryProxy } from "../harness/registry-proxy.ts";
import type { ContainerImage, Service } from "../harness/resources.ts";
import { createScratch, environmentOf } from "../harness/scratch.ts";
import { startSite } from "../harness/site.ts";
import { waitFor } from "../harness/wait.ts";
import { megabytes, milliseconds, printTable, sample, writeFigures } from "./figures.ts";

const TAGS = 200;
const root = fileURLToPath(new URL("../..", import.meta.url));
const rows: [what: string, figure: string, aim: string][] = [];
const figures: Record<string, unknown> = {};

const site = await startSite();
try {
  await measureStart();
  await measureVisibility();
  await measureSync();
  await measureMemory();
  await measureConsole();
} catch (error) {
  console.error(site.system.output().slice(-3000));
  throw error;
} finally {
  await site.remove();
}
await measureFirstStart();
printTable("Bridgeport", [["what", "measured", "aim"], ...rows]);
writeFigures("bench", figures);

function note(what: string, figure: string, aim: string, value: unknown): void {
  rows.push([what, figure, aim]);
  figures[what] = value;
  console.log(`${what}: ${figure}`);
}

async function measureStart(): Promise<void> {
  const values: number[] = [];
  for (let round = 0; round < 5; round++) {
    await site.system.stop();
    values.push(await site.system.start());
  }
  await site.refresh();
  note("second start to ready", milliseconds(sample(values)), "≤ 2000 ms", sample(values));
}

// A clean copy of the checkout, with a warm package cache, through the start command.
async function measureFirstStart(): Promise<void> {
  const scratch = createScratch("checkout");
  try {
    const checkout = scratch.path("checkout");
    const left = new Set(["node_modules", "dist", ".git", "data", "output", ".bridgeport"]);
    cpSync(root, checkout, { recursive: true, filter: (path) => !left.has(basename(path)) });
    const port = await freePort();
    const began = performance.now();
    const child = spawn(process.execPath, [join(checkout, "control-plane/launch/start.mjs")], {
      cwd: checkout,
      stdio: "ignore",
      env: environmentOf(scratch.dir, {
        BRIDGEPORT_DATA_DIR: scratch.path("data"),
        BRIDGEPORT_HTTP_ADDR: `127.0.0.1:${port}`,
        BRIDGEPORT_AGENT_ADDR: `127.0.0.1:${await freePort()}`,
        BRIDGEPORT_LOCAL_AGENT: "off",
      }),
    });
    await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200, {
      what: "the first start",
      timeoutMs: 300_000,
    });
    const took = performance.now() - began;
    child.kill("SIGTERM");
    await new Promise((resolve) => child.once("exit", resolve));
    note(
      "first start to ready, installing and building",
      `${Math.round(took)} ms`,
      "≤ 60000 ms",
      took,
    );
  } finally {
    await scratch.remove();
  }
}

async function measureVisibility(): Promise<void> {
  const image = await pushImage(site.registry, "bench/small", "v1");
  await site.docker.run("pull", image.reference);
  const path = `/api/servers/${site.server.id}/services?limit=100`;
  const values: number[] = [];
  for (let round = 0; round < 30; round++) {
    const name = `visible-${round}`;
    const { Id } = await site.engine.api.call<{ Id: string }>(
      "POST",
      `/containers/create?name=${name}`,
      { Image: image.reference },
    );
    await site.engine.api.call("POST", `/containers/${Id}/start`);
    const began = performance.now();
    await site.api.until<{ services: Service[] }>(
      path,
      ({ services }) =>
        services.some((one) => one.containerName === name && one.containerStatus === "running"),
      { everyMs: 2 },
    );
    values.push(performance.now() - began);
  }
  await site.engine.clear();
  note("new container visible", milliseconds(sample(values)), "≤ 300 ms", sample(values));
}

async function measureSync(): Promise<void> {
  const built = buildImage({ version: "tags" });
  const tags = Array.from({ length: TAGS }, (_, at) => `v1.0.${at}`);
  await pushImage(site.registry, "bench/tags", tags, built);
  await site.api.patch("/api/settings/system", { registryMaxTags: TAGS });
  const track = async (host: string): Promise<string> => {
    const { id } = await site.connect(host);
    const { image } = await site.api.post<{ image: ContainerImage }>(
      `/api/environments/${site.environment.id}/container-images`,
      { name: host, imageName: `${host}/bench/tags`, tagFilter: "*", registryConnectionId: id },
    );
    return `/api/container-images/${image.id}/check-updates`;
  };
  const sync = await track(site.registry.host);
  await site.api.post(sync);
  const pool = new Pool(site.registry.url, { connections: 16 });
  const head = async (tag: string): Promise<void> => {
    const answer = await pool.request({
      method: "HEAD",
      path: `/v2/bench/tags/manifests/${tag}`,
      headers: { accept: built.mediaType },
    });
    await answer.body.dump();
  };
  await Promise.all(tags.map(head));
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < 11; round++) {
    ours.push(await time(() => site.api.post(sync)));
    bare.push(await time(() => Promise.all(tags.map(head))));
  }
  await pool.close();
  const ratio = sample(ours).median / sample(bare).median;
  note(
    `unchanged sync of ${TAGS} tags`,
    `${milliseconds(sample(ours))}; bare HEADs ${milliseconds(sample(bare))}; ${ratio.toFixed(2)} ×`,
    "≤ 1.2 × bare",
    { ours: sample(ours), bare: sample(bare), ratio },
  );

  const proxy = await startRegistryProxy(site.registry.host);
  const counted = await track(proxy.host);
  await site.api.post(counted);
  proxy.clear();
  await site.api.post(counted);
  const heads = proxy.requests.filter(({ method }) => method === "HEAD").length;
  const gets = proxy.requests.filter(({ method }) => method === "GET");
  const lists = gets.filter(({ path }) => path.includes("/tags/list")).length;
  const connections = new Set(proxy.requests.map(({ connection }) => connection)).size;
  await proxy.close();
  const text = `${heads} HEAD, ${lists} list, ${gets.length - lists} other GET, ${connections} connections`;
  note("requests of that sync", text, "no GET but the list", {
    heads,
    lists,
    gets: gets.length,
    connections,
  });
}

async function measureMemory(): Promise<void> {
  const image = await pushImage(site.registry, "bench/many", "v1");
  await site.docker.run("pull", image.reference);
  const names = Array.from({ length: 100 }, (_, at) => `memory-${at}`);
  for (const name of names) {
    await site.engine.api.call("POST", `/containers/create?name=${name}`, {
      Image: image.reference,
    });
    await site.engine.api.call("POST", `/containers/${name}/start`);
  }
  await Promise.all([site.service("memory-0"), site.service("memory-99")]);
  // Idle is what is asked for: the figure that stays after the work of taking them in.
  const settled = await idleMemory();
  note(
    "control plane resident, idle, 100 containers",
    text(settled.controlPlane),
    "≤ 120 MB",
    settled.controlPlane,
  );
  note("agent resident, idle, 100 containers", text(settled.agent), "≤ 60 MB", settled.agent);
  await site.engine.clear();
}

interface Memory {
  resident: number;
  private: number;
}

function text(memory: Memory): string {
  return `${megabytes(memory.resident)}, of it private ${megabytes(memory.private)}`;
}

async function idleMemory(): Promise<{ controlPlane: Memory; agent: Memory }> {
  await new Promise((resolve) => setTimeout(resolve, 20_000));
  const [agent] = site.system.pidsOf("agent");
  const pid = site.system.pid();
  if (agent === undefined || pid === undefined) throw new Error("A process is missing.");
  return { controlPlane: memoryOf(pid), agent: memoryOf(agent) };
}

function memoryOf(pid: number): Memory {
  const smaps = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const kilobytes = (key: string): number =>
    Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(smaps)?.[1] ?? 0);
  return {
    resident: kilobytes("Rss") * 1024,
    private: (kilobytes("Private_Clean") + kilobytes("Private_Dirty")) * 1024,
  };
}

async function measureConsole(): Promise<void> {
  const browser = await launchBrowser(site.system.url);
  try {
    const page = await browser.newPage();
    const bytes = await countScripts(page);
    await page.goto(site.system.url, { waitUntil: "networkidle" });
    const first = bytes();
    note(
      "JavaScript of the first screen, compressed",
      `${(first / 1000).toFixed(1)} kB`,
      "≤ 120 kB",
      first,
    );
  } finally {
    await browser.close();
  }
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
