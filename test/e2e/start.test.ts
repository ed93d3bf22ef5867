import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../harness/ports.ts";
import { startPostgres } from "../harness/postgres.ts";
import { isAlive, signal } from "../harness/processes.ts";
import { createScratch, environmentOf, type Scratch } from "../harness/scratch.ts";
import { type System, startSystem } from "../harness/system.ts";
import { waitFor } from "../harness/wait.ts";

describe("a start that cannot be", () => {
  let scratch: Scratch;
  beforeAll(() => {
    scratch = createScratch("start");
  });
  afterAll(() => scratch.remove());

  /** Runs the start command until it ends; returns its exit code and the lines it printed. */
  async function start(env: Record<string, string>): Promise<{ code: number; lines: string[] }> {
    const program = fileURLToPath(new URL("../../control-plane/launch/start.mjs", import.meta.url));
    const child = spawn(process.execPath, [program], {
      stdio: ["ignore", "pipe", "pipe"],
      env: environmentOf(scratch.dir, {
        BRIDGEPORT_DATA_DIR: scratch.path(`data-${await freePort()}`),
        BRIDGEPORT_HTTP_ADDR: `127.0.0.1:${await freePort()}`,
        BRIDGEPORT_AGENT_ADDR: `127.0.0.1:${await freePort()}`,
        BRIDGEPORT_LOCAL_AGENT: "off",
        ...env,
      }),
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    const [code] = (await once(child, "close")) as [number];
    return { code, lines: Buffer.concat(chunks).toString().trim().split("\n") };
  }

  test.each([
    ["BRIDGEPORT_HTTP_ADDR", "nonsense"],
    ["BRIDGEPORT_AGENT_ADDR", "127.0.0.1:99999"],
    ["SCHEDULER_UPDATE_CHECK_INTERVAL", "soon"],
    ["BRIDGEPORT_LOCAL_AGENT", "maybe"],
    ["BRIDGEPORT_PACKAGE_AGENT", "maybe"],
    ["LOG_LEVEL", "loud"],
    ["BRIDGEPORT_TRUSTED_PROXIES", "10.0.0.0/8, proxy"],
    ["BRIDGEPORT_RATE_LIMIT", "-1"],
    ["BRIDGEPORT_METRICS_ADDR", "9090"],
    ["DATABASE_URL", "mysql://localhost/x"],
    ["DATABASE_MIGRATION_URL", "mysql://localhost/x"],
    ["DATABASE_MIGRATION_URL", "postgres://owner@localhost/x"],
    ["DATABASE_PASSWORD", "of no database"],
    ["BRIDGEPORT_DRAIN_SECONDS", "soon"],
    ["BRIDGEPORT_TLS_KEY", "/tls.key"],
    ["BRIDGEPORT_MASTER_KEY_FILE", "/nonexistent/key"],
  ])("%s=%s is one line with the variable and what it takes", async (name, value) => {
    const { code, lines } = await start({ [name]: value });
    expect(code).not.toBe(0);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(name);
  });

  test.each(["BRIDGEPORT_HTTP_ADDR", "BRIDGEPORT_AGENT_ADDR", "BRIDGEPORT_METRICS_ADDR"])(
    "%s with a port that is taken is one line that names it",
    async (name) => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as { port: number };
      const { code, lines } = await start({ [name]: `127.0.0.1:${port}` });
      server.close();
      expect(code).not.toBe(0);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain(`${name}=127.0.0.1:${port} cannot be used`);
      expect(lines[0]).toContain("choose another port");
    },
  );

  test("a data directory that cannot be made is one line that names it", async () => {
    const file = scratch.path("file");
    writeFileSync(file, "");
    const { code, lines } = await start({ BRIDGEPORT_DATA_DIR: `${file}/data` });
    expect(code).not.toBe(0);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(file);
  });

  test("a database that does not answer is one line, without its password", async () => {
    const port = await freePort();
    const url = `postgres://someone:verysecret@127.0.0.1:${port}/bridgeport`;
    const { code, lines } = await start({ DATABASE_URL: url });
    expect(code).not.toBe(0);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("DATABASE_URL");
    expect(lines[0]).not.toContain("verysecret");
  });
});

describe("starting and stopping", () => {
  let system: System;
  afterEach(() => system?.remove());

  test("prints the address, keeps its data, and ends with everything it started", async () => {
    system = await startSystem({ env: { BRIDGEPORT_ADMIN_PASSWORD: "" } });
    expect(system.output()).toContain(system.url);
    const password = /password[^:\n]*: (\S{12,})/i.exec(system.output())?.[1];
    expect(password).toBeDefined();
    const postgres = system.pidsOf("postgres");
    expect(postgres.length).toBeGreaterThan(0);
    expect(await system.stop()).toBe(0);
    expect(postgres.filter((pid) => isAlive(pid))).toEqual([]);

    const before = system.output().length;
    await system.start();
    expect(system.output().slice(before)).not.toContain(password);
  });

  test("metrics are told without a login at an address of their own, and only there", async () => {
    const at = `127.0.0.1:${await freePort()}`;
    system = await startSystem({ env: { BRIDGEPORT_METRICS_ADDR: at } });
    const answer = await fetch(`http://${at}/metrics`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain("bridgeport_database_up 1");
    expect((await fetch(`http://${at}/api/openapi.json`)).status).toBe(404);
    expect((await fetch(`${system.url}/metrics`)).status).toBe(401);
    expect((await (await system.login()).request("GET", "/metrics")).status).toBe(200);
  });

  test("a Ctrl-C, which comes twice under npm, ends everything in order", async () => {
    system = await startSystem();
    const postgres = system.pidsOf("postgres");
    for (let times = 0; times < 2; times++) signal(system.pid() as number, "SIGINT");
    expect(await system.stop()).toBe(0);
    expect(postgres.filter((pid) => isAlive(pid))).toEqual([]);
  });

  test("told to stop while it starts, it leaves no database behind", async () => {
    system = await startSystem();
    await system.stop();
    const before = system.output().length;
    const over = system.start().then(
      () => system.stop(),
      () => null,
    );
    await waitFor(() => system.pidsOf("postgres").length > 0, { what: "PostgreSQL", everyMs: 1 });
    signal(system.pid() as number, "SIGTERM");
    await over;
    expect(system.pidsOf("postgres")).toEqual([]);
    expect(system.output().slice(before)).not.toContain("cannot start");
  });

  test("recovers from being killed, with its database, at any moment of a start", async () => {
    system = await startSystem();
    for (let round = 0; round < 3; round++) {
      await system.kill(round % 2 === 0 ? ["postgres"] : []);
      await system.start();
      await system.login();
    }
  });

  test("an external database is used in the same way, and may break and come back", async () => {
    const database = await startPostgres();
    try {
      system = await startSystem({ env: { DATABASE_URL: database.url } });
      expect(system.pidsOf("postgres")).toEqual([]);
      const api = await system.login();
      await database.crash();
      await waitFor(async () => (await api.request("GET", "/readyz")).status === 503, {
        what: "the product to say that its database is gone",
      });
      expect((await api.request("GET", "/healthz")).status).toBe(200);
      await database.start();
      await api.until("/api/auth/me", (body) => body);
      await system.stop();
      expect(system.output()).not.toContain(decodeURIComponent(new URL(database.url).password));
    } finally {
      await system?.remove();
      await database.remove();
    }
  });
});
