import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Api } from "../harness/api.ts";
import {
  type Console,
  logIn,
  openConsole,
  seriousFindings,
  settled,
  sidewaysScroll,
} from "../harness/console.ts";
import {
  client,
  type IdentityProvider,
  startIdentityProvider,
} from "../harness/identity-provider.ts";
import { freePort } from "../harness/ports.ts";
import type { Environment } from "../harness/resources.ts";
import { type System, startSystem } from "../harness/system.ts";

const vera = { email: "vera@example.com", password: "correct horse battery" };
let provider: IdentityProvider;
let system: System;
let api: Api;
let console_: Console;
let staging: Environment;

beforeAll(async () => {
  const httpAddress = `127.0.0.1:${await freePort()}`;
  provider = await startIdentityProvider(`http://${httpAddress}/api/auth/oidc/callback`);
  system = await startSystem({
    httpAddress,
    env: {
      BRIDGEPORT_OIDC_ISSUER: provider.issuer,
      BRIDGEPORT_OIDC_CLIENT_ID: client.clientId,
      BRIDGEPORT_OIDC_CLIENT_SECRET: client.clientSecret,
      BRIDGEPORT_OIDC_GROUPS: "ops=admin,dev=operator@staging",
    },
  });
  api = await system.login();
  staging = (await api.post<{ environment: Environment }>("/api/environments", { name: "staging" }))
    .environment;
  console_ = await openConsole({ system }, provider.issuer);
});
afterAll(async () => {
  await console_?.close();
  await system?.remove();
  await provider?.close();
});

const place = (page: Page, name: string) =>
  page.getByRole("navigation", { name: "Main" }).getByRole("link", { name, exact: true });
const mayConnect = async (page: Page, environment: string) => {
  await console_.open(`/e/${environment}/registries`, page);
  const button = page.getByRole("button", { name: "Connect registry" }).first();
  return (await button.getAttribute("aria-disabled")) !== "true";
};

test("an administrator gives a role in each of two environments, and sees them", async () => {
  const { page, complaints } = console_;
  await page.goto(`${system.url}/login`);
  await logIn(page, system.admin);
  await console_.open("/settings/users");
  await page.getByRole("button", { name: "Create user" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create a user" });
  await dialog.getByLabel("E-mail address").fill(vera.email);
  await dialog.getByLabel("Where role 1 counts").selectOption({ label: "production" });
  await dialog.getByRole("button", { name: "Add a role" }).click();
  await dialog.getByLabel("Role 2", { exact: true }).selectOption("operator");
  await dialog.getByLabel("Where role 2 counts").selectOption({ label: "staging" });
  await dialog.getByLabel("Password").fill(vera.password);
  expect(await seriousFindings(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Create user" }).click();
  await dialog.waitFor({ state: "detached" });
  const row = page.getByRole("row").filter({ hasText: vera.email });
  await row.waitFor();
  const text = ((await row.textContent()) ?? "").replaceAll(/\s+/g, " ");
  expect(text).toContain("viewer in production");
  expect(text).toContain("operator in staging");
  expect(complaints).toEqual([]);
});

test("a user may do in each environment what the role there allows, until it changes", async () => {
  const page = await console_.window(vera);
  expect(await place(page, "Users").count()).toBe(0);
  expect(await place(page, "Webhooks").count()).toBe(0);
  expect(await place(page, "Audit").count()).toBe(1);
  expect(await mayConnect(page, "production")).toBe(false);
  expect(await mayConnect(page, "staging")).toBe(true);
  await console_.open("/settings/tokens", page);
  // What scripts need beside a token is offered there too.
  await page.getByRole("heading", { name: "Command line" }).waitFor();
  await page.getByRole("button", { name: "Create token" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create a token" });
  const roles = dialog.getByLabel("Role");
  expect(await roles.locator("option").allTextContents()).toEqual(["viewer", "operator"]);
  await roles.selectOption("operator");
  expect(await dialog.getByRole("checkbox").count()).toBe(1);
  await dialog.getByRole("checkbox", { name: "staging" }).waitFor();
  await page.keyboard.press("Escape");
  const { users } = await api.get<{ users: { id: string; email: string }[] }>("/api/users");
  const id = users.find(({ email }) => email === vera.email)?.id;
  await api.patch(`/api/users/${id}`, { roles: [{ environmentId: staging.id, role: "admin" }] });
  // What is open hears of it: the new place is offered without a reload, and the other one is gone.
  await place(page, "Webhooks").waitFor();
  await page.goto(`${system.url}/e/production`);
  await page.getByText(/There is no environment .production/).waitFor();
});

test("logging in with the provider comes back to the page that was asked for", async () => {
  provider.accounts.set("1", { email: "ada@example.com", name: "Ada", groups: ["dev"] });
  provider.become("1");
  const page = await console_.window(vera, 360);
  await page.context().clearCookies();
  await page.evaluate("localStorage.clear()");
  await page.goto(`${system.url}/login?next=/account`);
  const button = page.getByRole("button", { name: `Log in with ${new URL(provider.issuer).host}` });
  await button.waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  expect(await sidewaysScroll(page)).toBe(0);
  await button.click();
  await page.getByRole("heading", { level: 1, name: "Your account" }).waitFor();
  await settled(page);
  await page.getByText("operator in staging").waitFor();
  // There is none to change.
  expect(await page.getByLabel("Current password").count()).toBe(0);
});

test("an administrator links a local user to a person of the provider", async () => {
  const { page } = console_;
  const name = new URL(provider.issuer).host;
  await console_.open("/settings/users");
  await page.getByRole("button", { name: `Actions for ${vera.email}` }).click();
  await page.getByRole("menuitem", { name: `Link to ${name}` }).click();
  const dialog = page.getByRole("dialog", { name: `Link ${vera.email} to ${name}` });
  await dialog.getByLabel("Subject").fill("3");
  expect(await seriousFindings(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Link", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("row").filter({ hasText: vera.email }).getByText(name).waitFor();
  provider.accounts.set("3", { email: vera.email, groups: ["ops"] });
  provider.become("3");
  const context = await console_.browser.newContext();
  const other = await context.newPage();
  await other.goto(`${system.url}/login?next=/account`);
  await other.getByRole("button", { name: `Log in with ${name}` }).click();
  await other.getByText(vera.email).first().waitFor();
  await context.close();
});

test("who is in no group reads why on the login page", async () => {
  provider.accounts.set("2", { email: "bob@example.com", groups: ["others"] });
  provider.become("2");
  const { page } = console_;
  await page.context().clearCookies();
  await page.goto(`${system.url}/login`);
  await page.getByRole("button", { name: /^Log in with / }).click();
  const alert = page.getByRole("alert");
  await alert.waitFor();
  expect(await alert.textContent()).toContain("None of your groups");
});
