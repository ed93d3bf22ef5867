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

test("the doctor says the worst first with what to do, and looks again when asked", async () => {
  const { environments } = await api.get<{ environments: { id: string }[] }>("/api/environments");
  const { page, complaints } = console_;
  await console_.open("/settings/doctor");
  await page.getByText("Everything is all right").waitFor();
  await api.post(`/api/environments/${environments[0]?.id}/servers`, { name: "edge-1" });
  await page.getByRole("button", { name: "Look again" }).click();
  await page.getByText("1 warning", { exact: true }).waitFor();
  const [first] = await page.getByRole("main").getByRole("listitem").allInnerTexts();
  expect(first).toContain("Server edge-1");
  expect(first).toContain("Run its join command there");
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await seriousFindings(page), `${colorScheme}, ${width}`).toEqual([]);
    }
    expect(await sidewaysScroll(page), `pixels to scroll sideways at ${width}`).toBe(0);
  }
  expect(complaints).toEqual([]);
});
