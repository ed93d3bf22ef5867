import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Api } from "../harness/api.ts";
import { addBallast, hostCommands } from "../harness/host-commands.ts";
import { type Postgres, startPostgres } from "../harness/postgres.ts";
import type { ContainerImage, Environment, Server } from "../harness/resources.ts";
import { createScratch, type Scratch } from "../harness/scratch.ts";
import { type System, startSystem } from "../harness/system.ts";
import { waitFor } from "../harness/wait.ts";

const passphrase = "a long enough passphrase";

let scratch: Scratch;
let external: Postgres;
const systems: System[] = [];
beforeAll(async () => {
  scratch = createScratch("backup");
  external = await startPostgres();
});
afterEach(async () => {
  for (const system of systems.splice(0)) await system.remove();
});
afterAll(async () => {
  await scratch?.remove();
  await external?.remove();
});

let databases = 0;
/** A database of its own in the external server. @returns its URL */
async function freshDatabase(): Promise<string> {
  const name = `backup_${++databases}`;
  const sql = postgres(external.url, { max: 1, onnotice: () => {} });
  await sql.unsafe(`create database ${name}`);
  await sql.end();
  return external.url.replace(/\/postgres$/, `/${name}`);
}

async function begin(env: Record<string, string> = {}): Promise<System> {
  const system = await startSystem({ env });
  systems.push(system);
  return system;
}

const { launch, run } = hostCommands(() => scratch, passphrase);

/** Something of each kind that has a secret, told apart by its name. */
async function furnish(api: Api, name: string): Promise<void> {
  const { environments } = await api.get<{ environments: Environment[] }>("/api/environments");
  const environment = `/api/environments/${environments[0]?.id}`;
  const { server } = await api.post<{ server: Server }>(`${environment}/servers`, { name });
  const { registry } = await api.post<{ registry: { id: string } }>(`${environment}/registries`, {
    name,
    type: "generic",
    registryUrl: "http://127.0.0.1:1",
    username: "me",
    password: `password of ${name}`,
  });
  const { image } = await api.post<{ image: ContainerImage }>(`${environment}/container-images`, {
    name,
    imageName: `127.0.0.1:1/${name}`,
    registryConnectionId: registry.id,
  });
  await api.post(`/api/servers/${server.id}/services`, {
    name,
    containerName: name,
    containerImageId: image.id,
    spec: { env: { PASSWORD: `value of ${name}` } },
  });
}

/** What the API shows, with what only its master key opens. */
async function shown(system: System): Promise<unknown> {
  const api = await system.login();
  const { environments } = await api.get<{ environments: Environment[] }>("/api/environments");
  const environment = `/api/environments/${environments[0]?.id}`;
  const { services } = await api.get<{ services: { id: string; name: string }[] }>(
    `${environment}/services`,
  );
  const values = [];
  for (const { id, name } of services) {
    values.push([name, await api.post(`/api/services/${id}/reveal-values`, {})]);
  }
  const { authority } = { authority: await api.get("/api/agent-authority") };
  return {
    values,
    authority,
    services,
    environments,
    servers: await api.get(`${environment}/servers`),
    registries: await api.get(`${environment}/registries`),
    images: await api.get(`${environment}/container-images`),
  };
}

test("what a destroyed data directory held comes back, from a backup made meanwhile", async () => {
  const system = await begin();
  const session = await system.login();
  await furnish(session, "one");
  const before = await shown(system);
  const file = scratch.path("one.backup");
  const made = await run("backup", system.dataDir, [file]);
  expect([made.code, made.output]).toEqual([
    0,
    expect.stringContaining("contains the master keys"),
  ]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file).includes("value of one")).toBe(false);
  const again = await run("backup", system.dataDir, [file]);
  expect([again.code, again.output]).toEqual([1, expect.stringContaining("exists and is left")]);
  await furnish(session, "two");

  const refused = await run("restore", system.dataDir, ["--replace", file]);
  expect([refused.code, refused.output]).toEqual([
    1,
    expect.stringContaining("Another Bridgeport"),
  ]);
  expect(await session.get("/api/auth/me")).toBeTruthy();

  await system.kill(["postgres"]);
  rmSync(system.dataDir, { recursive: true });
  const wrong = await run("restore", system.dataDir, [file], {
    BRIDGEPORT_BACKUP_PASSPHRASE: "another long passphrase",
  });
  expect([wrong.code, wrong.output]).toEqual([1, expect.stringContaining("not the passphrase")]);
  const checked = await run("restore", system.dataDir, ["--verify", file]);
  expect([checked.code, checked.output]).toEqual([
    0,
    expect.stringContaining("This is a whole backup"),
  ]);
  const restored = await run("restore", system.dataDir, [file]);
  expect([restored.code, restored.output]).toEqual([0, expect.stringContaining("Ended: ")]);
  expect(statSync(join(system.dataDir, "master.key")).mode & 0o777).toBe(0o600);
  await system.start();
  expect(await shown(system)).toEqual(before);
  // Its sessions ended with the restore.
  await expect(session.get("/api/auth/me")).rejects.toThrow("401");
});

