import AxeBuilder from "@axe-core/playwright";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../harness/browser.ts";
import { type PushedImage, pushImage } from "../harness/images.ts";
import { type Site, startSite } from "../harness/site.ts";

let site: Site;
let browser: Browser;
let page: Page;
let one: PushedImage;
let two: PushedImage;
const complaints: string[] = [];

beforeAll(async () => {
  site = await startSite();
  one = await pushImage(site.registry, "shop/web", "v1.0.0", { version: "1", health: "healthy" });
  two = await pushImage(site.registry, "shop/web", ["v2.0.0", "latest"], {
    version: "2",
    health: "healthy",
    created: "2026-02-01T00:00:00Z",
  });
  await site.connect(site.registry.host, { autoLinkPattern: `${site.registry.host}/*` });
  browser = await launchBrowser(site.system.url);
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${page.url()}: ${message.text()}`);
  });
});
afterAll(async () => {
  await browser?.close();
  await site?.remove();
});

test("logs in, and is told when that fails", async () => {
  await page.goto(site.system.url);
  await page.getByLabel("E-mail address").fill(site.system.admin.email);
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("The e-mail address or the password is not right.").waitFor();
  await page.getByLabel("Password").fill(site.system.admin.password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  // The browser itself reports the two refusals; everything after them has to be quiet.
  complaints.length = 0;
});

test("shows a container as soon as it runs, without a reload", async () => {
  await page.getByRole("link", { name: "Services" }).click();
  await page.getByRole("heading", { level: 1, name: "Services" }).waitFor();
  await site.docker.run("run", "-d", "--name", "web", one.reference);
  await page.getByRole("row", { name: /^web on/ }).waitFor();
  await page.getByRole("row", { name: /^web on .*Healthy/ }).waitFor();
  await page.getByRole("link", { name: "Servers" }).click();
  await page.getByRole("row", { name: /Online/ }).waitFor();
});

test("deploys a digest from the image's page, and shows the plan to its end", async () => {
  await page.getByRole("link", { name: "Container Images" }).click();
  await page.getByRole("table", { name: "Container images" }).getByRole("link").first().click();
  await page.getByRole("button", { name: "Edit filter" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox").first().fill("*");
  await dialog.getByRole("button", { name: /Save/ }).click();
  await dialog.waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Check for updates" }).click();
  await page.getByRole("button", { name: "Deploy v2.0.0" }).click();
  await dialog.getByRole("button", { name: "Show the plan" }).click();
  await dialog.getByText("Nothing has been touched yet").waitFor();
  await dialog.getByRole("button", { name: "Deploy to 1 service" }).click();
  await page.waitForURL(/\/plans\//);
  await page.getByText("Completed", { exact: true }).waitFor({ timeout: 60_000 });
  const container = await site.docker.inspect("web");
  expect(container.Config.Image).toContain(two.digest);
  expect(container.Image).toBe(two.platforms[0]?.config.digest);
});

test.each(["", "/images", "/plans", "/registries", "/servers", "/services"])(
  "the page %s says nothing on the console and is accessible in both themes",
  async (path) => {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.goto(`${site.system.url}/e/production${path}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForLoadState("networkidle");
      const { violations } = await new AxeBuilder({ page }).analyze();
      const serious = violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("\n")}`);
      expect(serious, colorScheme).toEqual([]);
    }
  },
);

test("nothing in all of that was an error on the console", () => {
  expect(complaints).toEqual([]);
});
