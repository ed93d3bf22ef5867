import { expect, test } from "vitest";
import { reconnectMs } from "../commands/reconnect.ts";
import { cleanUpPatienceMs, deadlineGraceMs, decide, nextLook } from "./decide.ts";
import {
  answer,
  bad,
  cancel,
  carryOut,
  deleteServer,
  disconnect,
  good,
  type ModelOptions,
  type ModelPlan,
  newPlan,
  rollBackByHand,
  settle,
  stepTime,
} from "./plan-model.fixture.ts";
import { planStatuses } from "./statuses.ts";

/** Answers every running step well, round by round; returns what was started in each round. */
function play(snapshot: ModelPlan, answers: Record<string, ReturnType<typeof bad>> = {}): string[] {
  const rounds: string[] = [];
  for (let round = 0; round < 100; round++) {
    const started = settle(snapshot);
    if (started.length > 0) rounds.push(started.toSorted().join(", "));
    const running = snapshot.steps.filter(({ status }) => status === "running");
    snapshot.cleanedUp();
    if (running.length === 0 && settle(snapshot).length === 0) return rounds;
    for (const { id } of running) {
      const name = id.replace(/^\d+ /, "");
      answer(snapshot, name, answers[name] ?? good);
    }
  }
  throw new Error("the plan does not end");
}

const chain: ModelOptions = {
  services: [
    { name: "web", needs: [{ name: "api", type: "health_before" }] },
    { name: "api", server: "two" },
  ],
};

test("a pending or ended plan has nothing due", () => {
  for (const status of planStatuses.filter((one) => one !== "running")) {
    const snapshot = newPlan(chain);
    snapshot.rows = { ...snapshot.rows, plan: { ...snapshot.rows.plan, status } };
    expect(decide(snapshot, 0)).toEqual([]);
    expect(nextLook(snapshot)).toBeNull();
  }
});

test("sequential: all pulls at once, then one service after the other", () => {
  const snapshot = newPlan(chain);
  expect(play(snapshot)).toEqual([
    "pull one, pull two",
    "deploy api",
    "health_check api",
    "deploy web",
    "health_check web",
  ]);
  expect(snapshot.plan.status).toBe("completed");
});

test("parallel: a level at once, its gates, then the next level", () => {
  const snapshot = newPlan({
    parallelExecution: true,
    services: [
      { name: "a" },
      { name: "b" },
      { name: "c", needs: [{ name: "a", type: "health_before" }] },
    ],
  });
  expect(play(snapshot)).toEqual([
    "pull one",
    "deploy a, deploy b",
    "health_check a, health_check b",
    "deploy c",
    "health_check c",
  ]);
});

test("parallel: deploy_after does not wait for the gate of that one, but for other gates", () => {
  const snapshot = newPlan({
    parallelExecution: true,
    services: [{ name: "a" }, { name: "b", needs: [{ name: "a", type: "deploy_after" }] }],
  });
  expect(play(snapshot)).toEqual([
    "pull one",
    "deploy a",
    "deploy b, health_check a",
    "health_check b",
  ]);
});

test("a pull that fails ends the plan with nothing touched", () => {
  const snapshot = newPlan(chain);
  expect(play(snapshot, { "pull two": bad("no space left") })).toEqual(["pull one, pull two"]);
  expect(snapshot.plan.status).toBe("failed");
  expect(snapshot.steps.some(({ action }) => action === "rollback")).toBe(false);
});

test("a failed pull calls off the pulls that are still going", () => {
  const snapshot = newPlan(chain);
  settle(snapshot);
  answer(snapshot, "pull one", bad("not found"));
  settle(snapshot);
  const other = () => snapshot.steps.find(({ id }) => id.endsWith("pull two"));
  expect(other()?.command?.cancelSent).toBe(true);
  answer(snapshot, "pull two", bad("called off", "cancelled"));
  settle(snapshot);
  expect(other()?.status).toBe("skipped");
  expect(snapshot.plan.status).toBe("failed");
});

test("a failed gate rolls everything back that was touched, the failed one first", () => {
  const snapshot = newPlan(chain);
  expect(play(snapshot, { "health_check web": bad("it exited") })).toEqual([
    "pull one, pull two",
    "deploy api",
    "health_check api",
    "deploy web",
    "health_check web",
    "rollback web",
    "rollback api",
  ]);
  expect(snapshot.plan.status).toBe("rolled_back");
  const statusOf = Object.fromEntries(
    snapshot.steps.map(({ id, status }) => [id.replace(/^\d+ /, ""), status]),
  );
  expect(statusOf).toMatchObject({
    "deploy api": "rolled_back",
    "health_check api": "rolled_back",
    "deploy web": "rolled_back",
    "health_check web": "failed",
    "rollback api": "success",
  });
});

