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
import type { Plan, Service } from "../harness/resources.ts";
import { rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";

/*
 * One image with three services: one runs, one is a job that has ended, and the container of the
 * third was removed by hand.
 */

let site: Site;
let console_: Console;
let one: PushedImage;
let two: PushedImage;
let imageId: string;
let gone: Service;

beforeAll(async () => {
  site = await startSite();
  const push = (version: string) =>
    pushImage(site.registry, "shop/app", `v${version}`, { version, health: "healthy" });
  one = await push("1.0.0");
  for (const name of ["web", "gone"])
    await site.docker.run("run", "-d", "--name", name, one.reference);
  await site.docker.run("run", "--name", "job", one.reference, "true");
  for (const name of ["web", "job"]) await site.service(name);
  gone = await site.service("gone");
  await site.docker.run("rm", "--force", "gone");
  await site.api.until<{ service: Service }>(
    `/api/services/${gone.id}`,
    ({ service }) => service.discoveryStatus === "missing",
    { what: "the service to be missing" },
  );
  two = await push("2.0.0");
  const rolling = rollout(site, (await site.connect()).id);
  imageId = (await rolling.synced(one.name)).id;
  console_ = await openConsole(site);
  await console_.page.goto(site.system.url);
  await logIn(console_.page, site.system.admin);
});
afterAll(async () => {
  await console_?.close();
  await site?.remove();
});

/** How the console writes a container's or an image's id. */
const short = (id: string | undefined) => (id ?? "").replace("sha256:", "").slice(0, 12);
/** What a container is now, in the words of a receipt. */
async function seen(container: string): Promise<RegExp> {
  const { Id, Image } = await site.docker.inspect(container);
  return new RegExp(`container ${short(Id)}\\s*, image ${short(Image)}`);
}

test("a deploy says before and after it which service is not part of it, and why", async () => {
  const { page } = console_;
  await console_.open(`/e/production/images/${imageId}`);
  await page.getByRole("button", { name: "Deploy v2.0.0" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Show the plan" }).click();
  const sentence = `gone on ${site.server.name}: Its container gone is gone from ${site.server.name}`;
  await dialog.getByText("Not part of it").waitFor();
  await dialog.getByRole("listitem").filter({ hasText: sentence }).waitFor();
  await dialog.getByRole("button", { name: "Deploy to 2 services" }).click();
  await page.waitForURL(/\/plans\//);
  await page.getByText("Completed", { exact: true }).waitFor();
  await page.getByText("Not part of it").waitFor();
  const left = page.getByRole("listitem").filter({ hasText: sentence });
  expect(await left.getByRole("link").getAttribute("href")).toContain(`/services/${gone.id}`);
});

test("the receipt of the plan shows each container as its server saw it, before and after", async () => {
  const { page } = console_;
  const receipt = page.getByRole("region", { name: "Receipt" });
  const web = receipt.getByRole("row", { name: /^web/ });
  const [, after] = await web.getByRole("cell").allInnerTexts();
  // The gate may have asked the check before the engine's own next turn.
  expect(after).toMatch(/^runs, (starting|healthy)/m);
  expect(after).toMatch(await seen("web"));
  const job = receipt.getByRole("row", { name: /^job/ });
  const [before, now] = await job.getByRole("cell").allInnerTexts();
  await job.getByText("Updated, not run: it had ended with code 0.").waitFor();
  expect(before).toContain("ended with code 0");
  expect(now).toContain("does not run");
  expect(now).toMatch(await seen("job"));
  expect(await receipt.getByRole("row", { name: /^gone/ }).count()).toBe(0);
  expect(await receipt.getByRole("columnheader", { name: "After the rollback" }).count()).toBe(0);
});

test("a job that was updated and not run says so, and runs at a click", async () => {
  const { page } = console_;
  const { id } = await site.service("job");
  await console_.open(`/e/production/services/${id}`);
  const notice = page.getByText("Updated, not run", { exact: true });
  await notice.waitFor();
  expect((await site.docker.inspect("job")).State.Status).toBe("created");
  await page.getByRole("button", { name: "Run it now" }).click();
  await notice.waitFor({ state: "detached" });
  // It ends at once, and from then on is started like any other.
  await page.getByRole("button", { name: "Start", exact: true }).waitFor();
  const container = await site.docker.inspect("job");
  expect(container.Image).toBe(site.engine.imageId(two));
  expect(container.State).toMatchObject({ Status: "exited", ExitCode: 0 });
});

test("the receipt shows what a rollback has brought back", async () => {
  const { page } = console_;
  const { plans } = await site.api.get<{ plans: { id: string }[] }>(
    `/api/environments/${site.environment.id}/deployment-plans`,
  );
  await console_.open(`/e/production/plans/${plans[0]?.id}`);
  await page.getByRole("button", { name: "Roll back" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Roll back 2 services" }).click();
  await page.getByText("Rolled back", { exact: true }).first().waitFor();
  const receipt = page.getByRole("region", { name: "Receipt" });
  await receipt.getByRole("columnheader", { name: "After the rollback" }).waitFor();
  const web = receipt.getByRole("row", { name: /^web/ });
  const [before, , back] = await web.getByRole("cell").allInnerTexts();
  expect((await site.docker.inspect("web")).Image).toBe(site.engine.imageId(one));
  // The container of before was kept until the plan had completed: this one was made again.
  expect(before).toContain(`image ${short(site.engine.imageId(one))}`);
  expect(back).toMatch(await seen("web"));
  await settled(page);
});

type WholePlan = Plan & { services: object[] };

/** The address of a plan like `plan`, of 400 services of which one has failed and one is being replaced. */
async function widePlan(plan: WholePlan): Promise<string> {
  const id = plan.id.replace(/....$/, "0000");
  const [service] = plan.services;
  const deploy = plan.steps.find(({ action }) => action === "deploy");
  const numbers = Array.from({ length: 400 }, (_, at) => at);
  const about = (at: number) => ({ id: null, name: `wide-${at}`, serverName: "edge-1" });
  const status = (at: number) =>
    at === 200 ? "failed" : at === 201 ? "running" : at < 200 ? "success" : "pending";
  const wide = {
    ...{ ...plan, id, status: "running", completedAt: null, leftOut: [] },
    services: numbers.map((at) => ({ ...service, ...about(at), dependsOn: [] })),
    steps: numbers.map((at) => ({
      ...{ ...deploy, id: `step-${at}`, order: at, detail: null, logs: "", status: status(at) },
      ...{ service: about(at), services: [about(at)] },
      ...(at > 201 ? { startedAt: null } : {}),
      ...(at > 200 ? { completedAt: null } : {}),
    })),
  };
  await console_.page
    .context()
    .route(`**/api/deployment-plans/${id}`, (route) => route.fulfill({ json: { plan: wide } }));
  return `/e/production/plans/${id}`;
}

test("of a large plan only what matters is open, and the rest is there at a click", async () => {
  const { page } = console_;
  const { plans } = await site.api.get<{ plans: WholePlan[] }>(
    `/api/environments/${site.environment.id}/deployment-plans`,
  );
  await console_.open(await widePlan(plans[0] as WholePlan));
  const timeline = page.getByRole("region", { name: "Time line" });
  const rows = timeline.getByRole("listitem");
  await timeline.getByText("200 of 400 services done").waitFor();
  expect(await rows.allInnerTexts()).toEqual([
    expect.stringMatching(/^wide-200 on edge-1\s+Failed/),
    expect.stringMatching(/^wide-201 on edge-1\s+Replacing/),
  ]);
  await timeline.getByRole("button", { name: "Waiting 198" }).click();
  await rows.nth(51).waitFor();
  expect(await rows.count()).toBe(52);
  await timeline.getByRole("button", { name: "Show more of Waiting" }).click();
  await rows.nth(101).waitFor();
  expect(await seriousFindings(page)).toEqual([]);

  const graph = page.getByRole("region", { name: "Dependency graph" });
  expect(await graph.getByRole("button").count()).toBeLessThan(40);
  await graph.press("End");
  await graph.getByRole("button", { name: /^wide-399/ }).click();
  await timeline.getByText("This step has not started yet.").waitFor();
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await sidewaysScroll(page), "pixels to scroll sideways").toBe(0);
  await page.setViewportSize({ width: 1280, height: 900 });
});

test("nothing in all of that was an error or a warning on the console", () => {
  expect(console_.complaints).toEqual([]);
});
