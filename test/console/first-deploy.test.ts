import { afterAll, beforeAll, expect, test } from "vitest";
import { type Console, openConsole, settled, tabTo } from "../harness/console.ts";
import { type PushedImage, pushImage } from "../harness/images.ts";
import { type Site, startSite } from "../harness/site.ts";

let site: Site;
let console_: Console;
let one: PushedImage;
let two: PushedImage;

beforeAll(async () => {
  site = await startSite();
  one = await pushImage(site.registry, "shop/web", "v1.0.0", { version: "1", health: "healthy" });
  two = await pushImage(site.registry, "shop/web", ["v2.0.0", "latest"], {
    version: "2",
    health: "healthy",
    created: "2026-02-01T00:00:00Z",
    env: { NEW_SETTING: "of the image" },
  });
  console_ = await openConsole(site);
});
afterAll(async () => {
  await console_?.close();
  await site?.remove();
});

test("logs in, and is told when that fails", async () => {
  const { page } = console_;
  await page.goto(site.system.url);
  await page.getByLabel("E-mail address").fill(site.system.admin.email);
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("The e-mail address or the password is not right.").waitFor();
  console_.forget(/ 401 /);
  await page.getByLabel("Password").fill(site.system.admin.password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  await settled(page);
});

test("shows the way from nothing to the first deployment, and ticks off what is done", async () => {
  const { page } = console_;
  const steps = page.getByRole("region", { name: /Up and running/ }).getByRole("listitem");
  await steps.filter({ hasText: "Add a server" }).getByLabel("done").waitFor();
  expect(await steps.filter({ hasText: "See its containers" }).getByLabel("done").count()).toBe(0);
  await site.docker.run("run", "-d", "--name", "web", "-e", "MINE=kept", one.reference);
  await steps.filter({ hasText: "See its containers" }).getByLabel("done").waitFor();
  await steps.getByRole("link", { name: "Connect one" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("Ours");
  await dialog.getByLabel("URL").fill(`http://${site.registry.host}`);
  await dialog.getByLabel(/Auto-link/).fill(`${site.registry.host}/*`);
  await dialog.getByText(/1 image/).waitFor();
  await dialog.getByRole("button", { name: /Connect/ }).click();
  await dialog.waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Test" }).click();
  await page.getByText(/^Works, in \d+ ms$/).waitFor();
});

test("creates an image, and syncs one that is linked, with a preview of what its filter keeps", async () => {
  const { page } = console_;
  await page.getByRole("link", { name: "Container Images" }).click();
  await page.getByRole("button", { name: "Create Image" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("Worker");
  await dialog.getByLabel("Image name").fill(`${site.registry.host}/shop/worker:v1`);
  await dialog.getByRole("button", { name: "Create image" }).click();
  // The server's own sentence, at the field: a name is given without a tag.
  await dialog.locator('[aria-invalid="true"]').waitFor();
  console_.forget(/ 400 /);
  await dialog.getByLabel("Image name").fill(`${site.registry.host}/shop/worker`);
  await dialog.getByRole("button", { name: "Create image" }).click();
  await page.getByRole("heading", { level: 1, name: "Worker" }).waitFor();

  await page.getByRole("link", { name: "Container Images" }).first().click();
  await page.getByRole("link", { name: "web", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "web" }).waitFor();
  // Its registry was connected after it was found, and its pattern has taken it in.
  await page.getByRole("link", { name: "Settings", exact: true }).click();
  await page.getByLabel("Registry connection").getByText("Ours").waitFor({ state: "attached" });
  await page
    .getByRole("button", { name: "Check for updates" })
    .and(page.locator(":not([aria-disabled])"))
    .waitFor();
  await page.getByRole("link", { name: "Digests" }).click();
  await page.getByRole("button", { name: "Edit filter" }).click();
  await dialog.getByRole("textbox").first().fill("v*.*.*");
  await dialog.getByRole("heading", { name: "Would keep 2" }).waitFor();
  await dialog.getByRole("heading", { name: "Would leave out 1" }).waitFor();
  await dialog.getByRole("button", { name: /Save/ }).click();
  await dialog.waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Check for updates" }).click();
  await page.getByRole("row", { name: /v2\.0\.0/ }).waitFor();
});

test("deploys a digest: the preview says what changes, and the plan is live to its end", async () => {
  const { page } = console_;
  await page.getByRole("button", { name: "Deploy v2.0.0" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Show the plan" }).click();
  await dialog.getByText("Nothing has been touched yet").waitFor();
  await dialog.getByText("web", { exact: true }).click();
  await dialog.getByText("NEW_SETTING").first().waitFor();
  expect((await site.docker.inspect("web")).Image).toBe(site.engine.imageId(one));
  await dialog.getByRole("button", { name: "Deploy to 1 service" }).click();
  await page.waitForURL(/\/plans\//);
  await page.getByText("Completed", { exact: true }).waitFor();
  const container = await site.docker.inspect("web");
  expect(container.Config.Image).toContain(two.digest);
  expect(container.Image).toBe(site.engine.imageId(two));
  expect(container.Config.Env).toContain("MINE=kept");

  await page.getByRole("button", { name: /^web on .* Done/ }).click();
  await page.getByRole("button", { name: /^Replace Done/ }).click();
  await page.getByText("NEW_SETTING").first().waitFor();
  await page.getByText(/^Kept as it is/).click();
  await page.getByText("kept").first().waitFor();
  await page.reload();
  await page.getByText("NEW_SETTING").first().waitFor();
});

test("shows a failing deploy go back by itself, live, in both of its windows", async () => {
  const { page } = console_;
  await pushImage(site.registry, "shop/web", "v3.0.0", {
    version: "3",
    health: "unhealthy",
    created: "2026-03-01T00:00:00Z",
  });
  const service = await site.service("web");
  await site.api.patch(`/api/services/${service.id}`, {
    healthWaitMs: 1000,
    healthRetries: 1,
    healthIntervalMs: 500,
  });
  const other = await console_.window(site.system.admin);
  await page.getByRole("link", { name: "Container Images" }).first().click();
  await page.getByRole("link", { name: "web", exact: true }).click();
  await page.getByRole("button", { name: "Check for updates" }).click();
  await page.getByRole("button", { name: "Deploy v3.0.0" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Show the plan" }).click();
  await dialog.getByRole("button", { name: "Deploy to 1 service" }).click();
  await page.waitForURL(/\/plans\//);
  // The other one stands on the overview and hears of it without doing anything.
  const seen = other.getByRole("link", { name: /v3\.0\.0 was rolled back/ });
  await Promise.all([
    page.getByRole("heading", { level: 1, name: /v3/ }).waitFor(),
    seen.waitFor(),
  ]);
  await page.getByText("Rolled back", { exact: true }).first().waitFor();
  await page.getByText(/ failed for web on /).waitFor();
  expect((await site.docker.inspect("web")).Image).toBe(site.engine.imageId(two));
  await seen.click();
  await other.getByRole("heading", { level: 1, name: /v3\.0\.0/ }).waitFor();
  await other.context().close();
});

test("deploys by keyboard alone, from the palette to the end", async () => {
  const { page } = console_;
  await console_.open("/e/production");
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.type("deploy web");
  await page.getByRole("option", { name: /Deploy web/ }).waitFor();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Deploy web" });
  const version = dialog.getByRole("radio", { name: /v1\.0\.0/ });
  await tabTo(page, dialog.getByRole("radio"));
  for (let pressed = 0; !(await version.isChecked()) && pressed < 5; pressed += 1) {
    await page.keyboard.press("ArrowDown");
  }
  expect(await version.isChecked()).toBe(true);
  await tabTo(page, dialog.getByRole("button", { name: "Show the plan" }));
  await page.keyboard.press("Enter");
  await dialog.getByText("Nothing has been touched yet").waitFor();
  await tabTo(page, dialog.getByRole("button", { name: "Deploy to 1 service" }));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: /v1\.0\.0/ }).waitFor();
  await page.getByText("Completed", { exact: true }).waitFor();
  expect((await site.docker.inspect("web")).Image).toBe(site.engine.imageId(one));
});

test("rolls a plan back by hand, and says the command that does the same", async () => {
  const { page } = console_;
  await page.getByRole("button", { name: "Roll back" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("The same as a command").click();
  await dialog.getByText(/curl -X POST .*\/rollback/).waitFor();
  await dialog.getByRole("button", { name: "Roll back 1 service" }).click();
  await page.getByText("Rolled back", { exact: true }).first().waitFor();
  expect((await site.docker.inspect("web")).Image).toBe(site.engine.imageId(two));
});

test("nothing in all of that was an error or a warning on the console", () => {
  expect(console_.complaints).toEqual([]);
});
