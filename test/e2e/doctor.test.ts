import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { environmentOf } from "../harness/scratch.ts";
import { type System, startSystem } from "../harness/system.ts";

const program = fileURLToPath(new URL("../../control-plane/dist/doctor.js", import.meta.url));

interface Check {
  id: string;
  status: "ok" | "warning" | "error";
  detail: string;
  advice: string | null;
}

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system?.remove());

/** `npm run doctor` with the configuration of the system that is tried. */
async function doctor(
  args: string[] = ["--json"],
  env: Record<string, string> = {},
): Promise<{ code: number | null; output: string; checks: Map<string, Check> }> {
  const child = spawn(process.execPath, [program, ...args], {
    env: environmentOf(system.dataDir, {
      DATABASE_URL: undefined,
      BRIDGEPORT_MASTER_KEY: undefined,
      BRIDGEPORT_LOCAL_AGENT: "off",
      BRIDGEPORT_DATA_DIR: system.dataDir,
      BRIDGEPORT_HTTP_ADDR: new URL(system.url).host,
      BRIDGEPORT_AGENT_ADDR: "127.0.0.1:0",
      ...env,
    }),
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, "close")) as [number | null];
  const output = Buffer.concat(chunks).toString();
  const checks = args.includes("--json") ? (JSON.parse(output).checks as Check[]) : [];
  return { code, output, checks: new Map(checks.map((check) => [check.id, check])) };
}

test("the doctor looks at what runs, and at what does not start", async () => {
  const running = await doctor();
  expect(running.checks.get("running")?.detail).toBe("It runs.");
  for (const id of ["http_port", "database", "schema", "master_key", "authority", "audit"]) {
    expect([id, running.checks.get(id)?.status]).toEqual([id, "ok"]);
  }
  const api = await system.login();
  const { checks } = await api.get<{ checks: Check[] }>("/api/doctor");
  expect(checks.filter(({ status }) => status !== "ok")).toEqual([]);

  await system.stop();
  const stopped = await doctor();
  expect(stopped.code).toBe(0);
  expect(stopped.checks.get("running")?.detail).toBe("It does not run.");
  expect(stopped.checks.get("database")?.status).toBe("ok");

  // The reason why it would not start is named, with what to do.
  writeFileSync(join(system.dataDir, "master.key"), `${"ab".repeat(32)}\n`);
  const { code, output } = await doctor([]);
  expect(code).toBe(1);
  expect(output).toMatch(/ERROR {2} {2}Master key: What is secret .* is encrypted with/);
  expect(output).toContain("→ Put that key there from a backup");
});

test("what is damaged, or does not fit, is a check of its own and no crash", async () => {
  await system.stop();
  const directory = system.dataDir;
  const key = readFileSync(join(directory, "master.key"), "utf8");
  writeFileSync(join(directory, "master.key"), "half a k");
  const damaged = await doctor();
  expect([damaged.code, damaged.checks.get("master_key")?.status]).toEqual([1, "error"]);
  expect(damaged.checks.get("audit")?.status).toBe("ok");
  writeFileSync(join(directory, "master.key"), key);

  const roles = await doctor(["--json", "--full"], {
    DATABASE_URL: "postgres://app@127.0.0.1:1/none",
    DATABASE_MIGRATION_URL: "postgres://owner:hunter2@127.0.0.1:1/none",
  });
  expect(roles.checks.get("database_owner")?.detail).toContain("nothing listens");
  expect(roles.output).not.toContain("hunter2");

  const none = await doctor(["--json"], { BRIDGEPORT_DATA_DIR: join(directory, "none") });
  expect(none.checks.get("data_directory")?.status).toBe("error");
  const wrong = await doctor(["--jsno"]);
  expect([wrong.code, wrong.output]).toEqual([1, expect.stringContaining("Usage: npm run doctor")]);
});

test("a variable that cannot be used is the first thing it says", async () => {
  const { code, checks } = await doctor(["--json"], { BRIDGEPORT_HTTP_ADDR: "here" });
  expect([code, [...checks.keys()]]).toEqual([1, ["config"]]);
  expect(checks.get("config")?.detail).toContain("BRIDGEPORT_HTTP_ADDR");
  const far = await doctor(["--json"], { DATABASE_URL: "postgres://me:hunter2@127.0.0.1:1/none" });
  expect(far.checks.get("database")?.detail).toContain("nothing listens at that host and port");
  expect(far.output).not.toContain("hunter2");
});
