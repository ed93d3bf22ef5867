import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli } from "../harness/cli.ts";
import {
  type Console,
  logIn,
  openConsole,
  seriousFindings,
  sidewaysScroll,
} from "../harness/console.ts";
import { pushImage } from "../harness/images.ts";
import type { ContainerImage, Plan } from "../harness/resources.ts";
import { rollout } from "../harness/rollout.ts";
import { createScratch, type Scratch } from "../harness/scratch.ts";
import { type Site, startSite } from "../harness/site.ts";

let site: Site;
let console_: Console;
let scratch: Scratch;
let image: ContainerImage;
let plan: Plan;

beforeAll(async () => {
  scratch = createScratch("receipts");
  site = await startSite();
  const push = (version: string) =>
    pushImage(site.registry, "shop/app", `v${version}`, { version, health: "healthy" });
  const one = await push("1.0.0");
  await site.docker.run("run", "-d", "--name", "web", one.reference);
  await site.service("web");
  const two = await push("2.0.0");
  const rolling = rollout(site, (await site.connect()).id);
  image = await rolling.synced(one.name);
  plan = await rolling.deploy(image.id, { tag: "v2.0.0" });
  expect(plan.status).toBe("completed");
  expect(two.digest).toBe(plan.imageDigest);
  console_ = await openConsole(site);
  await console_.page.goto(site.system.url);
  await logIn(console_.page, site.system.admin);
});
afterAll(async () => {
  await console_?.close();
  await site?.remove();
  await scratch?.remove();
});

test("a receipt is saved as a file that the command line verifies, and fits on paper", async () => {
  const { page } = console_;
  await console_.open(`/e/production/plans/${plan.id}`);
  await page.getByRole("link", { name: "Print or save" }).click();
  await page.getByRole("heading", { level: 1, name: /^Receipt of/ }).waitFor();
  await page.getByRole("row", { name: /^web/ }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);

  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save the file" }).click();
  const saved = await saving;
  expect(saved.suggestedFilename()).toBe(`receipt-${plan.id}.json`);
  const receipt = join(scratch.dir, "receipt.json");
  await saved.saveAs(receipt);
  const keys = join(scratch.dir, "keys.json");
  writeFileSync(keys, JSON.stringify(await site.api.get("/api/receipt-keys")));
  // Nothing says where the control plane is.
  const verified = await cli(scratch, ["verify-receipt", receipt, "--key", keys]);
  expect(verified).toMatchObject({ code: 0, err: "" });
  const fingerprint = /the key (\S+) signed/.exec(verified.out)?.[1] ?? "";
  await page.getByText(fingerprint, { exact: true }).waitFor();

  await page.emulateMedia({ media: "print" });
  try {
    // A4 without its margins, at 96 pixels an inch.
    await page.setViewportSize({ width: 718, height: 1047 });
    expect(await sidewaysScroll(page)).toBe(0);
    expect(await page.getByRole("button", { name: "Print" }).isVisible()).toBe(false);
    expect(await page.getByRole("row", { name: /^web/ }).isVisible()).toBe(true);
    expect((await page.pdf({ format: "A4" })).subarray(0, 5).toString()).toBe("%PDF-");
  } finally {
    await page.emulateMedia({ media: null });
    await page.setViewportSize({ width: 1280, height: 900 });
  }
});

test("a freeze is set, shown on every page, and ends", async () => {
  const { page } = console_;
  await console_.open("/e/production/operations");
  await page.getByLabel("Reason").fill("release week");
  await page.getByRole("button", { name: "Freeze", exact: true }).click();
  const banner = page.getByText("Nothing is deployed now");
  await banner.waitFor();
  expect(await seriousFindings(page)).toEqual([]);

  await console_.open(`/e/production/images/${image.id}`);
  await banner.waitFor();
  await page
    .getByRole("button", { name: "Deploy…" })
    .or(page.getByRole("button", { name: /^Deploy/ }))
    .first()
    .click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("radio").first().check();
  await dialog.getByRole("button", { name: "Show the plan" }).click();
  const deploy = dialog.getByRole("button", { name: "Deploy to 1 service" });
  await deploy.waitFor();
  expect(await deploy.getAttribute("aria-disabled")).toBe("true");
  expect(await deploy.getAttribute("aria-describedby")).not.toBeNull();
  await page.keyboard.press("Escape");

  await console_.open("/e/production/operations");
  await page.getByRole("button", { name: "End the freeze" }).click();
  await banner.waitFor({ state: "detached" });
});

test("nothing was complained of", () => {
  expect(console_.complaints).toEqual([]);
});
