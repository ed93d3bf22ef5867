// How quick the API is with a large installation: 20,000 services, 2,000 images, 500,000 digests, 100,000
// plans and 2,000,000 entries of the audit. Clients ask each route without a pause, one route after the
// other; a bare `select 1` and the smallest routes are asked in the same way in the same run.
// Beside the times stands the processor time that an answer takes, which says more on a busy machine.
// Lists are also asked for by clients that each read another page: who asks for the same at once shares an answer.
// Options: --services --images --digests --plans --audit (how many)  --clients=20  --seconds=3 (for a route)
//          --only=text (routes that contain it)  --folder=path (where the data are, and stay: the next run
//          with it does not fill them again)  --database=postgres://… (a PostgreSQL of yours, as a
//          superuser, instead of the embedded one)
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import postgres from "postgres";
import { Pool } from "undici";
import {
  fillLargeData,
  type LargeSizes,
  largeIds,
} from "../../control-plane/src/database/large-data.fixture.ts";
import { largeRoutes } from "../../control-plane/src/database/large-data-routes.fixture.ts";
import type { Environment } from "../harness/resources.ts";
import { startSystem } from "../harness/system.ts";
import { printTable, writeFigures } from "./figures.ts";

const { values: options } = parseArgs({
  options: {
    services: { type: "string", default: "20000" },
    images: { type: "string", default: "2000" },
    digests: { type: "string", default: "500000" },
    plans: { type: "string", default: "100000" },
    audit: { type: "string", default: "2000000" },
    clients: { type: "string", default: "20" },
    seconds: { type: "string", default: "3" },
    only: { type: "string", default: "" },
    folder: { type: "string" },
    database: { type: "string" },
  },
});
const sizes: LargeSizes = {
  services: Number(options.services),
  images: Number(options.images),
  digests: Number(options.digests),
  plans: Number(options.plans),
  audit: Number(options.audit),
};
const clients = Number(options.clients);
const aim = { p50: 30, p99: 120 };
const shown = (value: number | null): string => value?.toFixed(1) ?? "";

interface Figure {
  what: string;
  answers: number;
  bytes: number;
  /** milliseconds of one client alone */
  alone: number;
  p50: number;
  p99: number;
  /** milliseconds of processor time for an answer, whatever else the machine does; null: not known */
  controlPlane: number | null;
  database: number | null;
}
const figures: Figure[] = [];

const system = await startSystem({
  env: {
    BRIDGEPORT_RATE_LIMIT: "0",
    ...(options.folder && { BRIDGEPORT_DATA_DIR: options.folder }),
    ...(options.database && { DATABASE_URL: options.database }),
  },
});
const owner = options.database
  ? postgres(options.database, { max: clients })
  : postgres({
      host: join(options.folder ?? system.dataDir, "postgres/socket"),
      username: "bridgeport",
      database: "bridgeport",
      max: clients,
    });
