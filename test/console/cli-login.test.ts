import { mkdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CliRun, cli, startCli } from "../harness/cli.ts";
import { logIn, openConsole, seriousFindings, sidewaysScroll } from "../harness/console.ts";
import { createScratch, type Scratch } from "../harness/scratch.ts";
import { type System, startSystem } from "../harness/system.ts";
import { waitFor } from "../harness/wait.ts";

let system: System;
let scratch: Scratch;
const started: CliRun[] = [];

beforeAll(async () => {
  scratch = createScratch("cli-login");
  system = await startSystem();
});
afterAll(async () => {
  for (const run of started) run.signal("SIGKILL");
  await system?.remove();
  await scratch?.remove();
});

test("the console lets a command line in, which then may do what was chosen", async () => {
  const place = { dir: scratch.path("home") };
  mkdirSync(place.dir);
  const run = startCli(place, ["login", system.url, "--browser"]);
  started.push(run);
  const { address, code } = await waitFor(
    () => {
      const [, code, address] = /code\n(\S+):\n\n {2}(\S+)\n/.exec(run.printed().err) ?? [];
      return code && address ? { code, address } : null;
    },
    { what: "the address", explain: () => run.printed().err },
  );
  const port = new URL(address).searchParams.get("port");
  const console_ = await openConsole({ system }, `http://127.0.0.1:${port}`);
  try {
    const { page, complaints } = console_;
    await page.goto(`${system.url}/login`);
    await logIn(page, system.admin);

    await page.goto(`${system.url}/cli-login?port=1&state=x`);
    await page.getByText("This address is not complete").waitFor();

    await page.goto(address);
    await page.getByTestId("code").waitFor();
    expect(await page.getByTestId("code").textContent()).toBe(code);
    expect(await seriousFindings(page)).toEqual([]);
    expect(await sidewaysScroll(page)).toBe(0);
    await page.getByLabel("Role").selectOption("viewer");
    await page.getByRole("button", { name: "Let it in" }).click();
    await page.getByRole("heading", { name: "You are logged in." }).waitFor();
    // The token is in no address that can be gone back to.
    expect(page.url()).toBe(`http://127.0.0.1:${port}/`);
    expect(complaints).toEqual([]);
  } finally {
    await console_.close();
  }
  expect(await run.end).toMatchObject({ code: 0 });
  const kept = readFileSync(`${place.dir}/config/bridgeport/config.json`, "utf8");
  expect(kept).toContain('"kind": "api-token"');
  expect((await cli(place, ["whoami"])).out).toContain(system.admin.email);
  const denied = await cli(
    place,
    ["apply", "-f", "-", "--yes"],
    "version: 1\nenvironments: { x: {} }\n",
  );
  expect(denied.code).toBe(4);
});
