import { describe, expect, test } from "vitest";
import { reconnectMs } from "../commands/reconnect.ts";
import { deadlineGraceMs, decide, nextLook } from "./decide.ts";
import type { Outcome, SnapshotStep } from "./plan.ts";
import {
  answer,
  bad,
  cancel,
  carryOut,
  connect,
  deleteServer,
  deleteService,
  disconnect,
  type ModelOptions,
  type ModelPlan,
  newPlan,
  rollBackByHand,
  settle,
  stepTime,
} from "./plan-model.fixture.ts";

/* A deploy that its agent has already, while the gate before it is open. */

const three: ModelOptions = {
  services: [{ name: "a" }, { name: "b" }, { name: "c" }],
  holdingBack: ["one"],
};

/** A plan up to where the first gate is open. */
function gateOpen(more: Partial<ModelOptions> = {}): ModelPlan {
  const snapshot = newPlan({ ...three, ...more });
  settle(snapshot);
  for (const { serverName } of snapshot.steps.filter(({ action }) => action === "pull")) {
    answer(snapshot, `pull ${serverName}`);
  }
  settle(snapshot);
  answer(snapshot, "deploy a");
  expect(settle(snapshot)).toContain("health_check a");
  return snapshot;
}

function stepOf(snapshot: ModelPlan, name: string): SnapshotStep {
  const step = snapshot.steps.find(({ id }) => id.endsWith(` ${name}`));
  if (!step) throw new Error(`no step ${name}`);
  return step;
}

const statusOf = (snapshot: ModelPlan, ...names: string[]) =>
  names.map((name) => stepOf(snapshot, name).status);
const ordered = ({ steps }: ModelPlan) =>
  steps.filter(({ command }) => command !== null).map(({ id }) => id.replace(/^\d+ /, ""));
const rollbacks = ({ steps }: ModelPlan) =>
  steps.filter(({ action }) => action === "rollback").map(({ id }) => id.replace(/^\d+ \w+ /, ""));
const calledOff = bad("the gate did not pass", "cancelled");

test("the next deploy is ordered while a gate is open, and starts when it has passed", () => {
  const snapshot = gateOpen();
  expect(ordered(snapshot)).toEqual(["pull one", "deploy a", "health_check a", "deploy b"]);
  expect(stepOf(snapshot, "deploy b")).toMatchObject({
    status: "pending",
    deadlineAt: null,
    command: { sent: true, deadlineAt: 2 * stepTime, cancelSent: false },
  });
  answer(snapshot, "health_check a");
  expect(settle(snapshot, 10)).toEqual(["deploy b"]);
  expect(stepOf(snapshot, "deploy b")).toMatchObject({
    status: "running",
    deadlineAt: 10 + stepTime,
    command: { deadlineAt: 10 + stepTime },
  });
  answer(snapshot, "deploy b");
  expect(settle(snapshot, 20)).toEqual(["health_check b"]);
  expect(ordered(snapshot).at(-1)).toBe("deploy c");
});

test.each<[string, Partial<ModelOptions>]>([
  ["the agent cannot hold it back", { holdingBack: [] }],
  ["the plan is parallel", { parallelExecution: true }],
  [
    "it is on another server than the gate",
    {
      services: [{ name: "a" }, { name: "b", server: "two" }, { name: "c" }],
      holdingBack: ["one", "two"],
    },
  ],
])("nothing is ordered ahead where %s", (_, more) => {
  const snapshot = gateOpen(more);
  expect(snapshot.steps.filter((step) => step.status === "pending" && step.command)).toEqual([]);
});

/** What an agent answers of a container that it has replaced, and not started. */
const notStarted: Outcome = {
  ok: true,
  body: {
    ...{ kind: "run", containerId: "new", imageId: "sha256:2", previousContainerId: "old" },
    ...{ previousImageId: "sha256:1", downtimeMs: null, spec: {}, changes: [], running: false },
    ...{ recreatedDependents: [], before: null, after: null, gateTimeoutMs: 0 },
  },
};

