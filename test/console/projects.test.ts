import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Console,
  logIn,
  openConsole,
  seriousFindings,
  settled,
  sidewaysScroll,
} from "../harness/console.ts";
import { type PushedImage, pushImage } from "../harness/images.ts";
import { rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";

/*
 * Two Compose projects that share an image, a container of none, and a project whose name is what a
 * browser takes for a step up in an address.
 */

let site: Site;
let console_: Console;
let rolling: ReturnType<typeof rollout>;
let second: PushedImage;
const odd = "..";

const push = (repository: string, tag: string, version: string, created: string) =>
  pushImage(site.registry, repository, tag, { version, health: "healthy", created });

beforeAll(async () => {
  site = await startSite();
  const first = await push("team/api", "v1.0.0", "1", "2026-01-01T00:00:00Z");
  const other = await push("team/db", "v1.0.0", "3", "2026-01-01T00:00:00Z");
  for (const [name, image, project] of [
    ["shop-db", other, "shop"],
    ["shop-api", first, "shop"],
    ["shop-web", first, "shop"],
    ["blog-api", first, "blog"],
    ["odd-api", first, odd],
    ["alone", other, null],
  ] as const) {
    const label = project === null ? [] : ["--label", `com.docker.compose.project=${project}`];
    await site.docker.run("run", "-d", "--name", name, ...label, image.reference);
    await site.service(name);
  }
  for (const [name, first, type] of [
    ["shop-api", "shop-db", "health_before"],
    ["shop-web", "shop-api", "deploy_after"],
    ["blog-api", "shop-db", "health_before"],
  ] as const) {
    const { id } = await site.service(name);
    const body = { dependsOnId: (await site.service(first)).id, type };
    await site.api.post(`/api/services/${id}/dependencies`, body);
  }
  second = await push("team/api", "v1.1.0", "2", "2026-02-01T00:00:00Z");
  rolling = rollout(site, (await site.connect()).id);
  await rolling.synced(first.name, "v1.*.*");
  console_ = await openConsole(site);
  await console_.page.goto(site.system.url);
  await logIn(console_.page, site.system.admin);
});
afterAll(async () => {
  await console_?.close();
  await site?.remove();
});

test("services are listed by project, and each heading leads to its page", async () => {
  const { page } = console_;
  await console_.open("/e/production/services");
  await page.getByLabel("Group").selectOption({ label: "Group: by project" });
  const table = page.getByRole("table", { name: "Services" });
  const headings = table.getByRole("rowheader");
  await headings.first().waitFor();
  expect(await headings.allInnerTexts()).toEqual([odd, "blog", "shop", "Of no Compose project"]);
  expect(new URL(page.url()).search).toBe("?by=project");
  await page.getByLabel("Project").selectOption("shop");
  await table.getByRole("link", { name: "alone" }).waitFor({ state: "detached" });
  expect(await headings.allInnerTexts()).toEqual(["shop"]);
  await table.getByRole("link", { name: "shop", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "shop" }).waitFor();
});

test("an image is in every project that has a service of it", async () => {
  const { page } = console_;
  await console_.open("/e/production/images?by=project");
  const table = page.getByRole("table", { name: "Container images" });
  const rows = (await table.getByRole("row").allInnerTexts()).map((text) => text.split(/\s/)[0]);
  expect(rows.slice(1)).toEqual([odd, "api", "blog", "api", "shop", "api", "db"]);
  await page.getByLabel("Project").selectOption("blog");
  await table.getByRole("link", { name: "db" }).waitFor({ state: "detached" });
  expect(await table.getByRole("link", { name: "api" }).count()).toBe(1);
});

test("a project shows its services, what they depend on, and where they are", async () => {
  const { page } = console_;
  await console_.open("/e/production/projects/shop");
  await page.getByText("Compose project: 3 services on 1 server").waitFor();
  await page.getByText("All 3 run").waitFor();
  const graph = page.getByRole("region", { name: "Dependency graph" });
  expect(
    (await graph.getByRole("link").allInnerTexts()).map((text) => text.split("\n")[0]),
  ).toEqual(["shop-db", "blog-api", "shop-api", "shop-web"]);
  await graph.getByText("Not of it").waitFor();
  await page.getByRole("region", { name: "Servers" }).getByText("3 services").waitFor();
  await graph.getByRole("link", { name: /shop-api/ }).click();
  await page.getByRole("heading", { level: 1, name: "shop-api" }).waitFor();
  await page.getByRole("link", { name: "shop", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "shop" }).waitFor();
});

test("a service says what it would get, why, and that it was found running", async () => {
  const { page } = console_;
  const { id } = await site.service("blog-api");
  await console_.open(`/e/production/services/${id}`);
  await page.getByText("found running, not deployed by Bridgeport").waitFor();
  const update = page.getByRole("region", { name: "Its update" });
  await update.getByText("minor update").waitFor();
  await update.getByRole("button", { name: "Deploy v1.1.0" }).click();
  const dialog = page.getByRole("dialog", { name: "Deploy api" });
  await dialog.getByText("blog-api").first().waitFor();
  expect(await dialog.getByText("shop-api").count()).toBe(0);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
});

test("what is chosen of a project is updated, and nothing of another one", async () => {
  const { page } = console_;
  await console_.open("/e/production/projects/shop");
  const updates = page.getByRole("region", { name: "Updates" });
  await updates.getByLabel("All", { exact: true }).check();
  await updates.getByRole("button", { name: "Update 2 services…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Show the plan" }).click();
  await dialog.getByRole("button", { name: "Update 2 services" }).click();
  await page.getByText("Completed", { exact: true }).first().waitFor();
  await console_.open("/e/production/projects/shop");
  await updates.getByText("Nothing of it is behind").waitFor();
  for (const name of ["shop-api", "shop-web"]) await rolling.expectRuns(name, second, "v1.1.0");
  await console_.open("/e/production/projects/blog");
  await updates.getByText("minor update").waitFor();
});

test("the palette finds a project by its name, however odd that is", async () => {
  const { page } = console_;
  await console_.open("/e/production");
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog", { name: /Go to anything/ }).waitFor();
  await page.keyboard.type("project ..");
  await page.getByRole("option", { name: /^Project \.\./ }).click();
  await page.getByRole("heading", { level: 1, name: odd, exact: true }).waitFor();
  await page.getByRole("link", { name: "odd-api" }).first().waitFor();
});

test("a project that is not there says what that means", async () => {
  const { page } = console_;
  const name = "100%/gone?";
  await console_.open(`/e/production/projects/${encodeURIComponent(name)}`);
  await page.getByRole("heading", { level: 1, name }).waitFor();
  await page.getByText("Nothing of this project is here").waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByRole("link", { name: "Show the projects that are here" }).click();
  await page.getByRole("rowheader", { name: "shop" }).waitFor();
});

test("all of it fits a phone, and is quiet", async () => {
  const phone = await console_.window(site.system.admin, 360);
  for (const path of ["services?by=project", "images?by=project", "projects/shop"]) {
    await console_.open(`/e/production/${path}`, phone);
    expect([path, await sidewaysScroll(phone)]).toEqual([path, 0]);
    expect(await seriousFindings(phone)).toEqual([]);
  }
  await settled(phone);
  expect(console_.complaints).toEqual([]);
});
