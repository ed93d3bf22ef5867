import { afterAll, beforeAll, expect, test } from "vitest";
import type { Api } from "../harness/api.ts";
import {
  type Console,
  logIn,
  openConsole,
  seriousFindings,
  sidewaysScroll,
} from "../harness/console.ts";
import { type Receiver, startReceiver } from "../harness/receiver.ts";
import { type System, startSystem } from "../harness/system.ts";
import { waitFor } from "../harness/wait.ts";

/* What happened, behind the bell; and where else it is told. */

let system: System;
let api: Api;
let console_: Console;
let receiver: Receiver;
let environment: { id: string; name: string };
const vera = { email: "vera@bridgeport.test", password: "correct horse battery staple" };

beforeAll(async () => {
  receiver = await startReceiver();
  system = await startSystem();
  api = await system.login();
  const all = await api.get<{ environments: (typeof environment)[] }>("/api/environments");
  environment = all.environments[0] as typeof environment;
  await api.post("/api/users", { ...vera, role: "viewer" });
  console_ = await openConsole({ system });
  await console_.page.goto(`${system.url}/login`);
  await logIn(console_.page, system.admin);
});
afterAll(async () => {
  await console_?.close();
  await system?.remove();
  await receiver?.close();
});

async function expectWell(): Promise<void> {
  const { page } = console_;
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await seriousFindings(page), `${colorScheme}, ${width}`).toEqual([]);
    }
    expect(await sidewaysScroll(page), `pixels to scroll sideways at ${width}`).toBe(0);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

const freeze = (reason: string) =>
  api.request("PUT", `/api/environments/${environment.id}/freeze`, {
    until: "2999-01-31T17:00:00Z",
    reason,
  });

test("the bell says that nothing has happened, counts what does, and forgets what was read", async () => {
  const { page, complaints } = console_;
  const bell = page.getByRole("button", { name: /^Notifications/ });
  await bell.click();
  const dialog = page.getByRole("dialog", { name: "Notifications" });
  await dialog.getByText("Nothing has happened yet").waitFor();
  await expectWell();
  await page.keyboard.press("Escape");

  await freeze("release week");
  await page.getByRole("button", { name: "Notifications, 1 unread" }).waitFor();
  const other = await console_.window(vera, 360);
  await bell.click();
  const row = dialog.getByRole("link", { name: /frozen until/ });
  await row.waitFor();
  expect(await row.textContent()).toContain("release week");
  await expectWell();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Notifications", exact: true }).waitFor();
  // What one has read is still unread for others.
  await other.getByRole("button", { name: "Notifications, 1 unread" }).waitFor();
  await other.close();
  expect(complaints).toEqual([]);
});

test("a target of any kind is set up in the form, which says what is missing, and is told", async () => {
  const { page } = console_;
  await console_.open("/settings/webhooks");
  await page.getByRole("button", { name: "Add webhook" }).first().click();
  const dialog = page.getByRole("dialog");
  const save = dialog.getByRole("button", { name: "Save" });
  await dialog.getByLabel("Kind").selectOption({ label: "Telegram" });
  await dialog.getByLabel("Name").fill("ops");
  await dialog.getByLabel("URL").fill("https://api.telegram.org");
  await dialog.getByLabel("Secret").fill("123456:abcdefghijklmnopqrstuvwxyz");
  await dialog.getByLabel("An environment was frozen").check();
  await save.click();
  await dialog.getByText(/^must name the chat/).waitFor();
  await expectWell();
  console_.forget(/400/);

  await dialog.getByLabel("Kind").selectOption("template");
  await dialog.getByLabel("URL").fill(`${receiver.url}/hook/{{event}}`);
  await dialog.getByLabel("Secret").fill("s3cret-value");
  await dialog.getByLabel("Headers").fill("X-Token: {{secret}}");
  await dialog.getByLabel("Body").fill('{"text": "{{title}}"}');
  await expectWell();
  await save.click();
  await dialog.waitFor({ state: "detached" });
  await freeze('a "quoted" reason');
  const got = await waitFor(() => receiver.at("/hook/environment.frozen")[0], {
    what: "the message",
  });
  expect(got.headers["x-token"]).toBe("s3cret-value");
  expect(JSON.parse(got.text).text).toContain("frozen until");
  expect(console_.complaints).toEqual([]);
});
