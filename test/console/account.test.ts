import type { Page } from "playwright-core";
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

const vera = { email: "vera@example.com", password: "correct horse battery" };
let system: System;
let api: Api;
let console_: Console;
let phone: Page;

beforeAll(async () => {
  system = await startSystem();
  api = await system.login();
  await api.post("/api/users", { ...vera, name: "Vera", role: "admin" });
  console_ = await openConsole({ system });
  await enter(console_.page, vera);
  phone = await console_.window(vera, 360);
});
afterAll(async () => {
  await console_?.close();
  await system?.remove();
});

const rows = (page: Page) => page.getByRole("table", { name: "Your sessions" }).locator("tbody tr");

async function loginPage(page: Page): Promise<void> {
  await page.getByRole("heading", { name: "Log in to Bridgeport" }).waitFor();
}

/** Logs in at the page for that, from where no link leads anywhere else. */
async function enter(page: Page, who: { email: string; password: string }): Promise<void> {
  await page.goto(`${system.url}/login`);
  await logIn(page, who);
}

/** In both themes and on a phone, as it is now. */
async function expectGoodLooks(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: "light" });
  expect(await seriousFindings(page), "light").toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await seriousFindings(page, ["color-contrast"]), "dark").toEqual([]);
  expect(await sidewaysScroll(page), "pixels to scroll sideways").toBe(0);
}

test("lists the sessions, and ends one of them", async () => {
  const { page, complaints } = console_;
  await console_.open("/account");
  await rows(page).nth(1).waitFor();
  expect(await rows(page).count()).toBe(2);
  const own = rows(page).filter({ hasText: "this one" });
  expect(await own.count()).toBe(1);
  expect(await own.textContent()).toMatch(/ on Linux[\s\S]*from 127\.0\.0\.1[\s\S]*now/);
  await console_.open("/account", phone);
  await rows(phone).nth(1).waitFor();
  await expectGoodLooks(phone);
  await expectGoodLooks(page);
  expect(complaints).toEqual([]);
  const other = rows(page).filter({ hasNotText: "this one" });
  await other.getByRole("button", { name: /^End/ }).click();
  await page.getByText("has ended").waitFor();
  await other.waitFor({ state: "detached" });
  await phone.goto(`${system.url}/account`);
  await loginPage(phone);
});

test("ends all others, and then the one in use after a question", async () => {
  const { page } = console_;
  await enter(phone, vera);
  await console_.open("/account");
  await rows(page).nth(1).waitFor();
  await page.getByRole("button", { name: "End all others" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End all others" }).click();
  await rows(page).nth(1).waitFor({ state: "detached" });
  await phone.goto(`${system.url}/account`);
  await loginPage(phone);
  await rows(page).getByRole("button", { name: /^End/ }).click();
  await page.getByRole("dialog", { name: "End this session?" }).waitFor();
  await page.getByRole("button", { name: "End this session" }).click();
  await loginPage(page);
});

test("an administrator ends the sessions of another user", async () => {
  const { page } = console_;
  await enter(page, system.admin);
  await enter(phone, vera);
  await console_.open("/settings/users");
  await page.getByRole("button", { name: `Actions for ${vera.email}` }).click();
  await page.getByRole("menuitem", { name: "End sessions" }).click();
  await page.getByRole("button", { name: `End sessions of ${vera.email}` }).click();
  await page.getByText(`The sessions of ${vera.email} have ended.`).waitFor();
  await phone.goto(`${system.url}/account`);
  await loginPage(phone);
});
