import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  testIssuer as issuer,
  newSigstore,
  testSubject as subject,
  type TestSigstore,
} from "../../proto/src/signatures/sigstore.fixture.ts";
import {
  type Console,
  logIn,
  openConsole,
  seriousFindings,
  sidewaysScroll,
} from "../harness/console.ts";
import { type PushedImage, pushImage } from "../harness/images.ts";
import type { ContainerImage } from "../harness/resources.ts";
import { rollout } from "../harness/rollout.ts";
import { pushBundle } from "../harness/signatures.ts";
import { type Site, startSite } from "../harness/site.ts";

let directory: string;
let sigstore: TestSigstore;
let site: Site;
let console_: Console;
let phone: Page;
let image: ContainerImage;
let pushed: PushedImage;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "bridgeport-console-signatures-"));
  const trustRoot = join(directory, "trusted_root.json");
  sigstore = await newSigstore();
  writeFileSync(trustRoot, sigstore.trustRoot);
  site = await startSite({ env: { BRIDGEPORT_SIGSTORE_TRUST_ROOT: trustRoot } });
  pushed = await pushImage(site.registry, "shop/web", "v1", { version: "1", health: "healthy" });
  await site.docker.run("run", "-d", "--name", "web", pushed.reference);
  await site.service("web");
  image = await rollout(site, (await site.connect()).id).synced(pushed.name);
  console_ = await openConsole(site);
  await console_.page.goto(`${site.system.url}/login`);
  await logIn(console_.page, site.system.admin);
  phone = await console_.window(site.system.admin, 360);
});
afterAll(async () => {
  await console_?.close();
  await site?.remove();
  rmSync(directory, { recursive: true, force: true });
});

const at = (tab: string) =>
  `${site.system.url}/e/${site.environment.name}/images/${image.id}?tab=${tab}`;

async function expectWell(page: Page): Promise<void> {
  expect(await seriousFindings(page)).toEqual([]);
  expect(await sidewaysScroll(page), "pixels to scroll sideways").toBe(0);
}

test("a rule takes who may sign, and says it in a sentence", async () => {
  const { page } = console_;
  await page.goto(at("settings"));
  await page.getByRole("button", { name: "Set a rule for this image" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: /Remove the key/ }).click();
  await dialog.getByRole("button", { name: "Add an identity" }).click();
  await dialog.getByLabel("Issuer").fill(issuer);
  await dialog.getByLabel("Subject").fill("*");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText(/may mean every user of that issuer/).waitFor();
  await expectWell(page);
  await dialog.getByLabel("Subject").fill(subject);
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText(`Only what is signed by ${subject} is deployed.`).waitFor();
});

test("a digest shows its signatures, and looks again when it is asked to", async () => {
  for (const page of [console_.page, phone]) {
    await page.goto(at("digests"));
    await page
      .getByRole("button", { name: /^Details/ })
      .first()
      .click();
  }
  const dialog = console_.page.getByRole("dialog");
  await dialog.getByText(/has no signature, and the rule of the image wants one by/).waitFor();
  await pushBundle(site.registry, pushed, await sigstore.sign(pushed.digest));
  for (const page of [console_.page, phone]) {
    await page.getByRole("button", { name: "Look now" }).click();
    const signature = page.getByRole("list", { name: "Signatures of this digest" });
    await signature.getByText(subject).waitFor();
    await signature.getByText("counts").waitFor();
    await signature.getByText(`by ${issuer}`).waitFor();
    await expectWell(page);
  }
});
