import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Console, logIn, openConsole, seriousFindings } from "../harness/console.ts";
import { pushImage } from "../harness/images.ts";
import type { ContainerImage, Plan } from "../harness/resources.ts";
import { rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";

let site: Site;
let console_: Console;
let image: ContainerImage;
const ann = { email: "ann@bridgeport.test", password: "correct horse battery staple" };
let page: Page;

beforeAll(async () => {
  site = await startSite();
  const push = (version: string) =>
    pushImage(site.registry, "shop/app", `v${version}`, { version, health: "healthy" });
  const one = await push("1.0.0");
  await site.docker.run("run", "-d", "--name", "web", one.reference);
  await site.service("web");
  await push("2.0.0");
  image = await rollout(site, (await site.connect()).id).synced(one.name);
  await site.api.post("/api/users", { ...ann, role: "operator" });
  console_ = await openConsole(site);
  await console_.page.goto(site.system.url);
  await logIn(console_.page, site.system.admin);
  page = await console_.window(ann);
});
afterAll(async () => {
  await console_?.close();
  await site?.remove();
});

const deploy = async () =>
  (
    await site.api.post<{ plan: Plan }>(`/api/container-images/${image.id}/deploy`, {
      tag: "v2.0.0",
    })
  ).plan;

test("an administrator asks for approvals, and who started a plan cannot approve it", async () => {
  const own = console_.page;
  await console_.open("/e/production/operations");
  await own.getByRole("radio", { name: /^One person/ }).check();
  await own.getByText("Saved.").waitFor();
  const plan = await deploy();
  expect(plan.status).toBe("waiting_for_approval");
  await console_.open(`/e/production/plans/${plan.id}`);
  const card = own.getByRole("region", { name: "Waiting for approval" });
  expect(await seriousFindings(own)).toEqual([]);
  for (const name of ["Approve", "Reject"]) {
    const button = card.getByRole("button", { name });
    expect(await button.getAttribute("aria-disabled")).toBe("true");
  }
});

test("somebody else rejects it with a reason", async () => {
  await console_.open("/e/production", page);
  await page.getByRole("link", { name: /waits for approval/ }).click();
  const card = page.getByRole("region", { name: "Waiting for approval" });
  const reject = card.getByRole("button", { name: "Reject" });
  expect(await reject.getAttribute("aria-disabled")).toBe("true");
  await card.getByLabel("Comment").fill("not today");
  await reject.click();
  await page.getByText(`Rejected by ${ann.email}: not today`).waitFor();
});

test("or approves it, and it runs to its end", async () => {
  const plan = await deploy();
  await console_.open(`/e/production/plans/${plan.id}`, page);
  const card = page.getByRole("region", { name: "Waiting for approval" });
  await card.getByLabel("Comment").fill("looks right");
  await card.getByRole("button", { name: "Approve" }).click();
  await page.getByText("Completed", { exact: true }).waitFor();
  const given = page.getByRole("region", { name: "Approvals" });
  await given.getByText("looks right").waitFor();
  expect(await given.textContent()).toContain(ann.email);
});

test("nothing was complained of", () => {
  expect(console_.complaints).toEqual([]);
});
