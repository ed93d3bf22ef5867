import type { CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Console,
  logIn,
  openConsole,
  seriousFindings,
  sidewaysScroll,
} from "../harness/console.ts";
import { freePort } from "../harness/ports.ts";
import { type System, startSystem } from "../harness/system.ts";

const vera = { email: "vera@example.com", password: "correct horse battery" };
let system: System;
/** the console by a host name: browsers allow no passkeys at an address */
let url: string;
let console_: Console;
let page: Page;
let devices: CDPSession;
let authenticatorId: string;

beforeAll(async () => {
  const port = await freePort();
  url = `http://localhost:${port}`;
  system = await startSystem({
    httpAddress: `127.0.0.1:${port}`,
    env: { BRIDGEPORT_PUBLIC_URL: url },
  });
  const api = await system.login();
  await api.post("/api/users", { ...vera, name: "Vera", role: "viewer" });
  console_ = await openConsole({ system: { ...system, url } });
  page = console_.page;
  devices = await page.context().newCDPSession(page);
  await devices.send("WebAuthn.enable");
  const { authenticatorId: id } = await devices.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    },
  });
  authenticatorId = id;
});
afterAll(async () => {
  await console_?.close();
  await system?.remove();
});

const rows = () => page.getByRole("table", { name: "Your passkeys" }).locator("tbody tr");
const passkeyButton = () => page.getByRole("button", { name: "Log in with a passkey" });

async function leave(): Promise<void> {
  await page.context().clearCookies();
  await page.goto(`${url}/login`);
  await passkeyButton().waitFor();
}

/** By the passkey, to the page of the user's own account. */
async function logInAgain(): Promise<void> {
  await leave();
  await passkeyButton().click();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  await console_.open("/account");
}

/** In both themes, as it is now. */
async function expectGoodLooks(): Promise<void> {
  await page.emulateMedia({ colorScheme: "light" });
  expect(await seriousFindings(page), "light").toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await seriousFindings(page, ["color-contrast"]), "dark").toEqual([]);
  expect(await sidewaysScroll(page), "pixels to scroll sideways").toBe(0);
}

test("a user adds a passkey, and logs in with it without an e-mail address", async () => {
  await page.goto(`${url}/login`);
  await logIn(page, vera);
  await console_.open("/account");
  await page.getByText("Add one for each device that you log in with.").waitFor();
  await expectGoodLooks();
  await page.getByRole("button", { name: "Add a passkey" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a passkey" });
  await dialog.getByLabel("Name").fill("Laptop");
  await dialog.getByLabel("Current password").fill("not the right one");
  await page.keyboard.press("Enter");
  await dialog.getByRole("alert").getByText("The current password is not right.").waitFor();
  console_.forget(/status of 400/);
  await dialog.getByLabel("Current password").fill(vera.password);
  await expectGoodLooks();
  await page.keyboard.press("Enter");
  await rows().filter({ hasText: "Laptop" }).waitFor();
  expect(await rows().textContent()).toContain("never");
  await expectGoodLooks();
  const { credentials } = await devices.send("WebAuthn.getCredentials", { authenticatorId });
  expect(credentials).toMatchObject([{ rpId: "localhost", isResidentCredential: true }]);

  await leave();
  await expectGoodLooks();
  // The console asks first who it is that was logged in here.
  console_.forget(/status of 401/);
  await passkeyButton().click();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  await console_.open("/account");
  await page.getByText(vera.email).first().waitFor();
  expect(await rows().textContent()).not.toContain("never");
  expect(console_.complaints).toEqual([]);
});

test("a device that does not verify its user logs no user in, and the page says so", async () => {
  await leave();
  await devices.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  await passkeyButton().click();
  await page.getByRole("alert").getByText("No passkey was used").waitFor();
  await expectGoodLooks();
  await devices.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
});

test("a passkey gets another name, and a name that is none is refused at the field", async () => {
  await logInAgain();
  await rows().getByRole("button", { name: "Rename the passkey Laptop" }).click();
  const dialog = page.getByRole("dialog", { name: "Rename Laptop" });
  const field = dialog.getByLabel("Name");
  expect(await field.inputValue()).toBe("Laptop");
  await expectGoodLooks();
  await field.fill("  ");
  await page.keyboard.press("Enter");
  await dialog.getByRole("alert").first().waitFor();
  console_.forget(/status of 400/);
  await field.fill(" Old laptop ");
  await page.keyboard.press("Enter");
  await page.getByText("The passkey is called Old laptop now.").waitFor();
  await rows().filter({ hasText: "Old laptop" }).waitFor();
  await page.setViewportSize({ width: 360, height: 800 });
  await expectGoodLooks();
  await page.setViewportSize({ width: 1280, height: 800 });
});

test("one that was removed logs in no longer, though the device still offers it", async () => {
  await logInAgain();
  await rows().getByRole("button", { name: "Remove the passkey Old laptop" }).click();
  const dialog = page.getByRole("dialog", { name: "Remove the passkey Old laptop?" });
  await dialog.getByRole("button", { name: "Remove Old laptop" }).click();
  await page.getByText("The passkey Old laptop no longer logs in.").waitFor();
  await page.getByText("Add one for each device that you log in with.").waitFor();
  await leave();
  await passkeyButton().click();
  await page.getByRole("alert").getByText("This passkey is not known here").waitFor();
});

test("an administrator removes the passkeys of another user", async () => {
  await devices.send("WebAuthn.clearCredentials", { authenticatorId });
  await leave();
  await logIn(page, vera);
  await console_.open("/account");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a passkey" });
  await dialog.getByLabel("Name").fill("Phone");
  await dialog.getByLabel("Current password").fill(vera.password);
  await page.keyboard.press("Enter");
  await rows().filter({ hasText: "Phone" }).waitFor();

  await page.context().clearCookies();
  await page.goto(`${url}/login`);
  await logIn(page, system.admin);
  await console_.open("/settings/users");
  const row = page.getByRole("row").filter({ hasText: vera.email });
  await row.getByText("passkey", { exact: true }).waitFor();
  await page.getByRole("button", { name: `Actions for ${vera.email}` }).click();
  await page.getByRole("menuitem", { name: "Remove passkeys" }).click();
  await page.getByRole("button", { name: `Remove them from ${vera.email}` }).click();
  await page.getByText(`The passkeys of ${vera.email} no longer log in.`).waitFor();
  await row.getByText("passkey", { exact: true }).waitFor({ state: "detached" });
});

test("where browsers allow no passkeys, the account's page says why and the login page offers none", async () => {
  const port = await freePort();
  const plain = await startSystem({ httpAddress: `127.0.0.1:${port}` });
  const other = await openConsole({ system: plain });
  try {
    await other.page.goto(`${plain.url}/login`);
    await logIn(other.page, plain.admin);
    await other.open("/account");
    const why = other.page.getByText(/^Passkeys need a host name, .*BRIDGEPORT_PUBLIC_URL/);
    await why.last().waitFor();
    const button = other.page.getByRole("button", { name: "Add a passkey" });
    expect(await button.getAttribute("aria-disabled")).toBe("true");
    await other.page.context().clearCookies();
    const asked = other.page.waitForResponse(/\/api\/auth\/methods$/);
    await other.page.goto(`${plain.url}/login`);
    expect(await (await asked).json()).toMatchObject({ passkeys: false });
    expect(await other.page.getByRole("button", { name: "Log in with a passkey" }).count()).toBe(0);
  } finally {
    await other.close();
    await plain.remove();
  }
});
