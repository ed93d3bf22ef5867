import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Api } from "../harness/api.ts";
import { currentCode } from "../harness/authenticator.ts";
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

/** Logs in at the page for that, whatever the browser was logged in as. */
async function enter(page: Page, who: { email: string; password: string }): Promise<void> {
  await page.context().clearCookies();
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

/** Types the code of this moment, and another one where it came too late, until `accepted` is there. */
async function typeCode(page: Page, secret: string, field: Locator, accepted: Locator) {
  const refused = page.getByRole("alert");
  for (let attempt = 0; attempt < 4; attempt += 1) {
    await field.fill(currentCode(secret));
    await page.keyboard.press("Enter");
    await accepted.or(refused).first().waitFor();
    if ((await refused.count()) === 0) return;
  }
  throw new Error(`No code was accepted: ${await refused.textContent()}`);
}

test("a second factor is set up, asked for at login, and removed by an administrator", async () => {
  const { page } = console_;
  await enter(phone, vera);
  await console_.open("/account", phone);
  await phone.getByRole("button", { name: "Set up", exact: true }).click();
  const dialog = phone.getByRole("dialog");
  await dialog.getByLabel("Current password").fill(vera.password);
  await dialog.getByRole("button", { name: "Next" }).click();
  await dialog.getByRole("img", { name: /QR code/ }).waitFor();
  await expectGoodLooks(phone);
  const secret = (await dialog.locator("code").textContent()) ?? "";
  expect(secret).toMatch(/^[A-Z2-7]{32}$/);
  const codes = phone.getByRole("dialog", { name: "Your recovery codes" });
  await typeCode(phone, secret, dialog.getByRole("textbox", { name: "Code" }), codes);
  await expectGoodLooks(phone);
  const [recoveryCode = "", ...others] = ((await codes.locator("code").textContent()) ?? "").split(
    "\n",
  );
  expect(others).toHaveLength(9);
  await codes.getByRole("button", { name: "I have kept them" }).click();
  await phone.getByText("10 recovery codes are left").waitFor();
  await expectGoodLooks(phone);

  await phone.context().clearCookies();
  await phone.goto(`${system.url}/login`);
  await phone.getByLabel("E-mail address").fill(vera.email);
  await phone.getByLabel("Password").fill(vera.password);
  await phone.keyboard.press("Enter");
  const field = phone.getByRole("textbox", { name: "Code" });
  await field.waitFor();
  await expectGoodLooks(phone);
  await field.fill("not a code");
  await phone.keyboard.press("Enter");
  await phone.getByRole("alert").getByText("The code is not right").waitFor();
  await field.fill(recoveryCode.toLowerCase());
  await phone.keyboard.press("Enter");
  await phone.getByRole("heading", { level: 1, name: "Overview" }).waitFor();

  await enter(page, system.admin);
  await console_.open("/settings/users");
  await page.getByRole("button", { name: `Actions for ${vera.email}` }).click();
  await page.getByRole("menuitem", { name: "Remove second factor" }).click();
  await page.getByRole("button", { name: `Remove it from ${vera.email}` }).click();
  await page.getByText("logs in with the password only").waitFor();
  await enter(phone, vera);
});
