import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Console,
  logIn,
  openConsole,
  seriousFindings,
  settled,
  sidewaysScroll,
} from "../harness/console.ts";
import { type ImageOptions, type PushedImage, pushImage } from "../harness/images.ts";
import type { ContainerImage } from "../harness/resources.ts";
import { digestRow, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";

const repository = "https://github.com/acme/shop";
const [old, now] = ["0123456789".repeat(4), "abcdef0123".repeat(4)];
const oci = (facts: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [`org.opencontainers.image.${name}`, value]),
  );

let site: Site;
let console_: Console;
let phone: Page;
let image: ContainerImage;
let plain: ContainerImage;
let one: PushedImage;
let two: PushedImage;

beforeAll(async () => {
  site = await startSite();
  const push = (name: string, version: string, more: ImageOptions) =>
    pushImage(site.registry, name, `v${version}`, { version, health: "healthy", ...more });
  one = await push("shop/web", "1.0.0", {
    env: { MODE: "plain", OLD_SETTING: "goes" },
    labels: oci({ source: `${repository}.git`, revision: old, version: "1.0.0" }),
  });
  two = await push("shop/web", "1.1.0", {
    env: { MODE: "fancy" },
    labels: oci({
      source: repository,
      revision: now,
      version: "1.1.0",
      licenses: "MIT",
      url: "https://shop.example.com/",
      documentation: "javascript:alert(1)",
    }),
    created: "2026-02-01T00:00:00Z",
    extraBytes: 50_000,
  });
  const bare = await push("shop/bare", "1", {});
  await push("shop/bare", "2", { created: "2026-02-01T00:00:00Z" });
  await site.docker.run("run", "-d", "--name", "web", "-e", "MINE=kept", one.reference);
  await site.docker.run("run", "-d", "--name", "bare", bare.reference);
  await Promise.all([site.service("web"), site.service("bare")]);
  const rolling = rollout(site, (await site.connect()).id);
  image = await rolling.synced(one.name);
  plain = await rolling.synced(bare.name);
  console_ = await openConsole(site);
  await console_.page.goto(`${site.system.url}/login`);
  await logIn(console_.page, site.system.admin);
  phone = await console_.window(site.system.admin, 360);
});
afterAll(async () => {
  await console_?.close();
  await site?.remove();
});

/** Fails unless the link leads there, says where that is, and tells the other side nothing of us. */
async function expectLink(within: Locator, name: RegExp, href: string): Promise<void> {
  const link = within.getByRole("link", { name }).first();
  await link.waitFor();
  expect(await link.getAttribute("href")).toBe(href);
  expect(await link.getAttribute("rel")).toBe("noopener noreferrer");
  expect(await link.textContent()).toContain(new URL(href).host);
}

async function expectWell(page: Page): Promise<void> {
  expect(await sidewaysScroll(phone), "pixels to scroll sideways on a phone").toBe(0);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await seriousFindings(page), colorScheme).toEqual([]);
  }
  expect(console_.complaints).toEqual([]);
}

