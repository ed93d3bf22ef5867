import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Api } from "../harness/api.ts";
import { type Postgres, startPostgres } from "../harness/postgres.ts";
import type { ContainerImage, Environment, Server } from "../harness/resources.ts";
import { createScratch, environmentOf, type Scratch } from "../harness/scratch.ts";
import { type System, startSystem } from "../harness/system.ts";

const root = fileURLToPath(new URL("../../control-plane", import.meta.url));

let scratch: Scratch;
let database: Postgres;
let system: System | undefined;
beforeAll(async () => {
  scratch = createScratch("rotate-key");
  database = await startPostgres();
});
afterEach(async () => {
  await system?.remove();
  system = undefined;
});
afterAll(async () => {
  await scratch?.remove();
  await database?.remove();
});

/** `npm run rotate-key`, or what it becomes once everything is built. */
async function rotateKey(
  dataDir: string,
  {
    args = [],
    env = {},
    program = join(root, "launch/rotate-key.mjs"),
    before = [],
  }: {
    args?: string[];
    env?: Record<string, string>;
    program?: string;
    before?: string[];
  } = {},
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [...before, program, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: environmentOf(scratch.dir, {
      DATABASE_URL: undefined,
      DATABASE_MIGRATION_URL: undefined,
      BRIDGEPORT_MASTER_KEY: undefined,
      BRIDGEPORT_DATA_DIR: dataDir,
      ...env,
    }),
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output: Buffer.concat(chunks).toString() };
}

const keysOf = (dataDir: string) =>
  readFileSync(join(dataDir, "master.key"), "utf8").split("\n").filter(Boolean);
const idOf = (key = "") =>
  createHash("sha256").update(Buffer.from(key, "hex")).digest("hex").slice(0, 8);

/** A service whose specification has a value that only its key opens. */
async function addService(api: Api, name: string): Promise<string> {
  const { environments } = await api.get<{ environments: Environment[] }>("/api/environments");
  const environment = `/api/environments/${environments[0]?.id}`;
  const { server } = await api.post<{ server: Server }>(`${environment}/servers`, { name });
  const { image } = await api.post<{ image: ContainerImage }>(`${environment}/container-images`, {
    name,
    imageName: `registry.example/${name}`,
  });
  const { service } = await api.post<{ service: { id: string } }>(
    `/api/servers/${server.id}/services`,
    { name, containerName: name, containerImageId: image.id, spec: { env: { PASSWORD: name } } },
  );
  return service.id;
}

async function passwordOf(api: Api, serviceId: string): Promise<string | undefined> {
  const { env } = await api.post<{ env: Record<string, string> }>(
    `/api/services/${serviceId}/reveal-values`,
    {},
  );
  return env.PASSWORD;
}

const rotations = async (api: Api) =>
  (await api.get<{ logs: { resourceId: string }[] }>("/api/audit-logs?action=rotate_key")).logs.map(
    ({ resourceId }) => resourceId,
  );

test("a key is rotated while the product runs; the next start takes it, and drops the old one", async () => {
  const running = await startSystem();
  system = running;
  const api = await running.login();
  const one = await addService(api, "one");
  const [old] = keysOf(running.dataDir);

  const { code, output } = await rotateKey(running.dataDir);
  expect([code, output]).toEqual([0, expect.stringContaining("Restart the control plane")]);
  const [fresh, ...rest] = keysOf(running.dataDir);
  expect(rest).toEqual([old]);
  expect(statSync(join(running.dataDir, "master.key")).mode & 0o777).toBe(0o600);
  expect(output).toContain(idOf(fresh));
  expect(output).not.toContain(fresh);

  // What runs goes on, with what it has.
  expect(await passwordOf(api, one)).toBe("one");
  const two = await addService(api, "two");

  await running.kill(["postgres"]);
  await running.start();
  expect(keysOf(running.dataDir)).toEqual([fresh]);
  const again = await running.login();
  expect([await passwordOf(again, one), await passwordOf(again, two)]).toEqual(["one", "two"]);
  expect(await rotations(again)).toEqual([idOf(fresh)]);

  // With its key gone, it says which one it needs.
  await running.stop();
  rmSync(join(running.dataDir, "master.key"));
  const said = running.output().length;
  await expect(running.start()).rejects.toThrow("did not start");
  const [line, ...more] = running.output().slice(said).trim().split("\n");
  expect(more).toEqual([]);
  expect(line).toContain(`master key ${idOf(fresh)}`);
  expect(line).toContain("from a backup");
  writeFileSync(join(running.dataDir, "master.key"), `${fresh}\n`);
  await running.start();
  expect(await passwordOf(await running.login(), one)).toBe("one");
});

