import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { certificateOf } from "../registries/tls.fixture.ts";
import type { Check } from "./check.ts";
import { type DatabaseFacts, databaseChecks } from "./database-checks.ts";
import { registryCheck, type ServerFacts, serverCheck } from "./fleet-checks.ts";
import { dataDirectoryCheck, diskCheck, portChecks, proxyCheck, tlsCheck } from "./host-checks.ts";

const now = Date.parse("2030-01-01T00:00:00Z");
const days = (count: number) => new Date(now + count * 86_400_000);
const brief = ({ id, status, advice }: Check) => [id, status, advice !== null];

describe("a server", () => {
  const server: ServerFacts = {
    id: "s1",
    name: "edge",
    environmentName: "production",
    status: "online",
    agentVersion: "1.0.0",
    lastSeenAt: new Date(now),
    revokedAt: null,
    certificateExpiresAt: days(300),
    clockOffsetMs: -200,
    host: {
      engineAvailable: true,
      engineError: null,
      dockerVersion: "28.5.1",
      apiVersion: "1.51",
      diskFreeBytes: 50 * 2 ** 30,
      storageDriver: "overlay2",
    },
  };
  const host = server.host as NonNullable<ServerFacts["host"]>;
  const look = (change: Partial<ServerFacts>) =>
    serverCheck({ ...server, ...change }, "1.0.0", now);

  test("is fine where nothing is wrong", () => {
    expect(look({})).toEqual({
      id: "server:s1",
      title: "Server edge (production)",
      status: "ok",
      detail: "Agent 1.0.0, Docker 28.5.1, API 1.51, overlay2.",
      advice: null,
    });
  });

  test.each<[string, Partial<ServerFacts>, Check["status"], RegExp]>([
    ["offline", { status: "offline" }, "error", /not connected, since 2030/],
    ["pending", { status: "pending", host: null, agentVersion: null }, "warning", /ever connected/],
    ["revoked", { status: "offline", revokedAt: new Date(now) }, "warning", /revoked/],
    [
      "without its engine",
      { host: { ...host, engineAvailable: false, engineError: "EACCES" } },
      "error",
      /EACCES/,
    ],
    ["with an old engine", { host: { ...host, apiVersion: "1.39" } }, "warning", /is old/],
    [
      "with another agent",
      { agentVersion: "0.9.0" },
      "warning",
      /0\.9\.0, the control plane 1\.0\.0/,
    ],
    ["with an old certificate", { certificateExpiresAt: days(20) }, "warning", /in 20 days/],
    ["with a wrong clock", { clockOffsetMs: -61_000 }, "warning", /clock was 61 s behind/],
    ["with one that expired", { certificateExpiresAt: days(-1) }, "error", /expired on 2029-12-31/],
    [
      "short of disk",
      { host: { ...host, diskFreeBytes: 2 ** 30 } },
      "warning",
      /1\.0 GiB are free/,
    ],
    ["without disk", { host: { ...host, diskFreeBytes: 2 ** 20 } }, "error", /0\.0 GiB/],
  ])("%s is told with what to do", (_, change, status, detail) => {
    const check = look(change);
    expect([check.status, check.detail]).toEqual([status, expect.stringMatching(detail)]);
    expect(check.advice).toMatch(/\w+ \w+/);
  });

  test("with several things wrong says the worst, and all of them", () => {
    const check = look({ agentVersion: "0.9.0", host: { ...host, engineAvailable: false } });
    expect(check.status).toBe("error");
    expect(check.detail).toMatch(/Engine.*version 0\.9\.0/);
  });
});

test("a registry is told by its last answer", () => {
  const registry = { id: "r1", name: "hub", environmentName: "staging", answeredAt: null };
  expect(brief(registryCheck({ ...registry, lastError: null }))).toEqual([
    "registry:r1",
    "ok",
    false,
  ]);
  const failed = registryCheck({ ...registry, lastError: "It refuses the password." });
  expect([failed.status, failed.detail]).toEqual(["warning", "It refuses the password."]);
});