test("the deploy dialog says what changed, beside what the container keeps", async () => {
  for (const page of [phone, console_.page]) {
    await console_.open(`/e/production/images/${image.id}`, page);
    await page.getByRole("button", { name: "Deploy v1.1.0" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Show the plan" }).click();
    const changed = dialog.getByRole("region", { name: "What changed" });
    await expectLink(changed, /Compare the source/, `${repository}/compare/${old}...${now}`);
    await expectLink(changed, /Release 1\.1\.0/, `${repository}/releases/tag/1.1.0`);
    await expectLink(changed, /Source code/, repository);
    const text = (await changed.allInnerTexts()).join().replaceAll(/\s+/g, " ");
    expect(text).toMatch(/Version 1\.0\.0 1\.1\.0/);
    expect(text).toMatch(/env\.MODE − before: plain \+ after: fancy/);
    expect(text).toMatch(/env\.OLD_SETTING − before: goes/);
    expect(text).toMatch(/Size .* more\)/);
    expect(text).not.toContain("MINE");
    await dialog.getByText("web", { exact: true }).click();
    await dialog.getByText("Kept as it is", { exact: false }).first().waitFor();
  }
  await expectWell(console_.page);
  for (const page of [phone, console_.page]) {
    await page.getByRole("dialog").getByRole("button", { name: "Back" }).click();
    await page.keyboard.press("Escape");
  }
});

test("the list and the details of digests say where an image comes from", async () => {
  const { page } = console_;
  await Promise.all(
    [phone, page].map((on) => console_.open(`/e/production/images/${image.id}`, on)),
  );
  const row = page.getByRole("row", { name: /v1\.1\.0/ });
  await row
    .getByText(`revision ${now.slice(0, 12)}`)
    .last()
    .waitFor();
  expect(
    await row
      .getByRole("link", { name: /Source/ })
      .last()
      .getAttribute("href"),
  ).toBe(`${repository}/commit/${now}`);
  await expectWell(page);
  for (const on of [phone, page]) {
    await on.getByRole("button", { name: "Details of v1.1.0" }).click();
    const dialog = on.getByRole("dialog", { name: "v1.1.0" });
    await expectLink(dialog, /^1\.1\.0/, `${repository}/releases/tag/1.1.0`);
    await expectLink(dialog, new RegExp(`^${now}`), `${repository}/commit/${now}`);
    await expectLink(dialog, /Home page/, "https://shop.example.com/");
    await dialog.getByText("MIT").first().waitFor();
    await dialog.getByText(/\d labels/).click();
    await dialog.getByText("org.opencontainers.image.licenses").waitFor();
    // What an image calls its documentation leads nowhere unless it is a web address.
    expect(await dialog.locator("a:not([href^='https://'])").count()).toBe(0);
  }
  await expectWell(page);
  for (const on of [phone, page]) await on.keyboard.press("Escape");
});

test("two digests are compared, chosen from a list, and the address says which", async () => {
  const { page } = console_;
  const path = `/e/production/images/${image.id}`;
  await Promise.all([phone, page].map((on) => console_.open(path, on)));
  for (const on of [phone, page]) {
    await on.getByRole("link", { name: "Compare…" }).click();
    const changed = on.getByRole("region", { name: "What changed" });
    await expectLink(changed, /Compare the source/, `${repository}/compare/${old}...${now}`);
  }
  await expectWell(page);
  await page.getByRole("button", { name: "Swap the two" }).click();
  const changed = page.getByRole("region", { name: "What changed" });
  await expectLink(changed, /Compare the source/, `${repository}/compare/${now}...${old}`);
  await expectLink(changed, /Release/, `${repository}/releases/tag/1.0.0`);
  const { searchParams } = new URL(page.url());
  expect([searchParams.get("from"), searchParams.get("to")]).toEqual([
    digestRow(image, two).id,
    digestRow(image, one).id,
  ]);
  await page.getByLabel("To", { exact: true }).selectOption(digestRow(image, two).id);
  await changed.getByText("The same in both images.").waitFor();
});

test("a viewer sees which variables differ, and not what they are", async () => {
  const viewer = { email: "viewer@example.com", password: "correct horse battery" };
  await site.api.post("/api/users", { ...viewer, name: "Vera", role: "viewer" });
  const page = await console_.window(viewer);
  await console_.open(`/e/production/images/${image.id}/compare`, page);
  const changed = page.getByRole("region", { name: "What changed" });
  await changed.getByText("env.MODE").waitFor();
  await changed.getByText("changed; operators see the value").first().waitFor();
  expect(await changed.textContent()).not.toMatch(/plain|fancy/);
  await page.context().close();
});

test("services that run different images are told apart in the dialog", async () => {
  const { page } = console_;
  const three = await pushImage(site.registry, "shop/web", "v1.2.0", {
    version: "1.2.0",
    health: "healthy",
    created: "2026-03-01T00:00:00Z",
  });
  await site.docker.run("run", "-d", "--name", "ahead", two.reference);
  await site.service("ahead");
  await site.api.post(`/api/container-images/${image.id}/check-updates`);
  await console_.open(`/e/production/images/${image.id}`);
  await page.getByRole("button", { name: "Deploy v1.2.0" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Show the plan" }).click();
  const changed = dialog.getByRole("region", { name: "What changed" });
  for (const [name, from] of [
    ["web", one],
    ["ahead", two],
  ] as const) {
    const group = changed.getByRole("group").filter({ hasText: `For ${name}, which runs` });
    if ((await group.getAttribute("open")) === null) await group.locator("summary").first().click();
    await group.getByText(from.digest.slice(7, 19)).nth(1).waitFor();
    await group.getByText(three.digest.slice(7, 19)).first().waitFor();
    await group.getByText("The image says nothing of its source.").waitFor();
  }
  await dialog.getByRole("button", { name: "Back" }).click();
  await page.keyboard.press("Escape");
});

test("what runs and is not known of the image is not asked for", async () => {
  const { page } = console_;
  const made = await pushImage(site.registry, "shop/web", "not-read-yet", { version: "0.9.0" });
  await site.docker.run("run", "-d", "--name", "odd", made.reference);
  await site.service("odd");
  await console_.open(`/e/production/images/${image.id}`);
  await page.getByRole("button", { name: "Deploy v1.2.0" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Show the plan" }).click();
  const group = dialog.getByRole("group").filter({ hasText: "For odd, which runs" });
  await group.locator("summary").first().click();
  await group.getByText("is none of the digests that are known of this image").waitFor();
  expect(console_.complaints).toEqual([]);
  await dialog.getByRole("button", { name: "Back" }).click();
  await page.keyboard.press("Escape");
});

test("an image that says nothing of its source says so", async () => {
  const { page } = console_;
  await console_.open(`/e/production/images/${plain.id}/compare`);
  await page.getByText("The image says nothing of its source.").waitFor();
  expect(await page.getByRole("region", { name: "What changed" }).getByRole("link").count()).toBe(
    0,
  );
  await console_.open(`/e/production/images/${plain.id}`);
  await page.getByRole("button", { name: "Details of v2" }).click();
  await page.getByRole("dialog").getByText("The image says nothing of its source.").waitFor();
  await page.keyboard.press("Escape");
  await settled(page);
  expect(console_.complaints).toEqual([]);
});