test("with a database of one's own, older keys stay until they are dropped by hand", async () => {
  const env = { DATABASE_URL: database.url };
  const running = await startSystem({ env });
  system = running;
  const service = await addService(await running.login(), "one");
  const [old = ""] = keysOf(running.dataDir);
  expect((await rotateKey(running.dataDir, { env })).output).toContain("--drop-old");
  const [fresh = ""] = keysOf(running.dataDir);
  await running.stop();
  await running.start();
  expect(keysOf(running.dataDir)).toEqual([fresh, old]);

  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  const dropped = await rotateKey(running.dataDir, { env, args: ["--drop-old"] });
  expect([dropped.code, dropped.output]).toEqual([0, expect.stringContaining(idOf(old))]);
  expect(keysOf(running.dataDir)).toEqual([fresh]);
  const [state] = await sql`select key_id from encryption_state`;
  expect(state?.key_id).toBe(idOf(fresh));
  await sql.end();
  expect(await passwordOf(await running.login(), service)).toBe("one");
  await running.stop();
  await running.start();
  expect(await passwordOf(await running.login(), service)).toBe("one");
});

test("killed before any of its steps, it has lost no key, and the next one does it", async () => {
  const dataDir = scratch.path("data");
  mkdirSync(dataDir, { recursive: true });
  const old = "ab".repeat(32);
  // Ends the process before the n-th change of a file after it has looked at the keys.
  const killer = (step: number) => `
    import fs from "node:fs";
    import { syncBuiltinESMExports } from "node:module";
    let steps = -1;
    const { readFileSync } = fs;
    fs.readFileSync = (path, ...more) => {
      if (String(path).endsWith("master.key") && steps < 0) steps = 0;
      return readFileSync(path, ...more);
    };
    for (const name of ["openSync", "writeSync", "fsyncSync", "closeSync", "renameSync", "rmSync"]) {
      const real = fs[name];
      fs[name] = (...given) => {
        if (steps >= 0 && ++steps === ${step}) process.kill(process.pid, "SIGKILL");
        return real(...given);
      };
    }
    syncBuiltinESMExports();`;
  let killed = 0;
  for (let step = 1; ; step++) {
    writeFileSync(join(dataDir, "master.key"), `${old}\n`, { mode: 0o600 });
    const { code, output } = await rotateKey(dataDir, {
      program: join(root, "dist/rotate-key.js"),
      before: ["--import", `data:text/javascript,${encodeURIComponent(killer(step))}`],
    });
    const keys = keysOf(dataDir);
    expect([step, keys.at(-1), keys.length <= 2]).toEqual([step, old, true]);
    expect(keys.every((key) => /^[0-9a-f]{64}$/.test(key))).toBe(true);
    if (code === 0) break;
    expect([step, code, output]).toEqual([step, null, ""]);
    killed++;
    expect((await rotateKey(dataDir)).code).toBe(0);
    expect(keysOf(dataDir).at(-1)).toBe(old);
  }
  expect(killed).toBeGreaterThanOrEqual(8);
});

test.each<[string, { args?: string[]; env?: Record<string, string> }, RegExp]>([
  [
    "keys that are in a variable",
    { env: { BRIDGEPORT_MASTER_KEY: "ab".repeat(32) } },
    /in BRIDGEPORT_MASTER_KEY, where only you/,
  ],
  [
    "an argument that it does not know",
    { args: ["--drop"] },
    /takes nothing or --drop-old, not --drop/,
  ],
  ["--drop-old with the embedded database", { args: ["--drop-old"] }, /drops older keys by itself/],
])("is refused with one line for %s", async (_, options, expected) => {
  const dataDir = scratch.path("refused");
  mkdirSync(dataDir, { recursive: true });
  const { code, output } = await rotateKey(dataDir, options);
  expect(code).toBe(1);
  expect(output.trim().split("\n")).toEqual([expect.stringMatching(expected)]);
});

test("is refused where there is no data directory", async () => {
  const { code, output } = await rotateKey(scratch.path("none", "here"));
  expect([code, output]).toEqual([1, expect.stringMatching(/no data directory .*none\/here/)]);
});
