import { describe, expect, test } from "vitest";
import type { Effect } from "./effects.ts";
import type { Action, AskedAction } from "./plan.ts";
import {
  answer,
  bad,
  connect,
  deleteServer,
  type ModelOptions,
  type ModelPlan,
  newPlan,
  rollBackByHand,
  settle,
} from "./plan-model.fixture.ts";
import { planStatuses } from "./statuses.ts";
import { transition } from "./transition.ts";

const now = new Date(7);
let ids = 0;
const change = (plan: ModelPlan, action: Action | AskedAction) =>
  transition(plan.rows, action, now, () => `id ${++ids}`);

const two: ModelOptions = { services: [{ name: "a" }, { name: "b", server: "two" }] };

/** A plan up to its first deploy. */
function deploying(more: Partial<ModelOptions> = {}): ModelPlan {
  const plan = newPlan({ ...two, ...more });
  settle(plan);
  for (const server of ["one", "two"]) answer(plan, `pull ${server}`);
  expect(settle(plan)).toEqual(["deploy a"]);
  return plan;
}

/** A plan at its end, with all done well but these answers. */
function ended(answers: Record<string, ReturnType<typeof bad>> = {}, options = two): ModelPlan {
  const plan = newPlan(options);
  for (let round = 0; plan.plan.status === "running"; round++) {
    if (round > 50) throw new Error("the plan does not end");
    settle(plan);
    plan.cleanedUp();
    for (const { id, status } of plan.steps.filter((step) => step.status === "running")) {
      const name = id.replace(/^\d+ /, "");
      if (status === "running") answer(plan, name, answers[name]);
    }
  }
  return plan;
}

const idOf = (plan: ModelPlan, name: string) =>
  plan.steps.find(({ id }) => id.endsWith(` ${name}`))?.id ?? "";
const statusIs = (plan: ModelPlan, status: (typeof planStatuses)[number]) => {
  plan.rows = { ...plan.rows, plan: { ...plan.rows.plan, status } };
};
const kinds = (effects: Effect[]) => effects.map(({ kind }) => kind);

test("the rows that are given stay as they are, and those that do not change are the same", () => {
  const plan = deploying();
  answer(plan, "deploy a");
  const before = structuredClone(plan.rows);
  const stepId = idOf(plan, "deploy a");
  const { rows } = change(plan, { kind: "finish_step", stepId, status: "success", error: null });
  expect(plan.rows).toEqual(before);
  expect(rows.steps.filter((step, at) => step !== plan.rows.steps[at])).toMatchObject([
    { id: stepId, status: "success", completedAt: now },
  ]);
  expect(rows.plan).toBe(plan.rows.plan);
  expect(rows.services).toBe(plan.rows.services);
});

test("a status that may not follow is refused", () => {
  const plan = deploying();
  const again = { kind: "start_step", stepId: idOf(plan, "deploy a") } as const;
  expect(() => change(plan, again)).toThrow(/is running: it cannot be running/);
  expect(() => change(plan, { kind: "start_step", stepId: "none" })).toThrow(/has no step none/);
  for (const status of planStatuses) {
    statusIs(plan, status);
    const may = (action: AskedAction) => {
      try {
        change(plan, action);
        return true;
      } catch {
        return false;
      }
    };
    expect({ status, may: may({ kind: "execute" }) }).toEqual({
      status,
      may: ["pending", "waiting_for_approval"].includes(status),
    });
    expect({ status, may: may({ kind: "cancel" }) }).toEqual({
      status,
      may: ["pending", "waiting_for_approval", "running", "paused"].includes(status),
    });
  }
});

