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
import type {
  ContainerImage,
  Environment,
  Plan,
  RegistryConnection,
} from "../harness/resources.ts";
import { rollout } from "../harness/rollout.ts";
import { type JoinedServer, joinServer, type Site, startSite } from "../harness/site.ts";

/*
 * Production runs the first version of an image. Staging runs the second one on a server of its own, and
 * beside it an image that production does not have.
 */

let site: Site;
let staging: JoinedServer;
let console_: Console;
let two: PushedImage;

beforeAll(async () => {
  site = await startSite();
  const push = (name: string, version: string) =>
    pushImage(site.registry, `shop/${name}`, `v${version}`, { version, health: "healthy" });
  const one = await push("web", "1.0.0");
  const db = await push("db", "1.0.0");
  two = await push("web", "2.0.0");
  await site.docker.run("run", "-d", "--name", "web", one.reference);
  await site.service("web");
  await rollout(site, (await site.connect()).id).synced(one.name);
  const { environment } = await site.api.post<{ environment: Environment }>("/api/environments", {
    name: "staging",
  });
  staging = await joinServer(site, "staging-1", { environmentId: environment.id });
  await staging.docker.run("run", "-d", "--name", "web", two.reference);
  await staging.docker.run("run", "-d", "--name", "db", db.reference);
  await syncIn(environment, [one.name, db.name]);
  console_ = await openConsole(site);
  await console_.page.goto(site.system.url);
  await logIn(console_.page, site.system.admin);
});
afterAll(async () => {
  await console_?.close();
  await staging?.remove();
  await site?.remove();
});

/** Connects the registry in an environment, and waits until these images are known and read there. */
async function syncIn({ id }: Environment, names: string[]): Promise<void> {
  const { registry } = await site.api.post<{ registry: RegistryConnection }>(
    `/api/environments/${id}/registries`,
    { name: "staging", type: "generic", registryUrl: `http://${site.registry.host}` },
  );
  const { images } = await site.api.until<{ images: ContainerImage[] }>(
    `/api/environments/${id}/container-images`,
    (body) => names.every((name) => body.images.some(({ imageName }) => imageName === name)),
    { what: `${names.join(", ")} to be known` },
  );
  for (const image of images) {
    await site.api.patch(`/api/container-images/${image.id}`, {
      ...{ registryConnectionId: registry.id, tagFilter: "*" },
    });
    await site.api.post(`/api/container-images/${image.id}/check-updates`);
  }
}

const plans = async () =>
  (
    await site.api.get<{ plans: Plan[] }>(
      `/api/environments/${site.environment.id}/deployment-plans`,
    )
  ).plans;

test("what another environment runs is chosen, shown with what is left out, and given up again", async () => {
  const { page } = console_;
  await console_.open("/e/production/images");
  await page.getByRole("button", { name: "Promote…" }).click();
  const dialog = page.getByRole("dialog", { name: "Promote to production" });
  const show = dialog.getByRole("button", { name: "Show the plan" });
  expect(await show.getAttribute("aria-disabled")).toBe("true");
  await dialog.getByLabel("What runs in").selectOption("staging");
  await dialog.getByText("Careful rollout").click();
  await dialog.getByLabel("Soak").fill("1");
  await dialog.getByLabel("Unit").selectOption("seconds");
  expect(await seriousFindings(page)).toEqual([]);
  await show.click();
  await dialog.getByText("Not promoted").waitFor();
  const left = dialog.getByRole("listitem").filter({ hasText: "db: " });
  expect(await left.textContent()).toContain("There is no image of this name here");
  expect(await dialog.textContent()).toContain("Moves 1 service");
  await dialog.getByText("One batch of 1 service; it is watched for 1 s.").waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  const [preview] = await plans();
  expect(preview).toMatchObject({ status: "pending", imageDigest: two.digest });

  await dialog.getByRole("button", { name: "Back" }).click();
  await show.waitFor();
  await site.api.until<{ plan: Plan }>(
    `/api/deployment-plans/${preview?.id}`,
    ({ plan }) => plan.status === "cancelled",
    { what: "the preview to be cancelled" },
  );
});

test("what was not healthy there for long enough is refused with the reason", async () => {
  const dialog = console_.page.getByRole("dialog");
  const minutes = dialog.getByLabel("Healthy there for, minutes");
  await minutes.fill("525600");
  await dialog.getByRole("button", { name: "Show the plan" }).click();
  const refused = dialog.getByRole("alert");
  await refused.waitFor();
  expect(await refused.textContent()).toMatch(/There is nothing to promote\..*web on staging-1/s);
  console_.forget(/409/);
  await minutes.fill("");
});

test("and deployed here at a click, exactly the digest that runs there", async () => {
  const { page } = console_;
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Show the plan" }).click();
  await dialog.getByRole("button", { name: "Deploy to 1 service" }).click();
  await page.waitForURL(/\/plans\//);
  await page.getByText("Stayed healthy").waitFor();
  await page.getByText("Completed", { exact: true }).waitFor();
  expect((await site.docker.inspect("web")).Image).toBe(site.engine.imageId(two));
  await settled(page);
});

test("the dialog fits a phone", async () => {
  const { page } = console_;
  await page.setViewportSize({ width: 360, height: 740 });
  await console_.open("/e/production/images");
  await page.getByRole("button", { name: "Promote…" }).click();
  await page.getByRole("dialog").getByLabel("What runs in").waitFor();
  expect(await sidewaysScroll(page)).toBe(0);
});

test("nothing was complained of", () => {
  expect(console_.complaints).toEqual([]);
});