test("nothing waits for the gate of a container that did not run, as that is skipped", () => {
  const snapshot = newPlan(three);
  snapshot.changeServices(({ observed }) => ({
    observed: observed && { ...observed, running: false },
  }));
  settle(snapshot);
  answer(snapshot, "pull one");
  settle(snapshot);
  expect(ordered(snapshot)).toEqual(["pull one", "deploy a"]);
  answer(snapshot, "deploy a", notStarted);
  expect(settle(snapshot)).toEqual(["deploy b"]);
  expect(statusOf(snapshot, "health_check a")).toEqual(["skipped"]);
});

test("it is ordered as soon as the deploy before it begins", () => {
  const snapshot = newPlan(three);
  settle(snapshot);
  expect(ordered(snapshot)).toEqual(["pull one"]);
  answer(snapshot, "pull one");
  expect(settle(snapshot)).toEqual(["deploy a"]);
  expect(ordered(snapshot)).toEqual(["pull one", "deploy a", "deploy b"]);
});

test("nothing is ordered ahead for a server that is away or gone", () => {
  const snapshot = newPlan(three);
  settle(snapshot);
  disconnect(snapshot, "one");
  answer(snapshot, "pull one");
  expect(settle(snapshot)).toEqual(["deploy a"]);
  expect(ordered(snapshot)).toEqual(["pull one", "deploy a"]);
  connect(snapshot, "one");
  deleteService(snapshot, "b");
  settle(snapshot);
  expect(ordered(snapshot)).not.toContain("deploy b");
});

test("an agent that comes back gets the next deploy while the gate is open", () => {
  const snapshot = newPlan(three);
  settle(snapshot);
  disconnect(snapshot, "one");
  answer(snapshot, "pull one");
  settle(snapshot);
  answer(snapshot, "deploy a");
  settle(snapshot);
  expect(ordered(snapshot)).not.toContain("deploy b");
  connect(snapshot, "one");
  settle(snapshot);
  expect(stepOf(snapshot, "deploy b").command?.deadlineAt).toBe(2 * stepTime);
});

test("a gate that something waits for is asked, even if its container was stopped meanwhile", () => {
  const snapshot = newPlan(three);
  settle(snapshot);
  answer(snapshot, "pull one");
  settle(snapshot);
  answer(snapshot, "deploy a", notStarted);
  expect(settle(snapshot)).toEqual(["health_check a"]);
  answer(snapshot, "health_check a");
  expect(settle(snapshot)).toEqual(["deploy b"]);
});

test("the answers of a gate and of what it held back can come together, in any order", () => {
  const together = gateOpen();
  answer(together, "deploy b");
  answer(together, "health_check a");
  expect(settle(together)).toEqual(["deploy b", "health_check b"]);

  const before = gateOpen();
  answer(before, "deploy b");
  expect(settle(before)).toEqual([]);
  expect(statusOf(before, "health_check a", "deploy b")).toEqual(["running", "pending"]);
  answer(before, "health_check a");
  expect(settle(before)).toEqual(["deploy b", "health_check b"]);
});

test("a deploy that cannot be prepared fails the plan once the gate has passed", () => {
  const snapshot = gateOpen();
  answer(snapshot, "deploy b", bad("b was created with --rm", "refused"));
  expect(settle(snapshot)).toEqual([]);
  answer(snapshot, "health_check a");
  expect(settle(snapshot)).toEqual(["deploy b", "rollback a"]);
  expect(statusOf(snapshot, "deploy b", "deploy c")).toEqual(["failed", "pending"]);
  answer(snapshot, "rollback a");
  settle(snapshot);
  expect(snapshot.plan.status).toBe("rolled_back");
});