test("cancelling ends what has not begun, and asks what has", () => {
  for (const status of ["pending", "waiting_for_approval"] as const) {
    const plan = newPlan(two);
    statusIs(plan, status);
    const { rows } = change(plan, { kind: "cancel" });
    expect(rows.plan).toMatchObject({ status: "cancelled", completedAt: now });
    expect(new Set(rows.steps.map((step) => step.status))).toEqual(new Set(["skipped"]));
  }
  for (const status of ["running", "paused"] as const) {
    const plan = newPlan(two);
    statusIs(plan, status);
    const { rows } = change(plan, { kind: "cancel" });
    expect(rows.plan).toMatchObject({ status: "running", cancelRequestedAt: now });
    expect(rows.steps).toBe(plan.rows.steps);
  }
});

test("what may not have left is withdrawn, and what has left is not", () => {
  const plan = deploying();
  const stepId = idOf(plan, "deploy a");
  const fail = { kind: "finish_step", stepId, status: "failed", error: "late" } as const;
  expect(change(plan, fail).effects).toEqual([]);
  expect(kinds(change(plan, { kind: "cancel_step", stepId }).effects)).toEqual(["order"]);
  plan.change(
    ({ id }) => id === stepId,
    () => ({ commandStatus: "queued", commandSent: false }),
  );
  expect(change(plan, fail).effects).toEqual([{ kind: "withdraw", commandId: stepId }]);
  expect(kinds(change(plan, { kind: "cancel_step", stepId }).effects)).toEqual([
    ...["withdraw", "order"],
  ]);
});

test("nothing is ordered for a server that was deleted", () => {
  const plan = deploying();
  deleteServer(plan, "two");
  const start = { kind: "start_step", stepId: idOf(plan, "deploy b") } as const;
  expect(() => change(plan, start)).toThrow(/no longer has a server/);
});

test("a digest is quarantined for what speaks against it, and for going back by hand", () => {
  const ofImage = (plan: ModelPlan, status: "completed" | "failed" | "rolled_back") => {
    statusIs(plan, "running");
    return change(plan, { kind: "finish_plan", status, error: null }).effects;
  };
  expect(kinds(ofImage(ended(), "completed"))).toEqual(["image_deployed", "refresh_updates"]);
  const unhealthy = ended({ "health_check a": bad("it exited") });
  expect(kinds(ofImage(unhealthy, "rolled_back"))).toEqual([
    ...["image_rolled_back", "quarantine", "refresh_updates"],
  ]);
  const refused = ended({ "deploy a": bad("made with --rm", "refused") });
  expect(kinds(ofImage(refused, "failed"))).toEqual(["refresh_updates"]);
  const byHand = ended();
  rollBackByHand(byHand);
  expect(ofImage(byHand, "rolled_back")[1]).toMatchObject({
    ...{ kind: "quarantine", digestId: "new", reason: "It was rolled back by hand." },
  });
  const targets = byHand.rows.targets.map((target) => ({ ...target, containerImageId: null }));
  byHand.rows = { ...byHand.rows, targets };
  expect(ofImage(byHand, "rolled_back")).toEqual([]);
});

