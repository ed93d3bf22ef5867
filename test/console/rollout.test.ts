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
import type { ContainerImage } from "../harness/resources.ts";
import { rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";

/* An image with three services on one server, and a newer version of it. */

let site: Site;
let console_: Console;
let image: ContainerImage;
let one: PushedImage;
let two: PushedImage;
const names = ["web-1", "web-2", "web-3"];
const vera = { email: "vera@bridgeport.test", password: "correct horse battery staple" };

beforeAll(async () => {
  site = await startSite();
  const push = (version: string) =>
    pushImage(site.registry, "shop/web", `v${version}`, { version, health: "healthy" });
  one = await push("1.0.0");
  for (const name of names) await site.docker.run("run", "-d", "--name", name, one.reference);
  for (const name of names) await site.service(name);
  two = await push("2.0.0");
  image = await rollout(site, (await site.connect()).id).synced(one.name);
  await site.api.post("/api/users", { ...vera, role: "viewer" });
  console_ = await openConsole(site);
  await console_.page.goto(site.system.url);
  await logIn(console_.page, site.system.admin);
});
afterAll(async () => {
  await console_?.close();
  await site?.remove();
});

/** How many of the services run the newer version. */
async function moved(): Promise<number> {
  const containers = await Promise.all(names.map((name) => site.docker.inspect(name)));
  return containers.filter(({ Image }) => Image === site.engine.imageId(two)).length;
}
const heading = (name: string) => console_.page.getByRole("heading", { name });
const button = (name: string) => console_.page.getByRole("button", { name, exact: true });
const confirm = (name: string) =>
  console_.page.getByRole("dialog").getByRole("button", { name, exact: true }).click();

/** Opens the deploy dialog of a version, and in it what makes it a careful rollout. */
async function openDialog(tag: string) {
  const { page } = console_;
  await console_.open(`/e/production/images/${image.id}`);
  await page.getByRole("button", { name: `Deploy ${tag}` }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Careful rollout").click();
  return dialog;
}

test("a canary is asked for in the dialog, which says what it will do", async () => {
  const { page } = console_;
  const dialog = await openDialog("v2.0.0");
  await dialog.getByLabel("Services in a batch").fill("none");
  const show = dialog.getByRole("button", { name: "Show the plan" });
  expect(await show.getAttribute("aria-disabled")).toBe("true");
  await dialog.getByLabel("Services in a batch").fill("1");
  await dialog.getByLabel("Soak").fill("1");
  await dialog.getByLabel("Unit").selectOption("seconds");
  await dialog.getByLabel("Wait for a person").selectOption("after one batch");
  await dialog
    .getByText(
      "1 service of each image at a time; each batch is watched for 1 s; waits for you after batch 1.",
    )
    .waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await show.click();
  await dialog
    .getByText("3 batches: 1, 1, 1; each is watched for 1 s; waits for you after batch 1.")
    .waitFor();
  await dialog.getByText("Then, batch 1").waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Deploy to 3 services" }).click();
  await page.waitForURL(/\/plans\//);
});

test("it pauses after its first batch, says why and what each way on does", async () => {
  const { page } = console_;
  await heading("Paused: it waits for a person").waitFor();
  expect(await moved()).toBe(1);
  for (const batch of ["Batch 1 of 3", "Batch 2 of 3", "Batch 3 of 3"]) {
    await heading(batch).waitFor();
  }
  await page.getByText("Stayed healthy").waitFor();
  await page.getByText("It goes on with batch 2.").first().waitFor();
  await page.getByText("1 service that it has touched goes back").waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  for (const width of [360, 768, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    expect(await sidewaysScroll(page), `${width} px`).toBe(0);
  }
});

test("lists and the overview say that it waits", async () => {
  const { page } = console_;
  const plan = new URL(page.url()).pathname;
  await console_.open("/e/production");
  await page.getByRole("link", { name: /is paused: it waits for a person/ }).waitFor();
  await console_.open("/e/production/plans?status=paused");
  await page.getByRole("row", { name: /Paused/ }).waitFor();
  await console_.open(plan);
});

test("who may only look can neither resume it nor take it back", async () => {
  const plan = new URL(console_.page.url()).pathname;
  const other = await console_.window(vera);
  await console_.open(plan, other);
  for (const name of ["Resume", "Roll back", "Cancel"]) {
    const refused = other.getByRole("button", { name, exact: true });
    expect(await refused.getAttribute("aria-disabled"), name).toBe("true");
  }
});

test("resumed, it moves the other services", async () => {
  const { page } = console_;
  await button("Resume").click();
  await confirm("Resume the plan");
  await page.getByText("Completed", { exact: true }).waitFor();
  expect(await moved()).toBe(3);
});

test("one that soaks and is measured is paused by hand, and cancelled as it is then", async () => {
  const { page } = console_;
  const dialog = await openDialog("v1.0.0");
  await dialog.getByLabel("Services in a batch").fill("1");
  await dialog.getByLabel("Soak").fill("1");
  await dialog.getByLabel("Unit").selectOption("hours");
  await dialog.getByLabel("Prometheus").fill("http://127.0.0.1:9");
  await dialog.getByText("Say what is asked, in PromQL.").first().waitFor();
  await dialog.getByLabel("Query").fill("up");
  await dialog.getByLabel("Has to be").selectOption(">=");
  await dialog.getByLabel("Limit").fill("1");
  expect(await seriousFindings(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Show the plan" }).click();
  await dialog.getByRole("button", { name: "Deploy to 3 services" }).click();
  await page.waitForURL(/\/plans\//);
  await page.getByText("Batch 1 is being watched").waitFor();
  // Its time has begun: it counts down.
  await page.getByText(/^1 service, 59 min \d\d s left$/).waitFor();
  await page.getByText("up has to be >= 1. It has not been asked yet.").waitFor();
  expect(await seriousFindings(page)).toEqual([]);

  await button("Pause").click();
  await page.getByRole("dialog").getByLabel("Why").fill("the database is slow");
  await confirm("Pause the plan");
  await heading("Paused: it waits for a person").waitFor();
  await page.getByText("the database is slow").first().waitFor();

  await button("Cancel").click();
  await confirm("Cancel the plan");
  await page.getByText("Cancelled", { exact: true }).first().waitFor();
  await heading("Paused: it waits for a person").waitFor({ state: "detached" });
  expect(await moved()).toBe(2);
  await settled(page);
});

test("the image's settings have auto-update go on as carefully", async () => {
  const { page } = console_;
  await console_.open(`/e/production/images/${image.id}?tab=settings`);
  await page.getByText("Careful rollout").click();
  await page.getByLabel("Services in a batch").fill("1");
  await page.getByText("1 service of each image at a time.").waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  const form = page.locator("form", { hasText: "Careful rollout" });
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  const { policy } = await site.api.get<{ policy: { rollout: object | null } }>(
    `/api/container-images/${image.id}/update-policy`,
  );
  expect(policy.rollout).toMatchObject({ batch: 1, onFailure: "rollback" });
  await settled(page);
});

test("nothing was complained of", () => {
  expect(console_.complaints).toEqual([]);
});