describe("a database", () => {
  const facts: DatabaseFacts = {
    serverVersion: 180_001,
    clock: { database: now, before: now - 1, after: now + 1 },
    due: [],
    schemaProblem: null,
    encryptionKey: "aaaaaaaa",
    authorities: [],
    jobs: { failed: 0, late: 0 },
    audit: { entries: 3, all: 3, broken: null },
  };
  const keys = { ids: ["aaaaaaaa"], where: "master.key" };
  const wrong = (change: Partial<DatabaseFacts>) =>
    databaseChecks({ ...facts, ...change }, keys, now)
      .filter(({ status }) => status !== "ok")
      .map(brief);

  test("is fine where nothing is wrong", () => expect(wrong({})).toEqual([]));

  test("says how much of a long audit was verified", () => {
    const part = { audit: { entries: 10_000, all: 250_000, broken: null } };
    const audit = databaseChecks({ ...facts, ...part }, keys, now).find(({ id }) => id === "audit");
    expect(audit?.detail).toContain("the newest 10000 of 250000 entries");
  });

  test.each<[Partial<DatabaseFacts>, string, Check["status"]]>([
    [{ serverVersion: 130_009 }, "database_version", "error"],
    [{ clock: { database: now + 9000, before: now, after: now + 1 } }, "database_clock", "warning"],
    [{ clock: { database: now - 9000, before: now, after: now + 1 } }, "database_clock", "warning"],
    [{ due: ["0099_more.sql"] }, "schema", "warning"],
    [{ schemaProblem: "It was used by a newer one." }, "schema", "error"],
    [{ encryptionKey: "bbbbbbbb" }, "master_key", "error"],
    [{ jobs: { failed: 0, late: 2 } }, "jobs", "warning"],
    [
      { audit: { entries: 2, all: 2, broken: { position: 7, reason: "missing" } } },
      "audit",
      "error",
    ],
  ])("with %j is told with what to do", (change, id, status) => {
    expect(wrong(change)).toEqual([[id, status, true]]);
  });
});

test("the machine is looked at without changing it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bp-doctor-"));
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  try {
    expect(brief(dataDirectoryCheck(folder))).toEqual(["data_directory", "ok", false]);
    expect(brief(dataDirectoryCheck(join(folder, "none")))).toEqual([
      "data_directory",
      "error",
      true,
    ]);
    expect(diskCheck(folder).detail).toMatch(/GiB are free/);
    const config = readConfig({
      BRIDGEPORT_HTTP_ADDR: `127.0.0.1:${port}`,
      BRIDGEPORT_AGENT_ADDR: "127.0.0.1:0",
    });
    expect((await portChecks(config, false)).map(brief)).toEqual([
      ["http_port", "error", true],
      ["agent_port", "ok", false],
    ]);
    expect((await portChecks(config, true)).map(brief)).toEqual([
      ["http_port", "ok", false],
      ["agent_port", "error", true],
    ]);
    const file = join(folder, "cert.pem");
    writeFileSync(file, "no certificate");
    const url = "https://console.example.com";
    expect(tlsCheck(null, url, now)).toEqual([]);
    expect(tlsCheck({ cert: file, key: file }, url, now).map(brief)).toEqual([
      ["tls", "error", true],
    ]);
    const [one, other] = [
      await certificateOf("console.example.com"),
      await certificateOf("console.example.com"),
    ];
    const key = join(folder, "key.pem");
    writeFileSync(file, one.certificate);
    const look = (at: string) => tlsCheck({ cert: file, key }, at, Date.now());
    writeFileSync(key, other.key);
    expect(look(url)[0]?.detail).toContain("it is not the key of the certificate");
    writeFileSync(key, one.key);
    expect(look("https://other.example.com")[0]?.detail).toContain("not of other.example.com");
  } finally {
    other.close();
    rmSync(folder, { recursive: true });
  }
});

test("a proxy is shown without its password", () => {
  expect(proxyCheck({}).detail).toBe("None: hosts are reached directly.");
  const check = proxyCheck({ HTTPS_PROXY: "http://me:hunter2@proxy.lan:3128" });
  expect([check.status, check.detail]).toEqual(["ok", "HTTPS_PROXY=http://…@proxy.lan:3128"]);
  expect(brief(proxyCheck({ HTTP_PROXY: "hunter2 proxy" }))).toEqual(["proxies", "error", true]);
});