describe("of a plan with several images", () => {
  const release: ModelOptions = {
    services: [
      { name: "a", image: "shop" },
      { name: "b", image: "cart", server: "two", needs: [{ name: "a", type: "health_before" }] },
      { name: "c", image: "shop", needs: [{ name: "b", type: "health_before" }] },
    ],
  };
  const ends = (plan: ModelPlan, status: "completed" | "rolled_back" | "failed") => {
    statusIs(plan, "running");
    return change(plan, { kind: "finish_plan", status, error: "why" });
  };

  test("each service is deployed at its own target's digest, and goes back to it", () => {
    const plan = newPlan(release);
    settle(plan);
    for (const pull of ["shop one", "cart two"]) answer(plan, `pull ${pull}`);
    settle(plan);
    const effects = ["a", "b"].flatMap((name) => {
      answer(plan, `deploy ${name}`);
      const stepId = idOf(plan, `deploy ${name}`);
      const done = { kind: "finish_step", stepId, status: "success", error: null } as const;
      const ended = change(plan, done).effects;
      settle(plan);
      answer(plan, `health_check ${name}`);
      settle(plan);
      return ended;
    });
    expect(effects).toMatchObject([
      {
        kind: "service_deployed",
        serviceId: "a",
        imageId: "image of shop",
        digestId: "new of shop",
      },
      {
        kind: "service_deployed",
        serviceId: "b",
        imageId: "image of cart",
        digestId: "new of cart",
      },
    ]);
    const targets = plan.rows.targets.map((target) => ({
      ...{ ...target, imageDigest: `sha256:${target.imageName}` },
    }));
    plan.rows = { ...plan.rows, targets };
    const { rows } = change(plan, { kind: "begin_rollback", services: [1, 0] });
    const back = rows.steps.filter(({ action }) => action === "rollback");
    expect(back.map(({ previousDigest }) => previousDigest)).toEqual([
      "sha256:cart",
      "sha256:shop",
    ]);
  });

  test("all of them are deployed at its end, and each is looked at once, in one order", () => {
    const { services } = release;
    const again = { services: [...services, { name: "d", image: "cart" }] };
    const { effects } = ends(ended({}, again), "completed");
    expect(effects.map((effect) => ["imageId" in effect && effect.imageId, effect.kind])).toEqual([
      ["image of shop", "image_deployed"],
      ["image of cart", "image_deployed"],
      ["image of cart", "refresh_updates"],
      ["image of shop", "refresh_updates"],
    ]);
  });

  test("only the digest that failed is quarantined, though all go back", () => {
    const { rows, effects } = ends(
      ended({ "health_check b": bad("it exited") }, release),
      "rolled_back",
    );
    expect(rows.plan.blamesDigest).toBe(true);
    expect(kinds(effects).filter((kind) => kind === "image_rolled_back")).toHaveLength(2);
    expect(effects.filter(({ kind }) => kind === "quarantine")).toEqual([
      { kind: "quarantine", imageId: "image of cart", digestId: "new of cart", reason: "why" },
    ]);
  });
});

test("a step that fails before it was begun has no time of its start", () => {
  const plan = deploying();
  const stepId = idOf(plan, "deploy b");
  const fail = { kind: "finish_step", stepId, status: "failed", error: "no" } as const;
  const startOf = (action: Action) =>
    change(plan, action).rows.steps.find(({ id }) => id === stepId)?.startedAt;
  expect(startOf({ ...fail, notStarted: true })).toBeNull();
  expect(startOf(fail)).toEqual(now);
});

test("a service goes back to what was carried over, unless that is to be forgotten", () => {
  const spec = { Image: "app@sha256:2", Labels: { own: "yes" } };
  const plan = ended();
  plan.change(
    ({ action }) => action === "deploy",
    ({ outcome }) =>
      outcome?.ok && outcome.body.kind === "run"
        ? { outcome: { ...outcome, body: { ...outcome.body, spec } } }
        : {},
  );
  const specs = () =>
    change(plan, { kind: "roll_back", services: [1, 0] })
      .rows.steps.filter(({ action }) => action === "rollback")
      .map(({ body }) => body.kind === "rollback" && body.spec);
  expect(specs()).toEqual([spec, spec]);
  plan.changeServices(({ position, rollbackBody }) =>
    position === 0 ? { rollbackBody: { ...rollbackBody, forgetsRecord: true } as never } : {},
  );
  expect(specs()).toEqual([spec, null]);
});

test("the end of a plan frees its services, and a rollback by hand makes them busy again", () => {
  const plan = ended();
  expect(plan.rows.services.map(({ active }) => active)).toEqual([false, false]);
  const { rows } = change(plan, { kind: "roll_back", services: [0] });
  expect(rows.services.map(({ active }) => active)).toEqual([true, true]);
  expect(rows.plan).toMatchObject({ status: "running", completedAt: null, rollbackStartedAt: now });
});

test("an agent that was away gets what is ordered for it when it is back", () => {
  const plan = newPlan(two);
  connect(plan, "two", false);
  settle(plan);
  expect(plan.steps.map(({ command }) => command?.sent)).toEqual([
    ...[true, false, undefined, undefined, undefined, undefined],
  ]);
});
