import { describe, expect, test } from "vitest";
import { decide, nextLook } from "./decide.ts";
import { outsideNeeds, unmetOutside } from "./outside.ts";
import type { OutsideFact, OutsideNeed } from "./plan.ts";
import {
  answer,
  bad,
  cancel,
  carryOut,
  good,
  type ModelPlan,
  newPlan,
  settle,
  stepTime,
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
    expect(unmetOutside(web, [need(type)], [fact(more)])).toBeNull();
  });

  test.each<[OutsideNeed["type"], Partial<OutsideFact>, string, boolean]>([
    ["health_before", { health: "unhealthy" }, "is unhealthy", false],
    ["health_before", { health: "starting" }, "is not healthy yet", true],
    ["health_before", { health: "unknown" }, "is not known to be healthy", false],
    ["deploy_after", { state: "exited" }, "does not run (exited)", false],
    ["deploy_after", { state: "paused" }, "does not run (paused)", false],
    ["deploy_after", { state: "created" }, "does not run yet (created)", true],
    ["deploy_after", { state: "restarting" }, "does not run yet (restarting)", true],
    ["deploy_after", { state: null, health: null }, "has no container", false],
    [
      ...(["deploy_after", { state: null, health: null, justDeployed: true }] as const),
      ...(["is not known to have its container yet", true] as const),
    ],
    ["deploy_after", { serverOnline: false }, "is not known to run while two is offline", false],
  ])("%s of %o does not: it %s; may come by itself: %s", (type, more, which, mayCome) => {
    const clause = `web needs db on two, which ${which}`;
    expect(unmetOutside(web, [need(type)], [fact(more)])).toEqual({ clause, mayCome });
  });

  test("that is starting is not worth waiting for while another one is gone", () => {
    const needs = [need("health_before"), { ...need("deploy_after"), serviceId: "cache" }];
    const facts = [fact({ health: "starting" }), fact({ serviceId: "cache", state: "exited" })];
    expect(unmetOutside(web, needs, facts)).toMatchObject({ mayCome: false });
  });

  test("on a service that was deleted since is one no longer", () => {
    expect(unmetOutside(web, [need("health_before")], [])).toBeNull();
  });

  test("names the other server only where it is another one", () => {
    const unmet = unmetOutside(web, [need("deploy_after", "one")], [fact({ state: "dead" })]);
    expect(unmet?.clause).toContain("web needs db, which");
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

  describe("where it is starting, its dependent waits", () => {
    const waiting = (parallel = false) => {
      const plan = planWith([fact({ health: "starting" })], parallel);
      untilDeployOfB(plan);
      answer(plan, "health_check a");
      expect(settle(plan)).toEqual([]);
      const b = () => plan.snapshot.steps.find(({ id }) => id.endsWith("deploy b"));
      expect(b()).toMatchObject({ status: "pending", command: null, deadlineAt: stepTime });
      expect(plan.rows.steps.find(({ id }) => id === b()?.id)?.note).toBe(
        "Waiting: b needs db on two, which is not healthy yet.",
      );
      // Nothing is due before its time is up, and then something is.
      expect(decide(plan.snapshot, stepTime - 1)).toEqual([]);
      expect(nextLook(plan.snapshot)).toBe(stepTime);
      return { plan, b };
    };

    test("and goes on when it is healthy", () => {
      const { plan, b } = waiting();
      plan.changeServices(() => ({ outsideFacts: [fact()] }));
      expect(settle(plan)).toEqual(["deploy b"]);
      expect(plan.rows.steps.find(({ id }) => id === b()?.id)?.note).toBeNull();
    });

    test.each<[string, OutsideFact, number]>([
      ["when its time is up", fact({ health: "starting" }), stepTime],
      ["at once when it will not come", fact({ health: "unhealthy" }), 0],
    ])("and is not touched %s", (_, then, now) => {
      const { plan, b } = waiting();
      plan.changeServices(() => ({ outsideFacts: [then] }));
      for (const action of decide(plan.snapshot, now)) carryOut(plan, action, now);
      expect(b()).toMatchObject({ status: "failed", startedAt: null });
      expect(b()?.error).toMatch(
        /^Not touched: b needs db on two, which .*deploy both together\.$/,
      );
      expect(settle(plan)).toEqual(["rollback a"]);
    });

    test("and is not looked at without a rest where it came, and the rollout holds it back", () => {
      const plan = newPlan({
        ...{ services: [{ name: "a" }, { name: "b" }], parallelExecution: true },
        rollout: { maxUnavailable: 1 },
      });
      plan.changeServices(({ serviceName }) =>
        serviceName === "b"
          ? { outside: [need("health_before")], outsideFacts: [fact({ health: "starting" })] }
          : {},
      );
      settle(plan);
      answer(plan, "pull one");
      expect(settle(plan)).toEqual(["deploy a"]);
      plan.changeServices(() => ({ outsideFacts: [fact()] }));
      expect(decide(plan.snapshot, stepTime + 1)).toEqual([]);
      expect(nextLook(plan.snapshot)).toBeGreaterThan(stepTime + 1);
    });

    test("and a cancel ends the plan at once", () => {
      const { plan } = waiting();
      cancel(plan);
      expect(nextLook(plan.snapshot)).toBeNull();
      plan.cleanedUp();
      settle(plan);
      expect(plan.plan.status).not.toBe("completed");
    });
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