test("what has started is late by its own deadline, though its agent was given more time", () => {
  const snapshot = gateOpen();
  answer(snapshot, "health_check a");
  settle(snapshot, 10);
  const late = 10 + stepTime + deadlineGraceMs;
  expect(nextLook(snapshot)).toBe(late);
  expect(decide(snapshot, late - 1)).toEqual([]);
  expect(decide(snapshot, late)).toMatchObject([{ kind: "finish_step", status: "failed" }]);
});

describe("when the gate does not pass", () => {
  const gateFails = (more: Partial<ModelOptions> = {}) => {
    const snapshot = gateOpen(more);
    answer(snapshot, "health_check a", bad("a exited"));
    settle(snapshot);
    expect(stepOf(snapshot, "deploy b").command?.cancelSent).toBe(true);
    return snapshot;
  };

  test("what waits for it is called off, and not waited for, as it cannot begin", () => {
    const snapshot = gateFails();
    expect(statusOf(snapshot, "rollback a", "deploy b")).toEqual(["running", "pending"]);
    expect(nextLook(snapshot)).toBe(stepTime + deadlineGraceMs);
    answer(snapshot, "rollback a");
    settle(snapshot);
    expect(snapshot.plan.status).toBe("rolled_back");
    expect(statusOf(snapshot, "deploy b", "deploy c")).toEqual(["skipped", "skipped"]);
    expect(rollbacks(snapshot)).toEqual(["a"]);
  });

  test.each([
    ["it was called off", calledOff],
    ["it could not be prepared", bad("b was created with --rm", "refused")],
    ["its time was over", bad("it took too long", "timeout")],
  ])("its late answer that %s changes nothing", (_, late) => {
    const whileGoingBack = gateFails();
    answer(whileGoingBack, "deploy b", late);
    expect(settle(whileGoingBack)).toEqual([]);
    answer(whileGoingBack, "rollback a");
    settle(whileGoingBack);
    expect(whileGoingBack.plan.status).toBe("rolled_back");
    expect(statusOf(whileGoingBack, "deploy b")).toEqual(["skipped"]);

    const afterTheEnd = gateFails({ autoRollback: false });
    expect(afterTheEnd.plan.status).toBe("failed");
    afterTheEnd.record(stepOf(afterTheEnd, "deploy b").id, late);
    expect(decide(afterTheEnd, Number.MAX_SAFE_INTEGER)).toEqual([]);
    rollBackByHand(afterTheEnd);
    expect(settle(afterTheEnd)).toEqual(["rollback a"]);
    expect(rollbacks(afterTheEnd)).toEqual(["a"]);
  });

  test("what its agent has ended by itself is not called off", () => {
    const snapshot = gateOpen();
    answer(snapshot, "health_check a", bad("a exited"));
    answer(snapshot, "deploy b", calledOff);
    expect(settle(snapshot)).toEqual(["rollback a"]);
    expect(stepOf(snapshot, "deploy b").command?.cancelSent).toBe(false);
  });

  test("the plan ends because of the gate, whatever became of what it held back", () => {
    const snapshot = gateOpen({ autoRollback: false });
    answer(snapshot, "health_check a", bad("a exited"));
    answer(snapshot, "deploy b", bad("b does not start"));
    for (let round = 0; round < 2; round++) {
      for (const action of decide(snapshot, 0)) carryOut(snapshot, action, 0);
    }
    expect(statusOf(snapshot, "deploy b")).toEqual(["failed"]);
    const error = "Health check failed for a on one: a exited.";
    expect(decide(snapshot, 0)).toEqual([{ kind: "finish_plan", status: "failed", error }]);
  });
});