test("a rollback that fails is told, and the others go on", () => {
  const snapshot = newPlan(chain);
  play(snapshot, { "health_check web": bad("it exited"), "rollback web": bad("engine is gone") });
  expect(snapshot.plan.status).toBe("failed");
  expect(snapshot.steps.filter(({ action }) => action === "rollback")).toHaveLength(2);
  expect(snapshot.steps.at(-1)?.status).toBe("success");
});

test("the error of a plan names the cause and the services left behind", () => {
  const snapshot = newPlan(chain);
  const actions: unknown[] = [];
  for (let round = 0; round < 100 && snapshot.plan.status === "running"; round++) {
    for (const action of decide(snapshot, 0)) {
      actions.push(action);
      carryOut(snapshot, action, 0);
    }
    for (const { id, status } of snapshot.steps) {
      if (status !== "running") continue;
      const fails = /health_check web|rollback web/.test(id);
      snapshot.record(id, fails ? bad("it exited with 3") : good);
    }
  }
  expect(actions.at(-1)).toEqual({
    kind: "finish_plan",
    status: "failed",
    error:
      "Health check failed for web on one: it exited with 3. Could not be rolled back and need a look: web on one.",
  });
});

test("without autoRollback a failure leaves things as they are", () => {
  const snapshot = newPlan({ ...chain, autoRollback: false });
  play(snapshot, { "health_check api": bad("it exited") });
  expect(snapshot.plan.status).toBe("failed");
  expect(snapshot.steps.map(({ status }) => status)).toEqual([
    "success",
    "success",
    "success",
    "failed",
    "skipped",
    "skipped",
  ]);
});

test("cancelling starts nothing new and lets a deploy in flight finish", () => {
  const snapshot = newPlan(chain);
  settle(snapshot);
  answer(snapshot, "pull one");
  answer(snapshot, "pull two");
  expect(settle(snapshot)).toEqual(["deploy api"]);
  cancel(snapshot);
  expect(settle(snapshot)).toEqual([]);
  expect(snapshot.plan.status).toBe("running");
  answer(snapshot, "deploy api");
  expect(settle(snapshot)).toEqual([]);
  snapshot.cleanedUp();
  expect(settle(snapshot)).toEqual([]);
  expect(snapshot.plan.status).toBe("cancelled");
});

test("a plan ends once what was kept is removed, or after a while without that", () => {
  const snapshot = newPlan({ services: [{ name: "a" }] });
  for (const name of ["pull one", "deploy a", "health_check a"]) {
    settle(snapshot);
    answer(snapshot, name);
  }
  settle(snapshot, 5);
  expect(snapshot.plan.status).toBe("running");
  expect(nextLook(snapshot)).toBe(5 + cleanUpPatienceMs);
  // Too late for a cancel: everything is done.
  cancel(snapshot);
  expect(decide(snapshot, 4 + cleanUpPatienceMs)).toEqual([]);
  settle(snapshot, 5 + cleanUpPatienceMs);
  expect(snapshot.plan.status).toBe("completed");
});

test("an ended plan can be rolled back by hand", () => {
  const snapshot = newPlan(chain);
  play(snapshot);
  rollBackByHand(snapshot);
  expect(play(snapshot)).toEqual(["rollback web", "rollback api"]);
  expect(snapshot.plan.status).toBe("rolled_back");
});

test("a second rollback by hand tries again what the first could not put back", () => {
  const snapshot = newPlan(chain);
  play(snapshot);
  rollBackByHand(snapshot);
  play(snapshot, { "rollback web": bad("offline") });
  expect(snapshot.plan.status).toBe("failed");
  rollBackByHand(snapshot);
  expect(play(snapshot)).toEqual(["rollback web"]);
  expect(snapshot.plan.status).toBe("rolled_back");
});

test("a step fails some time after its deadline, with what was missing", () => {
  const snapshot = newPlan({ services: [{ name: "a" }] });
  settle(snapshot);
  const end = stepTime + deadlineGraceMs;
  expect(nextLook(snapshot)).toBe(end);
  expect(decide(snapshot, end - 1)).toEqual([]);
  expect(decide(snapshot, end)).toMatchObject([
    { kind: "finish_step", status: "failed", error: "The agent of one did not answer in time" },
  ]);
  snapshot.change(
    () => true,
    () => ({ commandStatus: "queued", commandSent: false }),
  );
  expect(decide(snapshot, end)).toMatchObject([
    { error: "The agent of one was not connected in time" },
  ]);
});

