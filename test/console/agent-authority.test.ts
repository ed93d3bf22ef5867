import { afterAll, beforeAll, expect, test } from "vitest";
import type { Api } from "../harness/api.ts";
import {
  type Console,
  logIn,
  openConsole,
  seriousFindings,
  sidewaysScroll,
} from "../harness/console.ts";
import { type System, startSystem } from "../harness/system.ts";

let system: System;
let api: Api;
let console_: Console;

beforeAll(async () => {
  system = await startSystem();
  api = await system.login();
  console_ = await openConsole({ system });
  await console_.page.goto(`${system.url}/login`);
  await logIn(console_.page, system.admin);
});
afterAll(async () => {
  await console_?.close();
  await system?.remove();
});

const previous = async () => {
  const state = await api.get<{ previous: unknown[] }>("/api/agent-authority");
  return state.previous.length;
};

test("the certificate authority is replaced, and retired by naming whom that shuts out", async () => {
  const { environments } = await api.get<{ environments: { id: string }[] }>("/api/environments");
  // Its join token pins the authority of now.
  await api.post(`/api/environments/${environments[0]?.id}/servers`, { name: "edge-1" });
  const { page, complaints } = console_;
  await console_.open("/settings/system");
  await page.getByRole("button", { name: "Replace it" }).click();
  const question = page.getByRole("dialog");
  await question.getByText("containers are not touched").waitFor();
  await question.getByRole("button", { name: "Replace it" }).click();
  await page.getByText("1 not yet: edge-1").waitFor();
  expect(await previous()).toBe(1);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await seriousFindings(page), colorScheme).toEqual([]);
  }
  expect(await sidewaysScroll(page), "pixels to scroll sideways").toBe(0);

  await page.getByRole("button", { name: "Retire the previous one" }).click();
  await question.getByText("edge-1").waitFor();
  await question.getByRole("button", { name: "Retire it" }).click();
  await page.getByText("The previous certificate authority is retired.").waitFor();
  expect(await previous()).toBe(0);
  expect(complaints).toEqual([]);
});