describe("when it is not known whether the gate has passed", () => {
  /** No answer came in time, and that was recorded. */
  const gateUnknown = () => {
    const snapshot = gateOpen();
    answer(snapshot, "health_check a", bad("no answer came", "timeout"));
    expect(settle(snapshot)).toEqual([]);
    expect(stepOf(snapshot, "deploy b").command?.cancelSent).toBe(true);
    return snapshot;
  };

  test("what was not begun is called off, waited for, and skipped with the others", () => {
    const snapshot = gateUnknown();
    expect(nextLook(snapshot)).toBe(2 * stepTime + deadlineGraceMs);
    answer(snapshot, "deploy b", calledOff);
    expect(settle(snapshot)).toEqual(["rollback a"]);
    expect(statusOf(snapshot, "deploy b")).toEqual(["pending"]);
  });

  test.each([
    ["success", undefined, ["b", "a"]],
    ["failed", bad("b does not start"), ["b", "a"]],
    ["failed", bad("b was created with --rm", "refused"), ["a"]],
  ] as const)(
    "what was done all the same is a %s, and goes back if it was touched",
    (status, outcome, back) => {
      const snapshot = gateUnknown();
      answer(snapshot, "deploy b", outcome);
      settle(snapshot);
      expect(statusOf(snapshot, "deploy b")).toEqual([status]);
      expect(rollbacks(snapshot)).toEqual(back);
      for (const name of back) {
        answer(snapshot, `rollback ${name}`);
        settle(snapshot);
      }
      expect(snapshot.plan.status).toBe("rolled_back");
    },
  );

  test("a gate that is late leaves what it held back to be answered for its own time", () => {
    const snapshot = gateOpen();
    const gateLate = stepTime + deadlineGraceMs;
    settle(snapshot, gateLate);
    expect(statusOf(snapshot, "health_check a", "deploy b")).toEqual(["failed", "pending"]);
    expect(stepOf(snapshot, "deploy b").command?.cancelSent).toBe(true);
    expect(settle(snapshot, gateLate + stepTime)).toEqual(["rollback b"]);
    expect(stepOf(snapshot, "deploy b")).toMatchObject({
      status: "failed",
      error: "The agent of one did not answer in time",
    });
  });

  test("nothing is late before its agent has had the time to say what became of it", () => {
    const snapshot = gateUnknown();
    snapshot.listeningSince = 1_000_000;
    expect(nextLook(snapshot)).toBe(1_000_000 + reconnectMs);
    expect(decide(snapshot, 1_000_000 + reconnectMs - 1)).toEqual([]);
  });
});

describe("when the gate never leaves for its agent", () => {
  /** The deploy before is under way, and the next one is held back already. */
  const deployOpen = () => {
    const snapshot = newPlan(three);
    settle(snapshot);
    answer(snapshot, "pull one");
    expect(settle(snapshot)).toEqual(["deploy a"]);
    expect(stepOf(snapshot, "deploy b").command).toMatchObject({ sent: true });
    return snapshot;
  };
  /** The gate was ordered when its server was away already. */
  const gateUnsent = () => {
    const snapshot = deployOpen();
    disconnect(snapshot, "one");
    answer(snapshot, "deploy a");
    expect(settle(snapshot)).toEqual(["health_check a"]);
    expect(stepOf(snapshot, "health_check a").command).toMatchObject({ sent: false });
    return snapshot;
  };

  test("a cancel waits for the deploy under way alone", () => {
    const snapshot = deployOpen();
    cancel(snapshot);
    settle(snapshot);
    disconnect(snapshot, "one");
    answer(snapshot, "deploy a");
    settle(snapshot);
    snapshot.cleanedUp();
    settle(snapshot);
    expect(snapshot.plan.status).toBe("cancelled");
    expect(stepOf(snapshot, "deploy b")).toMatchObject({
      ...{ status: "skipped", command: { outcome: null, cancelSent: true } },
    });
  });

  test("a deploy that fails is rolled back at once", () => {
    const snapshot = deployOpen();
    answer(snapshot, "deploy a", bad("a does not start"));
    expect(settle(snapshot)).toEqual(["rollback a"]);
    expect(stepOf(snapshot, "deploy b").command?.cancelSent).toBe(true);
  });

  test("a cancel takes back the gate of a server that is away, and waits for nothing there", () => {
    const snapshot = gateUnsent();
    cancel(snapshot);
    settle(snapshot);
    expect(statusOf(snapshot, "health_check a")).toEqual(["skipped"]);
    snapshot.cleanedUp();
    settle(snapshot);
    expect(snapshot.plan.status).toBe("cancelled");
  });

  test("a gate that leaves at the moment of the cancel may pass", () => {
    const snapshot = gateUnsent();
    snapshot.send(stepOf(snapshot, "health_check a").id);
    cancel(snapshot);
    settle(snapshot);
    expect(snapshot.plan.status).toBe("running");
    answer(snapshot, "health_check a");
    settle(snapshot);
    expect(snapshot.plan.status).toBe("running");
    answer(snapshot, "deploy b");
    settle(snapshot);
    expect(statusOf(snapshot, "deploy b")).toEqual(["success"]);
  });

  test("a gate whose time was over before it left is no longer waited for", () => {
    const snapshot = gateUnsent();
    answer(snapshot, "health_check a", bad("never delivered", "timeout"));
    expect(settle(snapshot)).toEqual(["rollback a"]);
  });
});