test("nothing is late before agents have had the time to say what became of it", () => {
  const snapshot = newPlan({ services: [{ name: "a" }] });
  settle(snapshot);
  const restarted = stepTime + deadlineGraceMs + 1_000_000;
  snapshot.listeningSince = restarted;
  expect(decide(snapshot, restarted + reconnectMs - 1)).toEqual([]);
  expect(nextLook(snapshot)).toBe(restarted + reconnectMs);
  expect(decide(snapshot, restarted + reconnectMs)).toMatchObject([{ status: "failed" }]);
});

test("a deploy that its agent never heard of is not taken back", () => {
  const snapshot = newPlan(chain);
  settle(snapshot);
  for (const server of ["one", "two"]) answer(snapshot, `pull ${server}`);
  settle(snapshot);
  answer(snapshot, "deploy api");
  settle(snapshot);
  answer(snapshot, "health_check api");
  disconnect(snapshot, "one");
  expect(settle(snapshot)).toEqual(["deploy web"]);
  settle(snapshot, stepTime + deadlineGraceMs);
  expect(snapshot.steps.filter(({ action }) => action === "rollback").map(({ id }) => id)).toEqual([
    "6 rollback api",
  ]);
  answer(snapshot, "rollback api");
  settle(snapshot);
  expect(snapshot.plan.status).toBe("rolled_back");
});

test("a deploy that waits for its server is called off when the plan fails or is cancelled", () => {
  const both = { services: [{ name: "a" }, { name: "b", server: "two" }], parallelExecution: true };
  const begun = () => {
    const snapshot = newPlan(both);
    settle(snapshot);
    for (const server of ["one", "two"]) answer(snapshot, `pull ${server}`);
    disconnect(snapshot, "two");
    settle(snapshot);
    return snapshot;
  };
  const status = (snapshot: ModelPlan, name: string) =>
    snapshot.steps.find(({ id }) => id.endsWith(` ${name}`))?.status;

  const failed = begun();
  answer(failed, "deploy a", bad("it does not start"));
  expect(settle(failed)).toEqual(["rollback a"]);
  expect(status(failed, "deploy b")).toBe("skipped");

  const cancelled = begun();
  answer(cancelled, "deploy a");
  cancel(cancelled);
  settle(cancelled);
  cancelled.cleanedUp();
  settle(cancelled);
  expect(status(cancelled, "deploy b")).toBe("skipped");
  expect(cancelled.plan.status).toBe("cancelled");
});

test("a deploy that its agent refuses is not taken back", () => {
  const snapshot = newPlan({ services: [{ name: "a" }] });
  settle(snapshot);
  answer(snapshot, "pull one");
  settle(snapshot);
  answer(snapshot, "deploy a", bad("a was created with --rm", "refused"));
  settle(snapshot);
  expect(snapshot.plan.status).toBe("failed");
  expect(snapshot.steps.some(({ action }) => action === "rollback")).toBe(false);
});

test("a server that is away does not keep the others from going back", () => {
  const snapshot = newPlan({ services: [{ name: "a", server: "two" }, { name: "b" }] });
  settle(snapshot);
  for (const server of ["one", "two"]) answer(snapshot, `pull ${server}`);
  settle(snapshot);
  answer(snapshot, "deploy a");
  settle(snapshot);
  answer(snapshot, "health_check a");
  settle(snapshot);
  answer(snapshot, "deploy b", bad("it does not start"));
  disconnect(snapshot, "one");
  expect(settle(snapshot)).toEqual(["rollback b", "rollback a"]);
  answer(snapshot, "rollback a");
  settle(snapshot, stepTime + deadlineGraceMs);
  expect(snapshot.plan).toMatchObject({ status: "failed" });
});

test("a pull that is called off is not waited for where its agent is away", () => {
  const snapshot = newPlan(chain);
  settle(snapshot);
  answer(snapshot, "pull one");
  cancel(snapshot);
  disconnect(snapshot, "two");
  settle(snapshot);
  expect(snapshot.plan.status).toBe("cancelled");
  expect(snapshot.steps.find(({ id }) => id.endsWith("pull two"))?.status).toBe("skipped");
});

test("what was removed at the end is not looked at again during a rollback by hand", () => {
  const snapshot = newPlan(chain);
  play(snapshot);
  expect(snapshot.cleanUp).not.toBeNull();
  rollBackByHand(snapshot);
  settle(snapshot, 1_000_000);
  expect(nextLook(snapshot)).toBe(1_000_000 + stepTime + deadlineGraceMs);
});

test("a server that was deleted fails its steps, running or due", () => {
  const snapshot = newPlan(chain);
  settle(snapshot);
  deleteServer(snapshot, "two");
  answer(snapshot, "pull one");
  settle(snapshot);
  expect(snapshot.plan.status).toBe("failed");
});
