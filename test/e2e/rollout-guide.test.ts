import { afterAll, beforeAll, expect, test } from "vitest";
import { type CliEnd, type CliPlace, cli, startCli } from "../harness/cli.ts";
import { commandBlocks } from "../harness/docs.ts";
import { type PushedImage, pushImage } from "../harness/images.ts";
import type { Plan } from "../harness/resources.ts";
import { rollout } from "../harness/rollout.ts";
import { createScratch, type Scratch } from "../harness/scratch.ts";
import { type Site, startSite } from "../harness/site.ts";

/* What docs/rollouts.md says, command by command, in its order. */

let site: Site;
let scratch: Scratch;
let place: CliPlace;
const versions: Record<string, PushedImage> = {};
const names = ["web-1", "web-2", "web-3"];
const commands = commandBlocks("docs/rollouts.md").map(({ text }) => text.trim());

beforeAll(async () => {
  scratch = createScratch("rollouts");
  site = await startSite();
  for (const [tag, month] of [
    ["v2.3.0", 1],
    ["v2.4.0", 2],
    ["v2.5.0", 3],
  ] as const) {
    versions[tag] = await pushImage(site.registry, "shop/web", tag, {
      ...{ version: tag, created: `2026-0${month}-01T00:00:00Z` },
      health: { test: "[ ! -e /tmp/broken ]" },
    });
  }
  const first = versions["v2.3.0"] as PushedImage;
  for (const name of names) await site.docker.run("run", "-d", "--name", name, first.reference);
  for (const name of names) await site.service(name);
  await rollout(site, (await site.connect()).id).synced(first.name, "v*");
  const { secret } = await site.api.post<{ secret: string }>("/api/tokens", {
    ...{ name: "pipeline", role: "operator" },
  });
  place = { dir: scratch.dir, env: { BRIDGEPORT_URL: site.api.url, BRIDGEPORT_TOKEN: secret } };
});
afterAll(async () => {
  await site?.remove();
  await scratch?.remove();
});

/** The words of a command of the guide, with another length of its soak where that is not to be waited for. */
function words(beginning: string, soak?: string): string[] {
  const command = commands.find((text) => text.startsWith(`bridgeport ${beginning}`)) ?? "";
  expect(command, `bridgeport ${beginning}`).not.toBe("");
  const [, ...args] = command.match(/"[^"]*"|\S+/g) ?? [];
  return args.map((word) => (word === "10m" && soak ? soak : word.replaceAll('"', "")));
}
const run = (...args: Parameters<typeof words>): Promise<CliEnd> => cli(place, words(...args));

/** Which version each service runs. */
async function running(): Promise<(string | undefined)[]> {
  const tags = Object.keys(versions);
  const containers = await Promise.all(names.map((name) => site.docker.inspect(name)));
  return containers.map(({ Image }) =>
    tags.find((tag) => site.engine.imageId(versions[tag] as PushedImage) === Image),
  );
}
const count = async (tag: string) => (await running()).filter((one) => one === tag).length;

/** The newest plan, once it watches a batch. */
async function soaking(): Promise<Plan> {
  const { plans } = await site.api.until<{ plans: Plan[] }>(
    `/api/environments/${site.environment.id}/deployment-plans?limit=1`,
    ({ plans: [plan] }) =>
      plan?.status === "running" &&
      plan.steps.some((step) => step.action === "soak" && step.soak?.endsAt),
    { what: "a batch to be watched" },
  );
  return plans[0] as Plan;
}

test("a canary is paused, and the command says how it goes on", async () => {
  const { code, out } = await run("deploy shop/web:v2.4.0", "1s");
  expect(code).toBe(7);
  expect(out).toContain("soak of batch 1, 1 service: success");
  expect(out).toContain("Go on:               bridgeport resume");
  expect(await count("v2.4.0")).toBe(1);
});

test("resumed, it moves the other services and says how it ended", async () => {
  const { code, out } = await run("resume latest");
  expect([code, out]).toEqual([0, expect.stringContaining("Completed:")]);
  expect(out).toContain("batch 3 of 3");
  expect(await count("v2.4.0")).toBe(3);
});

test("a version that does not stay healthy goes back by itself", async () => {
  const deploy = startCli(place, words("deploy shop/web:v2.5.0"));
  await soaking();
  const broken = names[(await running()).indexOf("v2.5.0")] ?? "";
  await site.docker.run("exec", broken, "touch", "/tmp/broken");
  const { code, out } = await deploy.end;
  expect([code, out]).toEqual([2, expect.stringContaining("Rolled back:")]);
  expect(await count("v2.4.0")).toBe(3);
});

test("a plan is paused with a reason, and taken back", async () => {
  const [, ...canary] = words("deploy shop/web:v2.5.0");
  await cli(place, ["deploy", ...canary, "--no-wait"]);
  const { id } = await soaking();
  const paused = await run("pause latest");
  expect(paused).toMatchObject({ code: 0, out: expect.stringContaining("the database is slow") });
  const { plan } = await site.api.get<{ plan: Plan }>(`/api/deployment-plans/${id}`);
  expect(plan).toMatchObject({ status: "paused", pausedReason: "the database is slow" });
  expect((await cli(place, ["rollback", "latest"])).code).toBe(0);
  expect(await count("v2.4.0")).toBe(3);
});

test("what is asked for in vain is refused with what to do", async () => {
  const refused = await cli(place, ["resume", "latest"]);
  expect(refused).toMatchObject({ code: 4, err: expect.stringContaining("rolled_back") });
});