describe("when the plan is cancelled", () => {
  const cancelNow = (prepare: (snapshot: ModelPlan) => void = () => undefined) => {
    const snapshot = gateOpen();
    prepare(snapshot);
    cancel(snapshot);
    expect(settle(snapshot)).toEqual([]);
    return snapshot;
  };
  const end = (snapshot: ModelPlan) => {
    settle(snapshot);
    snapshot.cleanedUp();
    expect(settle(snapshot)).toEqual([]);
    expect(snapshot.plan.status).toBe("cancelled");
  };

  test("what was prepared is called off, and the gate is waited for", () => {
    const snapshot = cancelNow();
    expect(stepOf(snapshot, "health_check a").command?.cancelSent).toBe(false);
    answer(snapshot, "deploy b", calledOff);
    expect(settle(snapshot)).toEqual([]);
    expect(snapshot.plan.status).toBe("running");
    answer(snapshot, "health_check a");
    end(snapshot);
    expect(statusOf(snapshot, "deploy b", "health_check b")).toEqual(["skipped", "skipped"]);
  });

  test("what its agent had begun is waited for, and done", () => {
    const snapshot = cancelNow();
    answer(snapshot, "health_check a");
    expect(settle(snapshot)).toEqual([]);
    expect(snapshot.plan.status).toBe("running");
    answer(snapshot, "deploy b");
    end(snapshot);
    expect(statusOf(snapshot, "deploy b", "health_check b")).toEqual(["success", "skipped"]);
  });

  test("what its agent never got is taken back, and not waited for", () => {
    const snapshot = cancelNow((open) => {
      open.change(
        ({ id }) => id === stepOf(open, "deploy b").id,
        () => ({ commandStatus: "queued", commandSent: false }),
      );
      disconnect(open, "one");
    });
    answer(snapshot, "health_check a");
    end(snapshot);
    expect(statusOf(snapshot, "deploy b")).toEqual(["skipped"]);
  });

  test("what an agent that is away may have begun is waited for until it is late", () => {
    const snapshot = cancelNow((open) => disconnect(open, "one"));
    answer(snapshot, "health_check a");
    expect(settle(snapshot, 2 * stepTime + deadlineGraceMs - 1)).toEqual([]);
    expect(snapshot.plan.status).toBe("running");
    settle(snapshot, 2 * stepTime + deadlineGraceMs);
    end(snapshot);
    expect(statusOf(snapshot, "deploy b")).toEqual(["failed"]);
  });
});

test("a prepared deploy goes with its server", () => {
  const snapshot = gateOpen();
  deleteServer(snapshot, "one");
  settle(snapshot);
  expect(statusOf(snapshot, "health_check a", "deploy b", "rollback a")).toEqual([
    ...["failed", "skipped", "failed"],
  ]);
  expect(snapshot.plan.status).toBe("failed");
});
