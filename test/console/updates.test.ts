import { afterAll, beforeAll, expect, test } from "vitest";
import { type Console, logIn, openConsole, settled } from "../harness/console.ts";
import { type PushedImage, pushImage } from "../harness/images.ts";
import type { ContainerImage } from "../harness/resources.ts";
import { rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";

/*
 * What a person sees on the first day: containers that were never deployed by Bridgeport, and a registry
 * that has moved on since they were started.
 */

let site: Site;
let console_: Console;
let rolling: ReturnType<typeof rollout>;
let first: PushedImage;
let second: PushedImage;
let api: ContainerImage;

const push = (repository: string, tag: string, version: string, created: string) =>
  pushImage(site.registry, repository, tag, { version, health: "healthy", created });

beforeAll(async () => {
  site = await startSite();
  first = await push("shop/api", "v1.0.0", "1", "2026-01-01T00:00:00Z");
  for (const name of ["api-1", "api-2", "api-3"]) {
    await site.docker.run(
      ...["run", "-d", "--name", name, "--label", "com.docker.compose.project=shop"],
      first.reference,
    );
    await site.service(name);
  }
  second = await push("shop/api", "v1.1.0", "2", "2026-02-01T00:00:00Z");
  await push("shop/api", "v2.0.0", "3", "2026-01-15T00:00:00Z");
  rolling = rollout(site, (await site.connect()).id);
  api = await rolling.synced(first.name, "v1.*.*");
  console_ = await openConsole(site);
  await console_.page.goto(site.system.url);
  await logIn(console_.page, site.system.admin);
});
afterAll(async () => {
  await console_?.close();
  await site?.remove();
});

test("lists what is behind, by project, and what auto-update makes of it", async () => {
  const { page } = console_;
  await console_.open("/e/production/updates?by=project");
  const group = page.getByRole("region", { name: "shop" });
  await group.getByText("3 of 3 services behind").waitFor();
  await group.getByText("minor update").waitFor();
  await group.getByText("auto-update is off for this image").waitFor();
});

test("an image that is pinned says why, and its updates stay", async () => {
  const { page } = console_;
  await page.getByRole("button", { name: "More about the update of api" }).click();
  await page.getByRole("menuitem", { name: "Pin…" }).click();
  await page.getByLabel("Why").fill("Waits for the migration");
  await page.getByRole("button", { name: "Pin it" }).click();
  await page.getByTitle("Waits for the migration").waitFor();
  await page.getByRole("button", { name: "More about the update of api" }).click();
  await page.getByRole("menuitem", { name: "Unpin" }).click();
  await page.getByTitle("Waits for the migration").waitFor({ state: "detached" });
});

test("a version that is skipped is gone from the list, until that is undone", async () => {
  const { page } = console_;
  await page.getByRole("button", { name: "More about the update of api" }).click();
  await page.getByRole("menuitem", { name: "Skip v1.1.0…" }).click();
  await page.getByRole("button", { name: "Skip it" }).click();
  await page.getByText("Nothing is behind").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("3 of 3 services behind").waitFor();
});

test("the image says what it rests on, and how many run what was deployed", async () => {
  const { page } = console_;
  const service = await site.service("api-2");
  const plan = await rolling.deploy(api.id, { tag: "v1.1.0", serviceIds: [service.id] });
  expect(plan.status).toBe("completed");
  await console_.open(`/e/production/images/${api.id}`);
  await page.getByRole("link", { name: "1 of 3" }).waitFor();
  await page.getByText("There is an update (minor)").waitFor();
  await page.getByText("v2.0.0: the filter").waitFor();
  expect(await page.getByRole("button", { name: "Follow v*.*.*" }).isEnabled()).toBe(true);
});

test("what is chosen is updated, and then nothing is behind", async () => {
  const { page } = console_;
  await console_.open("/e/production/updates");
  await page.getByText("2 of 3 services behind").waitFor();
  await page.getByLabel("Choose the update of api").check();
  await page.getByRole("button", { name: "Update 2 services…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("api-1").waitFor();
  await dialog.getByRole("button", { name: "Show the plan" }).click();
  await dialog.getByRole("button", { name: "Update 2 services" }).click();
  await page.getByText("Completed", { exact: true }).first().waitFor();
  await console_.open("/e/production/updates");
  await page.getByText("Nothing is behind").waitFor();
  for (const name of ["api-1", "api-2", "api-3"]) await rolling.expectRuns(name, second, "v1.1.0");
  await settled(page);
  expect(console_.complaints).toEqual([]);
});

test("a policy is tried on the past before it is saved", async () => {
  const { page } = console_;
  await console_.open(`/e/production/images/${api.id}?tab=settings`);
  await page.getByLabel("Minor versions").uncheck();
  await page.getByRole("button", { name: "Try it on the past" }).click();
  const tried = page.getByRole("region", { name: "What it would have done" });
  await tried.getByText("Nothing is changed.").waitFor();
});
