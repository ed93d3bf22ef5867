import { describe, expect, test } from "vitest";
import { decide } from "./decide.ts";
import { jobStep, jobSteps, type PlanJob, type PlanJobService } from "./job-steps.ts";
import { answer, bad, cancel, disconnect, good, newPlan, settle } from "./plan-model.fixture.ts";

const target = {
  imageName: "registry.test/app",
  registryId: "r1",
  digest: { manifestDigest: `sha256:${"b".repeat(64)}`, size: 1, platforms: [] },
  reference: `registry.test/app:2@sha256:${"b".repeat(64)}`,
  expectedImageIds: ["sha256:1"],
  pulledOn: new Set(["s1"]),
  pullTimeoutMs: 1000,
};
const web: PlanJobService = {
  id: "w",
  name: "web",
  containerName: "web-1",
  serverId: "s1",
  serverName: "one",
  serverOnline: true,
  capabilities: ["run", "job"],
  linked: true,
  present: true,
  spec: { Env: ["A=1"] },
};

function step(service: Partial<PlanJobService> | null, more: Partial<PlanJob> = {}) {
  const job = { command: ["migrate", "up"], timeoutMs: 60_000, ...more };
  return jobStep({ ...job, service: service && { ...web, ...service } }, target, () => "c1");
}

describe("the step of a job", () => {
  test("runs the command from the new image, on the server of its service", () => {
    expect(step({})).toMatchObject({
      action: "job",
      serverId: "s1",
      servicePosition: null,
      timeoutMs: 360_000,
      body: {
        kind: "job",
        containerName: "web-1",
        command: ["migrate", "up"],
        timeoutMs: 60_000,
        reference: target.reference,
        spec: null,
      },
    });
  });

  test("pulls on a server that the plan does not pull on otherwise, and no job has no step", () => {
    const job = { command: ["x"], timeoutMs: 1000, service: { ...web, serverId: "s2" } };
    const steps = jobSteps(job, target, () => "c1");
    expect(steps.map(({ action, serverId }) => [action, serverId])).toEqual([
      ["pull", "s2"],
      ["job", "s2"],
    ]);
    expect(jobSteps({ ...job, service: web }, target, () => "c1")).toHaveLength(1);
    expect(jobSteps(null, target, () => "c1")).toEqual([]);
  });

  test("takes the service's specification only where there is no container", () => {
    expect(step({ present: false }).body).toMatchObject({ spec: { Env: ["A=1"] } });
  });

  test.each([
    [null, /service that was deleted/],
    [{ linked: false }, /web, which is linked to another image/],
    [{ present: false, spec: null }, /container is gone from one/],
    [{ serverOnline: false }, /one, which is offline/],
    [{ capabilities: ["run"] }, /cannot run on one.*upgrade the agent/],
  ])("is refused where it cannot run: %o", (service, message) => {
    expect(() => step(service)).toThrow(message);
  });
});

const twoServices = { services: [{ name: "a" }, { name: "b", server: "two" }] };

describe("jobs in a plan", () => {
  test("run one after the other, after all pulls and before any deploy", () => {
    const plan = newPlan({ ...twoServices, jobs: ["one", "two"] });
    expect(settle(plan)).toEqual(["pull one", "pull two"]);
    answer(plan, "pull one", good);
    expect(settle(plan)).toEqual([]);
    answer(plan, "pull two", good);
    expect(settle(plan)).toEqual(["job one"]);
    answer(plan, "job one", good);
    expect(settle(plan)).toEqual(["job two"]);
    answer(plan, "job two", good);
    expect(settle(plan)).toEqual(["deploy a"]);
  });

  test("that fail end the plan with nothing replaced", () => {
    const plan = newPlan({ ...twoServices, jobs: ["one"] });
    settle(plan);
    answer(plan, "pull one", good);
    answer(plan, "pull two", good);
    settle(plan);
    answer(plan, "job one", bad("it exited with code 3"));
    expect(settle(plan)).toEqual([]);
    expect(plan.plan.status).toBe("failed");
    expect(plan.steps.some(({ action }) => action === "rollback")).toBe(false);
    expect(plan.steps.filter(({ action }) => action === "deploy")).toMatchObject([
      { command: null },
      { command: null },
    ]);
  });

  test("are called off with their plan, and waited for where their agent may be at work", () => {
    const plan = newPlan({ ...twoServices, jobs: ["one"] });
    settle(plan);
    answer(plan, "pull one", good);
    answer(plan, "pull two", good);
    settle(plan);
    cancel(plan);
    expect(decide(plan, 0)).toMatchObject([{ kind: "cancel_step" }]);
    plan.change(
      ({ action }) => action === "job",
      () => ({ cancelSent: true }),
    );
    disconnect(plan, "one");
    expect(decide(plan, 0)).toEqual([]);
  });
});
