import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PushedImage } from "../harness/images.ts";
import { signal } from "../harness/processes.ts";
import type { ContainerImage, Plan } from "../harness/resources.ts";
import { type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";
import { waitFor } from "../harness/wait.ts";
import { watchJournal } from "./journal-watch.ts";

/*
 * A plan's job counts its runs in a volume of the service. Whatever is killed (kill -9) while it is made
 * ready, runs or ends, there is one run more for each plan, and nothing is left of its container.
 */

let site: Site;
let rolling: Rollout;
let image: ContainerImage;
let versions: [PushedImage, PushedImage];
let runsBefore = 0;
let deployed = 0;

beforeAll(async () => {
  site = await startSite();
  rolling = rollout(site, (await site.connect()).id);
  const made = await rolling.versions("jobs/app", ["app"], {}, ["--restart", "always"]);
  image = made.image;
  versions = [made.one, made.two];
});
afterAll(() => site?.remove());

const quick = "echo ran >> /data/runs";
const untilTold = `${quick}; until [ -e /data/go ]; do sleep 1; done`;

async function giveJob(script: string): Promise<void> {
  const { id } = await site.service("app");
  const job = { command: ["/bin/sh", "-c", script], serviceId: id, timeoutMs: 600_000 };
  const { status } = await site.api.request("PUT", `/api/container-images/${image.id}/job`, job);
  expect(status).toBe(200);
}

const inApp = (script: string) => site.docker.run("exec", "app", "sh", "-c", script);

async function runs(): Promise<number> {
  return (await inApp("cat /data/runs 2>/dev/null || true")).split("\n").filter(Boolean).length;
}

/** Starts a plan to the version that does not run. */
async function start(): Promise<Plan> {
  runsBefore = await runs();
  await inApp("rm -f /data/go");
  return rolling.start(image, versions[(deployed + 1) % 2] as PushedImage);
}

async function expectCompleted({ id }: Plan): Promise<void> {
  const plan = await site.api.planEnd(id);
  const explain = `${JSON.stringify(plan, null, 1)}\n${site.system.output().slice(-4000)}`;
  expect(plan.status, explain).toBe("completed");
  deployed += 1;
  await rolling.expectRuns("app", versions[deployed % 2] as PushedImage);
  expect(await runs()).toBe(runsBefore + 1);
  await rolling.expectOnly(["app"]);
}

describe("an agent that is killed", () => {
  beforeAll(() => giveJob(quick));

  test.each(["accepted", "create", "start", "end", "result"])("at %s", async (record) => {
    const moment = { kind: "job", container: "app", record };
    const watch = watchJournal(join(site.system.dataDir, "agent", "journal"), [moment], () => {
      for (const pid of site.system.pidsOf("agent")) signal(pid, "SIGKILL");
    });
    try {
      const plan = await start();
      await waitFor(() => watch.reached() === 1, {
        what: record,
        explain: () => watch.lines().join("\n"),
      });
      await expectCompleted(plan);
    } finally {
      watch.stop();
    }
  });
});

describe("while the job runs", () => {
  beforeAll(() => giveJob(untilTold));

  async function running(): Promise<Plan> {
    const plan = await start();
    await waitFor(async () => (await runs()) === runsBefore + 1, { what: "the job to run" });
    return plan;
  }

  test.each([
    ["the agent", null],
    ["the control plane", []],
    ["the control plane, its agent and its database", ["agent", "postgres"]],
  ] as const)("%s is killed", async (_, also) => {
    const plan = await running();
    if (also === null) for (const pid of site.system.pidsOf("agent")) signal(pid, "SIGKILL");
    else {
      await site.system.kill([...also]);
      await site.system.start();
    }
    await inApp("touch /data/go");
    await expectCompleted(plan);
  });

  test("the engine is killed: the job has failed, and nothing was replaced", async () => {
    const { id } = await running();
    await site.engine.kill();
    await site.engine.start();
    const plan = await site.api.planEnd(id);
    expect(plan).toMatchObject({
      status: "failed",
      error: expect.stringContaining("exited with code 137") as string,
    });
    await rolling.expectRuns("app", versions[deployed % 2] as PushedImage);
    expect(await runs()).toBe(runsBefore + 1);
    await rolling.expectOnly(["app"]);
  });
});