try {
  const api = await system.login();
  const { environments } = await api.get<{ environments: Environment[] }>("/api/environments");
  const environmentId = environments[0]?.id ?? "";
  await fill(environmentId);
  const ids = await largeIds(owner, environmentId);
  const pool = new Pool(system.url, { connections: clients });
  const request = async (path: string, more: Record<string, string>) => {
    const { statusCode, headers, body } = await pool.request({
      method: "GET",
      path,
      headers: { authorization: `Bearer ${api.token}`, ...more },
    });
    return { statusCode, headers, bytes: (await body.arrayBuffer()).byteLength };
  };
  const ask = async (path: string, more: Record<string, string> = {}): Promise<number> => {
    const { statusCode, bytes } = await request(path, more);
    if (statusCode !== 200 && statusCode !== 304) throw new Error(`${path}: ${statusCode}`);
    return bytes;
  };
  await measure("select 1", async () => {
    await owner`select 1`;
    return 0;
  });
  await measure("/healthz", () => ask("/healthz"));
  for (const [described, path] of largeRoutes(ids)) {
    const name = described + (path.includes("?") ? path.slice(path.indexOf("?")) : "");
    if (name.includes(options.only)) await measure(name, () => ask(path));
  }
  let page = 0;
  const pages = () => `?offset=${(page++ % 40) * 25}`;
  for (const list of ["services", "container-images", "deployment-plans", "updates"]) {
    const name = `each another page of ${list}`;
    const path = `/api/environments/${environmentId}/${list}`;
    if (name.includes(options.only)) await measure(name, () => ask(path + pages()));
  }
  const graph = `/api/environments/${environmentId}/dependency-graph`;
  if (graph.includes(options.only)) {
    const { headers } = await request(graph, {});
    const known = { "if-none-match": String(headers.etag) };
    await measure("dependency graph, compressed", () => ask(graph, { "accept-encoding": "gzip" }));
    await measure("dependency graph, known", () => ask(graph, known));
  }
  await pool.close();
} catch (error) {
  console.error(system.output().slice(-3000));
  throw error;
} finally {
  await owner.end();
  await system.remove();
}
printTable(`${clients} clients without a pause; aim: p50 ≤ ${aim.p50} ms, p99 ≤ ${aim.p99} ms`, [
  ["route", "p50 ms", "p99 ms", "alone ms", "control plane", "database", "answers", "bytes", ""],
  ...figures.map(({ what, alone, p50, p99, controlPlane, database, answers, bytes }) => [
    what,
    ...[p50, p99, alone, controlPlane, database].map(shown),
    String(answers),
    String(bytes),
    p50 <= aim.p50 && p99 <= aim.p99 ? "" : "slower than the aim",
  ]),
]);
writeFigures("data", { sizes, clients, figures });

async function fill(environmentId: string): Promise<void> {
  const [services] = await owner`select from services limit 1`;
  if (services !== undefined) return;
  const began = performance.now();
  await fillLargeData(owner, environmentId, sizes, (table, tookMs) =>
    console.log(`${table}: ${(tookMs / 1000).toFixed(1)} s`),
  );
  const [row] = await owner`select pg_size_pretty(pg_database_size(current_database())) as size`;
  console.log(`filled ${row?.size} in ${Math.round((performance.now() - began) / 1000)} s`);
}

/** @param ask resolves with the bytes of the answer */
async function measure(what: string, ask: () => Promise<number>): Promise<void> {
  let bytes = 0;
  const once = async (): Promise<number> => {
    const began = performance.now();
    bytes = await ask();
    return performance.now() - began;
  };
  await once();
  const alone: number[] = [];
  for (let round = 0; round < 5; round++) alone.push(await once());
  const took: number[] = [];
  const before = processorTime();
  const until = performance.now() + Number(options.seconds) * 1000;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      do took.push(await once());
      while (performance.now() < until);
    }),
  );
  const after = processorTime();
  const each = (part: keyof typeof after) =>
    after[part] === null || before[part] === null
      ? null
      : (after[part] - before[part]) / took.length;
  const figure = {
    what,
    answers: took.length,
    bytes,
    alone: quantile(alone, 0.5),
    p50: quantile(took, 0.5),
    p99: quantile(took, 0.99),
    controlPlane: each("controlPlane"),
    database: each("database"),
  };
  figures.push(figure);
  console.log(`${what}: p50 ${shown(figure.p50)}, p99 ${shown(figure.p99)} ms`);
}

/** Milliseconds of processor time so far, of the control plane and of an embedded PostgreSQL. */
function processorTime(): { controlPlane: number | null; database: number | null } {
  const pidFile = join(options.folder ?? system.dataDir, "postgres/data/postmaster.pid");
  const server = !options.database && existsSync(pidFile) ? readFileSync(pidFile, "utf8") : null;
  const postmaster = server?.split("\n")[0];
  const backends =
    postmaster === undefined
      ? null
      : readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, "utf8").trim().split(" ");
  const pid = system.pid();
  return {
    controlPlane: pid === undefined ? null : timeOf(String(pid)),
    database: backends?.reduce((sum, backend) => sum + timeOf(backend), 0) ?? null,
  };
}

/** Of a process, whose clock has 100 ticks a second; 0 for one that has ended. */
function timeOf(pid: string): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
}

function quantile(values: number[], of: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? 0;
}
