import { describe, expect, test } from "vitest";
import { decide } from "./decide.ts";
import { outsideNeeds, whyNotOutside } from "./outside.ts";
import type { OutsideFact, OutsideNeed } from "./plan.ts";
import {
  answer,
  bad,
  carryOut,
  good,
  type ModelPlan,
  newPlan,
  settle,
} from "./plan-model.fixture.ts";

const web = { name: "web", serverName: "one" };
const need = (type: OutsideNeed["type"], serverName = "two"): OutsideNeed => ({
  serviceId: "db",
  serviceName: "db",
  serverName,
  type,
});
const fact = (more: Partial<OutsideFact> = {}): OutsideFact => ({
  serviceId: "db",
  serverOnline: true,
  state: "running",
  health: "healthy",
  ...more,
});

describe("a dependency on a service outside of the plan", () => {
  test.each<[string, OutsideNeed["type"], Partial<OutsideFact>]>([
    ["that runs and is healthy", "health_before", {}],
    ["that runs and has no health check", "health_before", { health: "none" }],
    ["that only has to run", "deploy_after", { health: "unhealthy" }],
  ])("%s holds", (_, type, more) => {
    expect(whyNotOutside(web, [need(type)], [fact(more)])).toBeNull();
  });

  test.each<[OutsideNeed["type"], Partial<OutsideFact>, RegExp]>([
    ["health_before", { health: "unhealthy" }, /which is unhealthy/],
    ["health_before", { health: "starting" }, /which is not healthy yet/],
    ["health_before", { health: "unknown" }, /which is not known to be healthy/],
    ["deploy_after", { state: "exited" }, /which does not run \(exited\)/],
    ["deploy_after", { state: "paused" }, /which does not run \(paused\)/],
    ["deploy_after", { state: null, health: null }, /which has no container/],
    ["deploy_after", { serverOnline: false }, /which is not known to run while two is offline/],
  ])("%s of %o does not", (type, more, words) => {
    const why = whyNotOutside(web, [need(type)], [fact(more)]);
    expect(why).toMatch(words);
    expect(why).toMatch(/^Not touched: web needs db on two, which .*deploy both together\.$/);
  });

  test("on a service that was deleted since is one no longer", () => {
    expect(whyNotOutside(web, [need("health_before")], [])).toBeNull();
  });

  test("names the other server only where it is another one", () => {
    const why = whyNotOutside(web, [need("deploy_after", "one")], [fact({ state: "dead" })]);
    expect(why).toContain("web needs db, which");
  });

  test("is one dependency, though it was declared and follows from its container", () => {
    const [declared, implied] = [need("health_before"), need("deploy_after")];
    const all = [declared, implied].map((one) => ({ dependentId: "web", ...one }));
    expect(outsideNeeds(all)).toEqual(new Map([["web", [declared]]]));
  });
});

/** b after a, where b needs something outside. */
function planWith(facts: OutsideFact[], parallelExecution = false): ModelPlan {
  const plan = newPlan({
    services: [{ name: "a" }, { name: "b", needs: [{ name: "a", type: "health_before" }] }],
    parallelExecution,
    holdingBack: ["one"],
  });
  plan.changeServices(({ serviceName }) =>
    serviceName === "b" ? { outside: [need("health_before")], outsideFacts: facts } : {},
  );
  return plan;
}

const untilDeployOfB = (plan: ModelPlan) => {
  settle(plan);
  for (const name of ["pull one", "deploy a"]) {
    answer(plan, name, good);
    settle(plan);
  }
};

describe("when the turn of the dependent comes", () => {
  test.each([false, true])(
    "the plan fails before it touches it, and goes back; parallel: %s",
    (parallel) => {
      const plan = planWith([fact({ health: "unhealthy" })], parallel);
      untilDeployOfB(plan);
      answer(plan, "health_check a");
      expect(settle(plan)).toEqual(["rollback a"]);
      const b = plan.steps.find(({ id }) => id.endsWith("deploy b"));
      expect(b).toMatchObject({ status: "failed", command: null, startedAt: null });
      answer(plan, "rollback a");
      settle(plan);
      expect(plan.plan.status).toBe("rolled_back");
      expect(plan.steps.filter(({ action }) => action === "rollback")).toHaveLength(1);
    },
  );

  test("what counts is how it is then, not when the plan was made", () => {
    const plan = planWith([fact({ health: "unhealthy" })]);
    untilDeployOfB(plan);
    plan.changeServices(() => ({ outsideFacts: [fact()] }));
    answer(plan, "health_check a");
    expect(settle(plan)).toEqual(["deploy b"]);
  });

  test("it is not ordered ahead: only then is it known whether it may begin", () => {
    const plan = planWith([fact()]);
    untilDeployOfB(plan);
    expect(plan.steps.find(({ id }) => id.endsWith("deploy b"))?.command).toBeNull();
  });

  test("one that failed before and cannot be looked up any longer counts as touched", () => {
    const plan = planWith([fact()]);
    untilDeployOfB(plan);
    answer(plan, "health_check a", bad("ill"));
    plan.change(
      ({ id }) => id.endsWith("deploy a"),
      () => ({ status: "failed", commandStatus: null, commandSent: false, outcome: null }),
    );
    for (const action of decide(plan.snapshot, 0)) carryOut(plan, action, 0);
    expect(settle(plan)).toContain("rollback a");
  });
});
