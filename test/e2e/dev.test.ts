import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { login } from "../harness/api.ts";
import { freePort } from "../harness/ports.ts";
import { createScratch, environmentOf, type Scratch } from "../harness/scratch.ts";
import { copySources } from "../harness/sources.ts";
import { waitFor } from "../harness/wait.ts";

/* `npm run dev`, in a copy of the sources: it builds beside them, and they are changed here. */

const password = "developer-password";

let scratch: Scratch;
let copy: string;
let child: ChildProcess;
let output = "";
let consoleUrl: string;
let apiUrl: string;

beforeAll(async () => {
  scratch = createScratch("dev");
  copy = scratch.path("copy");
  const path = copySources(copy);
  const [consolePort, apiPort] = [await freePort(), await freePort()];
  consoleUrl = `http://localhost:${consolePort}`;
  apiUrl = `http://127.0.0.1:${apiPort}`;
  child = spawn(process.execPath, [join(copy, "control-plane/launch/dev.mjs")], {
    stdio: ["ignore", "pipe", "pipe"],
    env: environmentOf(scratch.dir, {
      PATH: path,
      BRIDGEPORT_DEV_PORT: String(consolePort),
      BRIDGEPORT_HTTP_ADDR: `127.0.0.1:${apiPort}`,
      BRIDGEPORT_AGENT_ADDR: `127.0.0.1:${await freePort()}`,
      BRIDGEPORT_DATA_DIR: scratch.path("data"),
      BRIDGEPORT_PUBLIC_URL: undefined,
      BRIDGEPORT_LOCAL_AGENT: "off",
      DATABASE_URL: undefined,
    }),
  });
  child.stdout?.on("data", (chunk) => (output += chunk));
  child.stderr?.on("data", (chunk) => (output += chunk));
  await until("the console", async () => (await fetch(`${consoleUrl}/api/auth/methods`)).ok);
});
afterAll(() => scratch?.remove());

function until(what: string, condition: () => Promise<boolean> | boolean): Promise<unknown> {
  return waitFor(condition, { what, explain: () => output.slice(-3000) });
}

function replace(file: string, from: string, to: string): void {
  const text = readFileSync(join(copy, file), "utf8");
  expect(text).toContain(from);
  writeFileSync(join(copy, file), text.replace(from, to));
}

test("the login that it names is an administrator's, and its database can be looked into", async () => {
  expect(output).toContain(`Console: ${consoleUrl} (admin@bridgeport.local, ${password}`);
  await login(consoleUrl, "admin@bridgeport.local", password);
  const sql = postgres({
    host: join(scratch.dir, "data/postgres/socket"),
    user: "bridgeport",
    database: "bridgeport",
    max: 1,
  });
  expect(await sql`select email from users`).toEqual([{ email: "admin@bridgeport.local" }]);
  await sql.end();
});

test("a saved file of the control plane is built, and it starts again", async () => {
  replace("control-plane/src/http/health.ts", `status: "ok"`, `status: "changed"`);
  await until("the changed answer", async () =>
    (await (await fetch(`${apiUrl}/healthz`)).text()).includes("changed"),
  );
});

test("what cannot be built is said, and what was built goes on", async () => {
  replace("control-plane/src/http/health.ts", `status: "changed"`, `status: "changed`);
  await until("the error", () => output.includes("Unterminated string literal"));
  expect((await fetch(`${apiUrl}/healthz`)).status).toBe(200);
  replace("control-plane/src/http/health.ts", `status: "changed`, `status: "mended"`);
  await until("the mended answer", async () =>
    (await (await fetch(`${apiUrl}/healthz`)).text()).includes("mended"),
  );
});

test("a saved file of the agent is built", async () => {
  replace("agent/src/main.ts", "async function", `console.log("a new line");\nasync function`);
  await until("the agent's bundle", () =>
    readFileSync(join(copy, "agent/dist/agent.cjs"), "utf8").includes("a new line"),
  );
});

test("a saved file of the console is what the browser gets next", async () => {
  const shown = async () => (await fetch(`${consoleUrl}/src/main.ts`)).text();
  expect(await shown()).not.toContain("a new line");
  writeFileSync(
    join(copy, "web/src/main.ts"),
    `${readFileSync(join(copy, "web/src/main.ts"), "utf8")}\nconsole.log("a new line");\n`,
  );
  await until("the console's new line", async () => (await shown()).includes("a new line"));
});

test("Ctrl-C ends all of it", async () => {
  child.kill("SIGINT");
  const [code] = await once(child, "exit");
  expect(code).toBe(0);
  await expect(fetch(`${consoleUrl}/`)).rejects.toThrow();
  await expect(fetch(`${apiUrl}/healthz`)).rejects.toThrow();
});
