import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PushedImage, pushImage } from "../harness/images.ts";
import type { Plan } from "../harness/resources.ts";
import { digestRow, type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";
import { pick, randomFrom } from "./random.ts";

/*
 * The product is killed at random moments of a plan, alone or with its agent or its database, and
 * started again. BRIDGEPORT_FAULT_SEED repeats a run, BRIDGEPORT_FAULT_ROUNDS makes it longer.
 */
const seed = Number(process.env.BRIDGEPORT_FAULT_SEED ?? Date.now() % 1_000_000);
const rounds = Number(process.env.BRIDGEPORT_FAULT_ROUNDS ?? 8);
const names = ["k1", "k2", "k3", "k4"];
const victims = [[], ["agent"], ["postgres"], ["agent", "postgres"]] as const;

let site: Site;
let rolling: Rollout;
let current: PushedImage;
let imageId: string;

beforeAll(async () => {
  site = await startSite();
  rolling = rollout(site, (await site.connect()).id);
  current = await pushImage(site.registry, "faults/app", "v0", { version: "0", health: "healthy" });
  for (const name of names) {
    await site.docker.run("run", "-d", "--name", name, "-v", `${name}:/own`, current.reference);
  }
  await Promise.all(names.map((name) => site.service(name)));
  imageId = (await site.image(current.name)).id;
});
afterAll(() => site?.remove());

describe(`killed in the middle of a plan (seed ${seed})`, () => {
  test.each(Array.from({ length: rounds }, (_, at) => at))("round %i", async (round) => {
    const random = randomFrom(seed * 1000 + round);
    const healthy = random() < 0.75;
    const parallelExecution = random() < 0.5;
    const also = [...pick(random, victims)];
    const after = Math.floor(random() * 1500);
    const next = await pushImage(site.registry, "faults/app", `v${round + 1}`, {
      version: String(round + 1),
      health: healthy ? "healthy" : "unhealthy",
      created: new Date(Date.UTC(2026, 1, round + 1)).toISOString(),
    });
    const image = await rolling.synced(next.name);

    const { plan } = await site.api.post<{ plan: Plan }>(
      `/api/container-images/${imageId}/deploy`,
      {
        imageDigestId: digestRow(image, next).id,
        parallelExecution,
      },
    );
    await new Promise((resolve) => setTimeout(resolve, after));
    await site.system.kill(also);
    await site.system.start();
    await site.refresh();
    const ended = await site.api.planEnd(plan.id, 120_000);

    const story = JSON.stringify({ seed, round, healthy, parallelExecution, also, after, ended });
    expect(["completed", "rolled_back"], story).toContain(ended.status);
    if (!healthy) expect(ended.status, story).toBe("rolled_back");
    const expected = ended.status === "completed" ? next : current;
    expect(await site.docker.names(), story).toEqual(names);
    for (const name of names) {
      const container = await site.docker.inspect(name);
      expect(container.State.Running, story).toBe(true);
      expect(container.Image, story).toBe(expected.platforms[0]?.config.digest);
      expect(container.Mounts, story).toMatchObject([{ Name: name, Destination: "/own" }]);
      await site.service(name);
    }
    current = expected;
  });
});
