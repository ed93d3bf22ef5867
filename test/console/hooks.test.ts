import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Console,
  logIn,
  openConsole,
  seriousFindings,
  settled,
  sidewaysScroll,
} from "../harness/console.ts";
import { pushImage } from "../harness/images.ts";
import { type Receiver, startReceiver } from "../harness/receiver.ts";
import type { ContainerImage } from "../harness/resources.ts";
import { rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";

/* An image with a service and a newer version, and a receiver that its hooks call. */

let site: Site;
let receiver: Receiver;
let console_: Console;
let phone: Page;
let image: ContainerImage;
const vera = { email: "vera@bridgeport.test", password: "correct horse battery staple" };

beforeAll(async () => {
  [site, receiver] = await Promise.all([startSite(), startReceiver()]);
  const push = (version: string) =>
    pushImage(site.registry, "shop/web", `v${version}`, { version, health: "healthy" });
  const one = await push("1.0.0");
  await site.docker.run("run", "-d", "--name", "web", one.reference);
  await site.service("web");
  await push("2.0.0");
  image = await rollout(site, (await site.connect()).id).synced(one.name);
  await site.api.post("/api/users", { ...vera, role: "viewer" });
  console_ = await openConsole(site);
  await console_.page.goto(site.system.url);
  await logIn(console_.page, site.system.admin);
  phone = await console_.window(site.system.admin, 360);
});
afterAll(async () => {
  await console_?.close();
  await receiver?.close();
  await site?.remove();
});

const settings = () => `/e/production/images/${image.id}?tab=settings`;
const card = (on = console_.page) => on.getByRole("region", { name: "Hooks" });
const dialog = (on = console_.page) => on.getByRole("dialog");
const save = () => dialog().getByRole("button", { name: "Save" }).click();

/** Chooses something from the menu of a hook. */
async function choose(hook: string, entry: string): Promise<void> {
  await card()
    .getByRole("button", { name: `Actions for the hook ${hook}` })
    .click();
  await console_.page.getByRole("menuitem", { name: entry }).click();
}
async function expectWell(page: Page): Promise<void> {
  expect(await seriousFindings(page), "light").toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await seriousFindings(page, ["color-contrast"]), "dark").toEqual([]);
  await page.emulateMedia({ colorScheme: "light" });
  expect(await sidewaysScroll(page), "pixels to scroll sideways").toBe(0);
}
/** The hooks as the API shows them. */
async function hooks() {
  const path = `/api/container-images/${image.id}/hooks`;
  return (await site.api.get<{ hooks: Record<"before" | "after", object[]> }>(path)).hooks;
}

test("an image without hooks says what they are for, and a wrong one names its field", async () => {
  const { page } = console_;
  await console_.open(settings());
  await card().getByText("A hook before a plan lets others have a say").waitFor();
  await card().getByRole("button", { name: "Add a hook" }).click();
  await dialog().getByLabel("Name", { exact: true }).fill("window");
  await dialog().getByLabel("URL").fill("ftp://calendar.example.com");
  await dialog().getByRole("button", { name: "Add a header" }).click();
  const header = dialog().getByRole("group", { name: "Headers" });
  await header.getByLabel("Name").fill("Authorization");
  await header.getByLabel("Value").fill("Bearer s3cret");
  await save();
  await dialog().locator("input[aria-invalid=true]").waitFor();
  expect(await dialog().getByLabel("URL").getAttribute("aria-invalid")).toBe("true");
  await expectWell(page);
  await dialog().getByLabel("URL").fill(`${receiver.url}/window?team=1`);
  await save();
  await card()
    .getByText(`POST ${new URL(receiver.url).host}, 10 s at most, 1 header`)
    .waitFor();
  expect((await hooks()).before).toMatchObject([{ headers: { Authorization: "***" } }]);
});

test("a stored value is kept while its field is empty, but not under another name", async () => {
  await choose("window", "Edit…");
  const value = dialog().getByRole("group", { name: "Headers" }).getByLabel("Value");
  expect(await value.inputValue()).toBe("");
  await dialog().getByLabel("Name", { exact: true }).first().fill("door");
  await dialog().getByText("Type it again, because the hook has another name now.").waitFor();
  await save();
  await dialog().locator("input[type=password]:invalid").waitFor();
  await dialog().getByLabel("Name", { exact: true }).first().fill("window");
  await dialog().getByLabel("Time limit, seconds").fill("30");
  await save();
  await card().getByText("30 s at most, 1 header").waitFor();
});

test("hooks after a plan are apart, have an order, and a text of their own", async () => {
  for (const name of ["chat", "mail"]) {
    await card().getByRole("button", { name: "Add a hook" }).click();
    await dialog().getByLabel("When it is called").selectOption({ index: 1 });
    await dialog().getByLabel("Name", { exact: true }).fill(name);
    await dialog().getByLabel("URL").fill(`${receiver.url}/${name}`);
    if (name === "mail") {
      await dialog().getByLabel("What it sends").selectOption("A text of its own");
      await dialog().getByLabel("Body").fill("It is over.");
    }
    await save();
    await card().getByRole("list", { name: "Hooks after" }).getByText(name).waitFor();
  }
  await choose("mail", "Call earlier");
  await expect
    .poll(async () => (await hooks()).after)
    .toMatchObject([{ name: "mail", body: "It is over." }, { name: "chat" }]);
  await console_.open(settings(), phone);
  await card(phone).getByText("30 s at most").waitFor();
  await expectWell(phone);
});

test("a plan shows what it called, what was answered, and how often it was sent", async () => {
  const { page } = console_;
  receiver.refuse("/chat", 503, 1);
  await console_.open(`/e/production/images/${image.id}`);
  await page.getByRole("button", { name: "Deploy v2.0.0" }).click();
  await dialog().getByRole("button", { name: "Show the plan" }).click();
  await dialog().getByRole("button", { name: "Deploy to 1 service" }).click();
  await page.waitForURL(/\/plans\//);
  await page.getByText("Completed", { exact: true }).waitFor();
  expect(receiver.at("/window?team=1")[0]?.headers.authorization).toBe("Bearer s3cret");
  expect(receiver.at("/mail")[0]?.text).toBe("It is over.");
  await page.getByRole("button", { name: /^Hook: window/ }).click();
  await page.getByText(`POST ${receiver.url}/window`, { exact: true }).waitFor();
  await page.getByText("answered 204").waitFor();
  await page.getByRole("button", { name: /^Hook: chat/ }).click();
  await page.getByText("sent 2 times").waitFor();
  await page.getByText("told that the plan is completed").waitFor();
  await expectWell(page);
});

test("a hook is removed once that is confirmed", async () => {
  await console_.open(settings());
  await choose("window", "Remove…");
  await dialog().getByText("Those that are made already keep it.").waitFor();
  await dialog().getByRole("button", { name: "Remove window" }).click();
  await card().getByText("window").waitFor({ state: "detached" });
  expect(await hooks()).toMatchObject({ before: [], after: [{ name: "mail" }, { name: "chat" }] });
});

test("who may not see them is told why", async () => {
  const page = await console_.window(vera);
  await console_.open(settings(), page);
  await card(page).getByText("Your role is viewer; this needs an operator").waitFor();
  await settled(page);
  await page.context().close();
});

test("nothing in all of that was an error or a warning on the console", () => {
  console_.forget(/400 \(Bad Request\)/);
  expect(console_.complaints).toEqual([]);
});
