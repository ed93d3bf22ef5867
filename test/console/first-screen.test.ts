import type { Page, Route } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Console, openConsole, seriousFindings, sidewaysScroll } from "../harness/console.ts";
import { type System, startSystem } from "../harness/system.ts";

/* What is on the screen while the console's files are still on their way. */

let system: System;
let console_: Console;

beforeAll(async () => {
  system = await startSystem();
  console_ = await openConsole({ system });
});
afterAll(async () => {
  await console_?.close();
  await system?.remove();
});

/** Whether the browser has put anything on the screen. */
const isPainted = (page: Page) =>
  page.evaluate<boolean>(`performance.getEntriesByName("first-contentful-paint").length > 0`);
const background = (page: Page) =>
  page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");

test.each([
  ["light", "rgb(245, 246, 247)"],
  ["dark", "rgb(15, 19, 22)"],
] as const)(
  "the name is there before scripts and styles, in the %s theme",
  async (theme, colour) => {
    const { page } = console_;
    await page.emulateMedia({ colorScheme: theme });
    const held: Route[] = [];
    let holding = true;
    await page.route(/\/assets\//, (route) => (holding ? void held.push(route) : route.continue()));
    await page.goto(`${system.url}/login`, { waitUntil: "commit" });
    const first = page.locator("#first-screen");
    await first.getByText("The console is being loaded.").waitFor();
    await expect.poll(() => isPainted(page)).toBe(true);
    expect(await background(page)).toBe(colour);
    expect(await first.getByText("It takes long").isVisible()).toBe(false);
    expect(await sidewaysScroll(page)).toBe(0);
    expect(await seriousFindings(page)).toEqual([]);
    holding = false;
    for (const route of held) await route.continue();
    await page.getByLabel("E-mail address").waitFor();
    await first.waitFor({ state: "detached" });
    // No flash: what was painted first has the colour of what comes after it.
    expect(await background(page)).toBe(colour);
    await page.unroute(/\/assets\//);
  },
);

test("nothing in all of that was an error or a warning on the console", () => {
  expect(console_.complaints).toEqual([]);
});
