import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { countScripts } from "../harness/browser.ts";
import {
  type Console,
  logIn,
  openConsole,
  seriousFindings,
  settled,
  sidewaysScroll,
} from "../harness/console.ts";
import { pushImage } from "../harness/images.ts";
import { digestRow, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";

const long = `a-${"very-".repeat(12)}long-name`;
const places = ["images", "updates", "plans", "registries", "servers", "services"];
const viewer = { email: "viewer@example.com", password: "correct horse battery" };
let site: Site;
let console_: Console;
let phone: Page;
/** Addresses by the name of their page. */
const paths = new Map<string, string>();

beforeAll(async () => {
  site = await startSite();
  const { registry, docker, api, environment } = site;
  const old = await pushImage(registry, `shop/${long}`, ["v1.0.0", `branch-${long}`], {
    version: "1",
    health: "healthy",
  });
  const next = await pushImage(registry, `shop/${long}`, "v2.0.0", {
    version: "2",
    health: "healthy",
    created: "2026-02-01T00:00:00Z",
  });
  const rolling = rollout(site, (await site.connect()).id);
  const project = `com.docker.compose.project=${long}`;
  for (const name of ["first", "second", long]) {
    await docker.run("run", "-d", "--name", name, "--label", project, old.reference);
  }
  const [first, second, third] = [
    await site.service("first"),
    await site.service("second"),
    await site.service(long),
  ];
  for (const [from, to] of [
    [second, first],
    [third, second],
  ] as const) {
    const body = { dependsOnId: to.id, type: "health_before" };
    await api.post(`/api/services/${from.id}/dependencies`, body);
  }
  const image = await rolling.synced(old.name, "*");
  const plan = await rolling.deploy(image.id, { imageDigestId: digestRow(image, next).id });
  expect(plan.status).toBe("completed");
  await api.post("/api/users", { ...viewer, name: "Vera", role: "viewer" });
  await api.post("/api/environments", { name: "empty" });
  await api.post(`/api/environments/${environment.id}/servers`, {
    name: long,
    tags: [long.slice(0, 50)],
  });
  await api.post("/api/tokens", { name: long, role: "viewer" });
  await api.post("/api/admin/webhooks", {
    name: long,
    url: `https://hooks.example.com/${long}`,
    events: ["server.offline"],
  });

  const of = (place: string) => `/e/production${place}`;
  for (const place of [...places, "operations"]) {
    paths.set(place, of(`/${place}`));
    if (place !== "operations") paths.set(`${place}, empty`, `/e/empty/${place}`);
  }
  for (const place of ["environments", "webhooks", "users", "tokens", "audit", "system"]) {
    paths.set(place, `/settings/${place}`);
  }
  for (const tab of ["digests", "services", "tags", "history", "settings"]) {
    paths.set(`image, ${tab}`, of(`/images/${image.id}?tab=${tab}`));
  }
  for (const tab of ["overview", "logs", "dependencies", "history", "settings"]) {
    paths.set(`service, ${tab}`, of(`/services/${third.id}?tab=${tab}`));
  }
  for (const tab of ["services", "machine", "events"]) {
    paths.set(`server, ${tab}`, of(`/servers/${site.server.id}?tab=${tab}`));
  }
  paths.set("images, by project", of("/images?by=project"));
  paths.set("services, by project", of(`/services?by=project&project=${long}`));
  paths.set("project", of(`/projects/${long}`));
  paths.set("project, empty", "/e/empty/projects/shop");
  const step = plan.steps.find(({ action }) => action === "deploy");
  paths.set("overview", of(""));
  paths.set("overview, empty", "/e/empty");
  paths.set("plan", of(`/plans/${plan.id}?step=${step?.id}`));
  paths.set("account", "/account");

  console_ = await openConsole(site);
  await console_.page.goto(`${site.system.url}/login`);
  await logIn(console_.page, site.system.admin);
  phone = await console_.window(site.system.admin, 360);
});
afterAll(async () => {
  await console_?.close();
  await site?.remove();
});

const names = [
  ...["overview", "overview, empty", "plan", "account"],
  ...["images, by project", "services, by project", "project", "project, empty"],
  ...places.flatMap((place) => [place, `${place}, empty`]),
  ...["operations", "environments", "webhooks", "users", "tokens", "audit", "system"],
  ...["digests", "services", "tags", "history", "settings"].map((tab) => `image, ${tab}`),
  ...["overview", "logs", "dependencies", "history", "settings"].map((tab) => `service, ${tab}`),
  ...["services", "machine", "events"].map((tab) => `server, ${tab}`),
];

describe.each(names)("the page %s", (name) => {
  test("is accessible in both themes, fits a phone, and is quiet", async () => {
    const { page, complaints } = console_;
    const path = paths.get(name) ?? "";
    await page.emulateMedia({ colorScheme: "light" });
    await Promise.all([console_.open(path), console_.open(path, phone)]);
    expect(await seriousFindings(page), "light").toEqual([]);
    // A theme changes colours only.
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await seriousFindings(page, ["color-contrast"]), "dark").toEqual([]);
    expect(await sidewaysScroll(phone), "pixels to scroll sideways on a phone").toBe(0);
    expect(complaints).toEqual([]);
  });
});

