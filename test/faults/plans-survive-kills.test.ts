import { afterAll, beforeAll, expect, test } from "vitest";
import { type PushedImage, pushImage } from "../harness/images.ts";
import { signal } from "../harness/processes.ts";
import type { ContainerImage, Plan, Service } from "../harness/resources.ts";
import { digestRow, type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";
import { waitFor } from "../harness/wait.ts";
import { chance, roundsFromEnvironment, seedFromEnvironment, shortRounds } from "./chance.ts";

/*
 * Processes are killed (kill -9) in the middle of plans, as soon as so many steps of a kind have
 * begun, and started again. Which processes and which step is random. Whatever the moment: the plan ends by itself, its status is true of what runs, each service has exactly
 * one container, and nothing is left behind.
 *
 * The same run again: BRIDGEPORT_FAULTS_SEED=<printed seed> npm run faults
 * More rounds: BRIDGEPORT_FAULTS_ROUNDS=100 npm run faults
 */

const names = ["db", "api", "web", "worker"];
const random = chance(seedFromEnvironment());

let site: Site;
let rolling: Rollout;
let good: PushedImage[];
let bad: PushedImage;
let image: ContainerImage;

beforeAll(async () => {
  site = await startSite();
  rolling = rollout(site, (await site.connect()).id);
  good = [
    await pushImage(site.registry, "shop/app", "v1", { version: "1", health: "healthy" }),
    await pushImage(site.registry, "shop/app", "v2", { version: "2", health: "healthy" }),
  ];
  bad = await pushImage(site.registry, "shop/app", "v3", { version: "3", crash: 7 });
  for (const name of names) {
    await site.docker.run("run", "-d", "--name", name, "-v", "/data", good[0]?.reference ?? "");
    await site.service(name);
  }
  image = await rolling.synced(good[0]?.name ?? "");
  const services = await Promise.all(names.map((name) => site.service(name)));
  const idOf = (name: string) => services.find((one) => one.containerName === name)?.id;
  for (const [service, needs] of [
    ["api", "db"],
    ["web", "api"],
  ] as const) {
    await site.api.post(`/api/services/${idOf(service)}/dependencies`, {
      dependsOnId: idOf(needs),
      type: "health_before",
    });
  }
});
afterAll(() => site?.remove());

const victims = [
  "control plane",
  "control plane and agent",
  "control plane and PostgreSQL",
  "control plane, agent and PostgreSQL",
  "agent",
] as const;

async function killAndStart(victim: (typeof victims)[number]): Promise<void> {
  const { system } = site;
  if (victim === "agent") {
    for (const pid of system.pidsOf("agent")) signal(pid, "SIGKILL");
    return; // the control plane starts it again
  }
  const also = [
    ...(victim.includes("agent") ? (["agent"] as const) : []),
    ...(victim.includes("PostgreSQL") ? (["postgres"] as const) : []),
  ];
  await system.kill([...also]);
  await system.start();
}

/** Moments of a plan, by how many steps of a kind have begun; after the last of each it goes on for a while. */
const moments = {
  healthy: [
    { action: "pull", begun: 1 },
    ...names.map((_, index) => ({ action: "deploy", begun: index + 1 })),
  ],
  // What comes after the first deploy depends on which one fails first.
  crashing: [
    { action: "pull", begun: 1 },
    { action: "deploy", begun: 1 },
  ],
} as const;

async function runningImage(name: string): Promise<string> {
  const { State, Image } = await site.docker.inspect(name);
  expect(State.Running, `${name} is running`).toBe(true);
  return Image;
}

for (let round = 1; round <= roundsFromEnvironment(); round++) {
  const victim = random.pick(victims);
  const parallelExecution = random.below(2) === 0;
  const fails = random.below(3) === 0;
  const kind = fails ? "crashing" : "healthy";
  const { action, begun } = random.pick<{ action: string; begun: number }>(moments[kind]);
  const which = random.below(2);
  const form = round > shortRounds ? " in long form" : "";
  test(`round ${round}${form}: ${victim} killed at ${action} ${begun} of a ${parallelExecution ? "parallel" : "sequential"} plan to a ${kind} image`, async () => {
    const target = fails ? bad : (good[which] as PushedImage);
    const before = new Map<string, string>();
    for (const name of names) before.set(name, await runningImage(name));
    // The agent that the round before killed may still be on its way back.
    const { plan } = await waitFor(
      () =>
        site.api.post<{ plan: Plan }>(`/api/container-images/${image.id}/deploy`, {
          imageDigestId: digestRow(image, target).id,
          parallelExecution,
        }),
      { what: "the deploy to be accepted" },
    );

    await site.api.until<{ plan: Plan }>(
      `/api/deployment-plans/${plan.id}`,
      ({ plan: { steps } }) =>
        steps.filter((step) => step.action === action && step.startedAt !== null).length >= begun,
      { what: `${action} ${begun} to begin` },
    );
    const killedAt = Date.now();
    await killAndStart(victim);

    const ended = await site.api.planEnd(plan.id);
    const explain = () => `${JSON.stringify(ended, null, 1)}\n${site.system.output().slice(-4000)}`;
    expect(Date.parse(ended.completedAt ?? ""), "killed in the middle of the plan").toBeGreaterThan(
      killedAt,
    );
    await waitFor(async () => (await site.docker.names()).join() === names.toSorted().join(), {
      what: "exactly one container for each service",
      explain,
    });
    const wanted = site.engine.imageId(target);
    expect(["completed", "rolled_back"], explain()).toContain(ended.status);
    if (fails) expect(ended.status, explain()).toBe("rolled_back");
    for (const name of names) {
      const expected = ended.status === "completed" ? wanted : before.get(name);
      expect(await runningImage(name), `${name} after ${ended.status}\n${explain()}`).toBe(
        expected,
      );
    }
    const services = await waitFor(
      async () => {
        const all: Service[] = await Promise.all(names.map((name) => site.service(name)));
        return all.every(
          ({ runningDigest, deployedDigest }) =>
            runningDigest && (ended.status !== "completed" || runningDigest === deployedDigest),
        )
          ? all
          : null;
      },
      { what: "the services to be seen as they are", explain },
    );
    for (const { drift } of services) expect(drift).toBeNull();
  });
}