test("a backup encrypted with the master key alone needs that key", async () => {
  const system = await begin();
  await furnish(await system.login(), "one");
  const before = await shown(system);
  await system.stop();
  // It is made while nothing runs, too.
  const made = await run("backup", system.dataDir, ["--with-master-key", "-"]);
  expect([made.code, made.output.includes("does not contain the master keys")]).toEqual([0, true]);
  const file = scratch.path("keyless.backup");
  writeFileSync(file, made.stdout);
  const key = readFileSync(join(system.dataDir, "master.key"), "utf8");
  rmSync(system.dataDir, { recursive: true });
  const without = await run("restore", system.dataDir, [file]);
  expect([without.code, without.output]).toEqual([
    1,
    expect.stringContaining("does not contain it"),
  ]);
  writeFileSync(join(system.dataDir, "master.key"), key, { mode: 0o600 });
  expect((await run("restore", system.dataDir, [file])).code).toBe(0);
  await system.start();
  expect(await shown(system)).toEqual(before);
});

test("the embedded database moves to one of one's own, and back", async () => {
  const system = await begin();
  await furnish(await system.login(), "one");
  const before = await shown(system);
  const file = scratch.path("move.backup");
  await system.stop();
  expect((await run("backup", system.dataDir, [file])).code).toBe(0);

  const env = { DATABASE_URL: await freshDatabase() };
  const there = await begin(env);
  await there.stop();
  // It is not empty, and has a key of its own.
  const full = await run("restore", there.dataDir, [file], env);
  expect([full.code, full.output]).toEqual([1, expect.stringContaining("With --replace")]);
  expect((await run("restore", there.dataDir, ["--replace", file], env)).code).toBe(0);
  await there.start();
  expect(await shown(there)).toEqual(before);

  const back = scratch.path("back.backup");
  expect((await run("backup", there.dataDir, [back], env)).code).toBe(0);
  await there.stop();
  renameSync(system.dataDir, `${system.dataDir}.former`);
  expect((await run("restore", system.dataDir, [back])).code).toBe(0);
  await system.start();
  expect(await shown(system)).toEqual(before);
});

test("killed at any stage, a restore leaves what was there, whole", async () => {
  const url = await freshDatabase();
  const system = await begin({ DATABASE_URL: url });
  await furnish(await system.login(), "one");
  const file = scratch.path("other.backup");
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  // So large that the tables are under way while the end of the file is not there yet.
  await addBallast(sql);
  expect((await run("backup", system.dataDir, [file], { DATABASE_URL: url })).code).toBe(0);
  await sql`delete from incoming_deliveries`;
  await furnish(await system.login(), "two");
  const before = await shown(system);
  await system.stop();

  const bytes = readFileSync(file);
  const busy = () => sql`
    select state from pg_stat_activity where application_name = 'bridgeport-restore'`;
  const loading = () => sql`select from pg_stat_progress_copy where command = 'COPY FROM'`;
  for (const [part, reached] of [
    [0, null],
    [0.5, loading],
    [bytes.length - 1, loading],
  ] as const) {
    const { child } = launch("restore", system.dataDir, ["--replace", "-"], {
      DATABASE_URL: url,
    });
    child.stdin?.write(bytes.subarray(0, part < 1 ? Math.floor(part * bytes.length) : part));
    await waitFor(
      async () => (reached === null ? child.pid !== undefined : (await reached()).length > 0),
      { what: `the restore to have taken ${part} of its file` },
    );
    child.kill("SIGKILL");
    await waitFor(async () => (await busy()).length === 0, { what: "its transaction to end" });
  }
  await system.start();
  expect(await shown(system)).toEqual(before);
  await system.stop();

  const { child, ended } = launch("restore", system.dataDir, ["--replace", "-"], {
    DATABASE_URL: url,
  });
  child.stdin?.end(bytes);
  expect((await ended).code).toBe(0);
  expect(await sql`select from incoming_deliveries`).toHaveLength(2000);
  await sql.end();
});

test.each<[string, "backup" | "restore", string[], Record<string, string>, RegExp]>([
  [
    "no passphrase",
    "backup",
    ["x"],
    { BRIDGEPORT_BACKUP_PASSPHRASE: "" },
    /A passphrase is needed/,
  ],
  ["a short one", "backup", ["x"], { BRIDGEPORT_BACKUP_PASSPHRASE: "short" }, /at least 12/],
  [
    "a file without one",
    "backup",
    ["--passphrase-file", "/none", "x"],
    {},
    /cannot be read \(ENOENT\)/,
  ],
  ["an unknown option", "backup", ["--pasword", "x"], {}, /Unknown option '--pasword'/],
  ["no file", "restore", [], {}, /name the backup/],
  ["a file that is not there", "restore", ["/none"], {}, /\/none cannot be read \(ENOENT\)/],
  ["another file", "restore", ["--verify", "/bin/sh"], {}, /not a backup of Bridgeport/],
])("%s is refused with what to do", async (_, command, args, env, expected) => {
  const dataDir = scratch.path("refused");
  mkdirSync(dataDir, { recursive: true });
  const { code, output } = await run(command, dataDir, args, env);
  expect([code, output]).toEqual([1, expect.stringMatching(expected)]);
});