test("the current one of many tabs is in sight on a phone", async () => {
  await console_.open(paths.get("image, settings") ?? "", phone);
  const tab = phone.getByRole("navigation", { name: "About this image" }).locator("[aria-current]");
  const { x = -1, width = 0 } = (await tab.boundingBox()) ?? {};
  expect(x).toBeGreaterThanOrEqual(0);
  expect(x + width).toBeLessThanOrEqual(360);
});

test("the audit says whether it is as it was written, and what keeps it so", async () => {
  const { page } = console_;
  await console_.open("/settings/audit");
  await page.getByRole("button", { name: "Verify" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Every entry is as it was written").waitFor();
  await dialog.getByText(/^(The database protects it|Triggers protect it)$/).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
});

test("the first screen takes less than 120 kB of compressed JavaScript", async () => {
  const page = await console_.page.context().newPage();
  const scripts = await countScripts(page);
  await console_.open(paths.get("overview") ?? "", page);
  expect(scripts()).toBeGreaterThan(20_000);
  expect(scripts()).toBeLessThan(120_000);
  await page.close();
});

/** Axe passes over what cannot be pressed; a user who wonders why it cannot has to read it all the same. */
async function unreadable(page: Page): Promise<string[]> {
  await page.evaluate(
    `for (const one of document.querySelectorAll("[aria-disabled]")) one.removeAttribute("aria-disabled")`,
  );
  const findings: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    findings.push(...(await seriousFindings(page, ["color-contrast"])));
  }
  return findings;
}

test("what a role may not do is shown with the reason, and cannot be pressed", async () => {
  const page = await console_.window(viewer);
  await console_.open(paths.get("image, digests") ?? "", page);
  const deploy = page.getByRole("button", { name: "Deploy v2.0.0" });
  expect(await deploy.getAttribute("aria-disabled")).toBe("true");
  const reason = "Your role is viewer; this needs an operator or an administrator.";
  const described = await deploy.getAttribute("aria-describedby");
  expect(await page.locator(`[id="${described}"]`).textContent()).toBe(reason);
  expect(await unreadable(page)).toEqual([]);
  await deploy.focus();
  await page.keyboard.press("Enter");
  expect(await page.getByRole("dialog").count()).toBe(0);
  await console_.open("/settings/users", page);
  await page.getByText("Your role is viewer; this needs an administrator.").first().waitFor();
  await console_.open("/settings/environments", page);
  expect(await unreadable(page)).toEqual([]);
  await page.getByRole("button", { name: "Actions for production" }).click();
  await page.getByRole("menuitem", { name: /^Rename/ }).waitFor();
  expect(await unreadable(page)).toEqual([]);
  await page.context().close();
});

test("the address holds filters and page, and 10,000 rows do not slow a table", async () => {
  const { page } = console_;
  const { images } = await site.api.get<{ images: Record<string, unknown>[] }>(
    `/api/environments/${site.environment.id}/container-images`,
  );
  const [template = {}] = images;
  await page.route(/\/container-images\?/, async (route) => {
    const offset = Number(new URL(route.request().url()).searchParams.get("offset"));
    const rows = Array.from({ length: 100 }, (_, at) => ({
      ...template,
      id: `id-${offset + at}`,
      name: `image ${offset + at}`,
    }));
    await route.fulfill({ json: { images: rows, total: 10_000 } });
  });
  await console_.open("/e/production/images?sort=-name&page=3");
  const table = page.getByRole("table", { name: "Container images" });
  await table.getByRole("link", { name: "image 9899", exact: true }).waitFor();
  expect(await table.getByRole("row").count()).toBe(51);
  await page.keyboard.press("/");
  await page.keyboard.type("image 4242");
  await table.getByRole("link", { name: "image 4242" }).waitFor();
  expect(new URL(page.url()).search).toBe("?sort=-name&q=image+4242");
  await page.unrouteAll();
});

test("a list that cannot be read says why, and reads it again when asked", async () => {
  const { page, complaints } = console_;
  const sentence = "The database is being looked after. Try again in a minute.";
  await page.route(/\/deployment-plans\?/, (route) =>
    route.fulfill({ status: 400, json: { error: sentence, code: "later", details: [] } }),
  );
  await page.goto(`${site.system.url}${paths.get("plans")}`);
  await page.getByRole("alert").getByText(sentence).waitFor();
  await page.unrouteAll();
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("link", { name: /v2\.0\.0/ }).waitFor();
  await settled(page);
  expect(complaints.filter((text) => !text.includes("400"))).toEqual([]);
});

test("shortcuts lead everywhere, are listed, and single keys can be turned off", async () => {
  const { page } = console_;
  await console_.open(paths.get("overview") ?? "");
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await page.getByRole("heading", { level: 1, name: "Services" }).waitFor();
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await help.getByRole("switch").click();
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "hidden" });
  await page.keyboard.press("g");
  await page.keyboard.press("i");
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog", { name: /Go to anything/ }).waitFor();
  await page.keyboard.type("second");
  await page.getByRole("option", { name: /Service second/ }).click();
  await page.getByRole("heading", { level: 1, name: "second" }).waitFor();
});
