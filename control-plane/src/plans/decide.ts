import { reconnectMs } from "../commands/reconnect.ts";
import {
  gateToPrepareBehind,
  holdsBack,
  isDue,
  mayBegin,
  notRun,
  passed,
  whyNoGate,
  withinLimit,
} from "./due.ts";
import { calledOff, endOfHook, endTold, isHookAfter, isHookBefore } from "./hook-rules.ts";
import { serviceAt, stepsOf } from "./lookup.ts";
import { whyNotBack } from "./observed.ts";
import { type Unmet, unmetOutside } from "./outside.ts";
import type { Action, Outcome, Snapshot, SnapshotStep } from "./plan.ts";
import { judgeSoak, soakQuestions } from "./soak.ts";
import { isActive } from "./statuses.ts";

/*
 * What is due in a plan? Synchronous, total, without I/O and without memory: whatever woke
 * us (a result, a timer, a cancel, a restart) reads the rows and asks the same question.
 * Nothing is chosen here that the plan did not fix when it was built.
 *
 *            ┌──────────┐  all succeeded            ┌───────────┐
 *   start ──▶│ forward  │──────────▶ clean up ──────▶│ completed │
 *            └──────────┘                           └───────────┘
 *              │      │ cancel requested            ┌───────────┐
 *              │      └──▶ winding down, clean up ─▶│ cancelled │
 *     a step   │                                    └───────────┘
 *     failed   ▼                 nothing to undo    ┌───────────┐
 *          winding down ───────────────────────────▶│  failed   │
 *              │ autoRollback, something touched    └───────────┘
 *              ▼                       one failed ───────▲
 *         rolling back ──────────────────────────────────┘
 *              │ all succeeded                      ┌─────────────┐
 *              └───────────────────────────────────▶│ rolled_back │
 *                                                   └─────────────┘
 *
 * A plan that goes forward may be paused: nothing starts, and what is in flight ends. It goes on, winds
 * down or goes back when a person says so.
 */

/** The agent has its own deadline and answers at it; only then do we stop waiting. */
export const deadlineGraceMs = 30_000;

/** How long the end of a plan waits for the removal of what was kept. */
export const cleanUpPatienceMs = 10_000;

export function decide(snapshot: Snapshot, now: number): Action[] {
  if (!isActive(snapshot.plan.status)) return [];
  const settled = snapshot.steps.flatMap((step) => settle(snapshot, step, now));
  if (settled.length > 0) return settled;
  const { plan } = snapshot;
  if (plan.rollbackStarted) return rollBack(snapshot);
  if (plan.status === "paused") return hold(snapshot, now);
  const isDone = snapshot.steps.every((step) => isHookAfter(step) || passed(snapshot, step));
  if (!plan.rollbackRequested && isDone) return cleanUpAndEnd(snapshot, now, "completed");
  if (goesOn(snapshot)) return goOn(snapshot, now);
  const settledEarly = snapshot.steps.flatMap((step) => settlePrepared(snapshot, step, now));
  if (settledEarly.length > 0) return settledEarly;
  if (snapshot.plan.cancelRequested) {
    return windDown(snapshot, ["pull", "job"], () => cleanUpAndEnd(snapshot, now, "cancelled"));
  }
  if (plan.rollbackRequested) {
    return windDown(snapshot, ["pull", "job", "health_check"], () => afterRequest(snapshot));
  }
  if (plan.onFailure === "pause") {
    return windDown(snapshot, [], () => [
      { kind: "pause", reason: firstFailure(snapshot) ?? "Something failed.", by: null },
    ]);
  }
  // What will be rolled back anyway need not be watched any longer.
  const unneeded = snapshot.plan.autoRollback ? ["pull", "health_check"] : ["pull"];
  return windDown(snapshot, unneeded, () => afterFailure(snapshot));
}

/**
 * When to ask again if nothing wakes us before; null: only an event can change anything.
 * @param now when nothing is due
 */
export function nextLook(snapshot: Snapshot, now = Number.NEGATIVE_INFINITY): number | null {
  if (!isActive(snapshot.plan.status)) return null;
  const { rollbackStarted } = snapshot.plan;
  const deadlines = snapshot.steps.flatMap((step) => {
    if (step.soak) return soakLook(snapshot, step, now);
    const isAwaited = rollbackStarted ? step.status === "running" : isInFlight(snapshot, step);
    const at = isAwaited ? lateAt(snapshot, step) : null;
    return at === null ? [] : [at];
  });
  if (goesOn(snapshot)) {
    const waiting = snapshot.steps.filter(waits);
    const lacking = waiting.filter((step) => lackOutside(snapshot, step) !== null);
    deadlines.push(...lacking.map(({ deadlineAt }) => deadlineAt));
  }
  if (snapshot.cleanUp && !rollbackStarted && snapshot.plan.status === "running") {
    // What comes after the clean-up, it waits for no longer.
    const isTold = snapshot.steps.some((step) => isHookAfter(step) && step.status !== "pending");
    if (!isTold) deadlines.push(snapshot.cleanUp.orderedAt + cleanUpPatienceMs);
  }
  return deadlines.length === 0 ? null : Math.min(...deadlines);
}

/** It has not begun, since what it needs outside of the plan is not there yet. */
function waits(step: SnapshotStep): step is SnapshotStep & { deadlineAt: number } {
  return step.status === "pending" && step.command === null && step.deadlineAt !== null;
}

/** Nothing keeps it from going forwards. */
function goesOn({ plan, steps }: Snapshot): boolean {
  if (plan.status !== "running" || plan.rollbackStarted) return false;
  if (plan.cancelRequested || plan.rollbackRequested) return false;
  return steps.every((step) => step.status !== "failed" || isHookAfter(step));
}

/** While a plan is paused nothing starts, and what agents hold back is called off. */
function hold(snapshot: Snapshot, now: number): Action[] {
  const ended = snapshot.steps.flatMap((step) => settlePrepared(snapshot, step, now));
  if (ended.length > 0) return ended;
  return snapshot.steps.flatMap((step): Action[] => {
    const isHeld = isPrepared(step) && step.command?.outcome === null;
    return isHeld && !step.command?.cancelSent ? [{ kind: "cancel_step", stepId: step.id }] : [];
  });
}

/**
 * A soak whose time is over is waited for only where a paused plan could not be told so. While it is paused,
 * the sweep over all plans has the batch asked.
 */
function soakLook(snapshot: Snapshot, step: SnapshotStep, now: number): number[] {
  if (step.status !== "running" || !goesOn(snapshot)) return [];
  const verdict = judgeSoak(snapshot, step, now);
  if (verdict.kind !== "wait") return [];
  const { lookAt } = soakQuestions(snapshot, step, now);
  return lookAt === null ? [verdict.until] : [verdict.until, lookAt];
}

/** A plan that ends does not judge what it no longer watches. */
function settleSoak(snapshot: Snapshot, step: SnapshotStep, now: number): Action[] {
  const verdict = judgeSoak(snapshot, step, now);
  const finish = { kind: "finish_step", stepId: step.id } as const;
  switch (verdict.kind) {
    case "wait": {
      const { due } = soakQuestions(snapshot, step, now);
      const asks = goesOn(snapshot) || snapshot.plan.status === "paused";
      return asks && due.length > 0 ? [{ kind: "ask_soak", stepId: step.id, of: due }] : [];
    }
    case "begin":
      return [{ kind: "begin_soak", stepId: step.id }];
    case "failed": {
      const { error, positions } = verdict;
      return [{ ...finish, status: "failed", error, blamed: positions }];
    }
    case "unknown":
      if (!goesOn(snapshot)) return [];
      return [{ kind: "pause", reason: whyPaused(step, verdict.why), by: null }];
    case "passed": {
      const passed: Action = { ...finish, status: "success", error: null };
      if (!step.soak?.pauses || !goesOn(snapshot)) return [passed];
      return [passed, { kind: "pause", reason: `Batch ${step.batch} is done.`, by: null }];
    }
  }
}

function whyPaused({ batch }: SnapshotStep, why: string): string {
  return `Batch ${batch} could not be watched: ${why}`;
}

/** Its agent may be at work on it, or begin to; or it has to be called off. */
function isInFlight(snapshot: Snapshot, step: SnapshotStep): boolean {
  if (step.status === "running") return true;
  if (!isPrepared(step) || step.command?.outcome !== null) return false;
  return !step.command.cancelSent || mayBegin(snapshot, step);
}

/** Its agent has it, and holds it back until the gate before it has passed. */
function isPrepared({ status, command }: SnapshotStep): boolean {
  return status === "pending" && command !== null;
}

/** When the answer to a step that is in flight will no longer come. */
function lateAt({ listeningSince }: Snapshot, step: SnapshotStep): number | null {
  const deadlines = [step.deadlineAt, step.command?.deadlineAt ?? null].filter((at) => at !== null);
  if (deadlines.length === 0) return null;
  return Math.max(Math.max(...deadlines) + deadlineGraceMs, listeningSince + reconnectMs);
}

function settle(snapshot: Snapshot, step: SnapshotStep, now: number): Action[] {
  if (step.status !== "running") return [];
  return step.soak ? settleSoak(snapshot, step, now) : endOf(snapshot, step, now);
}

/**
 * A prepared step that its plan will not get to. It stays pending where its agent did not begin.
 * Where it did, because it saw the gate pass before it heard that the plan ends, or because the gate's
 * answer came too late for us, the step becomes what the agent says of it.
 *
 * While the plan goes on, whatever the agent says waits until the gate has passed: then the step
 * starts, and ends with it.
 */
function settlePrepared(snapshot: Snapshot, step: SnapshotStep, now: number): Action[] {
  if (!isPrepared(step)) return [];
  const outcome = step.command?.outcome ?? null;
  if (outcome === null) {
    const late = lateAt(snapshot, step);
    const isLate = step.command?.cancelSent && late !== null && now >= late;
    return isLate && mayBegin(snapshot, step) ? endOf(snapshot, step, now) : [];
  }
  if (!outcome.ok && outcome.failure.code === "cancelled") return [];
  return endOf(snapshot, step, now);
}

/** A step whose answer is there, or will not come, ends. */
function endOf(snapshot: Snapshot, step: SnapshotStep, now: number): Action[] {
  const finish = (
    status: "success" | "failed" | "skipped",
    error: string | null,
    note: string | null = null,
  ): Action[] => [{ kind: "finish_step", stepId: step.id, status, error, note }];
  if (step.hook !== null) return endOfHookInTime(snapshot, step, now);
  const outcome = step.command?.outcome;
  if (outcome?.ok) {
    const notBack = step.action === "rollback" ? provenNotBack(snapshot, step) : null;
    return notBack === null
      ? finish("success", null, sentences(notRun(snapshot, step), outcome.note ?? null))
      : finish("failed", notBack);
  }
  if (outcome) {
    const { code, message } = outcome.failure;
    // We cancelled it ourselves: not the reason why the plan ends.
    if (code === "cancelled" && step.command?.cancelSent) return finish("skipped", message);
    return finish("failed", message);
  }
  if (!step.command || !step.targetExists) {
    return finish("failed", `${step.serverName} was removed while the plan was running`);
  }
  const late = lateAt(snapshot, step);
  if (late !== null && now >= late) {
    const why = step.command.sent
      ? `The agent of ${step.serverName} did not answer in time`
      : `The agent of ${step.serverName} was not connected in time`;
    return finish("failed", why);
  }
  return [];
}

function endOfHookInTime(snapshot: Snapshot, step: SnapshotStep, now: number): Action[] {
  const late = lateAt(snapshot, step);
  const said = endOfHook(step);
  if (said.length > 0 || late === null || now < late) return said;
  const error = "It was not called to an end in time";
  return [{ kind: "finish_step", stepId: step.id, status: "failed", error }];
}

/** null where there is none */
function sentences(...all: (string | null)[]): string | null {
  return all.filter((sentence) => sentence !== null).join(" ") || null;
}

function goOn(snapshot: Snapshot, now: number): Action[] {
  const renewed = snapshot.steps.flatMap((step) => renewCalledOff(snapshot, step, now));
  if (renewed.length > 0) return renewed;
  const due = snapshot.steps.filter(
    (step) => step.status === "pending" && !isBeingCalledOff(step) && isDue(snapshot, step),
  );
  if (due.length === 0) return prepare(snapshot);
  const lost = due.filter(({ targetExists, command }) => !targetExists && command === null);
  if (lost.length > 0) {
    return lost.map((step) => ({
      kind: "finish_step",
      stepId: step.id,
      status: "failed",
      error: `${step.serverName} or its service was removed before this step`,
    }));
  }
  const lacking = due.flatMap((step) => waitOrFail(snapshot, step, now));
  if (lacking.length > 0) return lacking;
  const ready = withinLimit(
    snapshot,
    due.filter((step) => lackOutside(snapshot, step) === null),
  );
  if (ready.length === 0) return prepare(snapshot);
  return ready.map((step) => {
    const isGate = step.action === "health_check" && !holdsBack(snapshot, step);
    const note = isGate ? whyNoGate(snapshot, step) : null;
    return note === null
      ? { kind: "start_step", stepId: step.id }
      : { kind: "finish_step", stepId: step.id, status: "skipped", error: null, note };
  });
}

/** It was called off while its plan was paused, and its agent has not said yet what became of it. */
function isBeingCalledOff(step: SnapshotStep): boolean {
  return isPrepared(step) && step.command?.outcome === null && step.command.cancelSent;
}

/** A step that was called off while its plan was paused begins again with another command. */
function renewCalledOff(snapshot: Snapshot, step: SnapshotStep, now: number): Action[] {
  if (isBeingCalledOff(step)) {
    const late = lateAt(snapshot, step);
    return late !== null && now >= late ? endOf(snapshot, step, now) : [];
  }
  const outcome = isPrepared(step) ? (step.command?.outcome ?? null) : null;
  const wasCalledOff = outcome !== null && !outcome.ok && outcome.failure.code === "cancelled";
  // Its gate is open still: the plan was resumed before it ended.
  return wasCalledOff ? [{ kind: "renew_step", stepId: step.id }] : [];
}

/** What a deploy that is due lacks outside of the plan; null: nothing, or it has begun. */
function lackOutside(snapshot: Snapshot, step: SnapshotStep): Unmet | null {
  const service = serviceAt(snapshot, step.servicePosition);
  if (step.action !== "deploy" || step.command !== null || service === undefined) return null;
  return unmetOutside(service, service.outside.needs, service.outside.facts);
}

/**
 * A deploy whose service needs another one outside of the plan that is not as it has to be is not begun: it
 * waits where that may come, and fails where it does not.
 */
function waitOrFail(snapshot: Snapshot, step: SnapshotStep, now: number): Action[] {
  const lack = lackOutside(snapshot, step);
  if (lack === null) return [];
  const { clause, mayCome } = lack;
  const until = step.deadlineAt;
  if (mayCome && until === null) {
    return [{ kind: "await_step", stepId: step.id, note: `Waiting: ${clause}.` }];
  }
  if (mayCome && until !== null && now < until) return [];
  const error = `Not touched: ${clause}. It is not part of this plan: see to it first, or deploy both together.`;
  return [{ kind: "finish_step", stepId: step.id, status: "failed", error, notStarted: true }];
}

/**
 * The looking at the next container, and its creation, can be done while the one before it is replaced
 * and its gate is open.
 */
function prepare(snapshot: Snapshot): Action[] {
  return snapshot.steps.flatMap((step) => {
    const gate = gateToPrepareBehind(snapshot, step);
    return gate === null ? [] : [{ kind: "prepare_step", stepId: step.id, gateId: gate.id }];
  });
}

/** A rollback says what it found afterwards: only what ran before is back. */
function provenNotBack(snapshot: Snapshot, step: SnapshotStep): string | null {
  const outcome = step.command?.outcome;
  if (!outcome?.ok || outcome.body.kind !== "rollback") return null;
  return whyNotBack(serviceAt(snapshot, step.servicePosition)?.before ?? null, outcome.body);
}

/**
 * A plan that has ended well leaves nothing behind: what was kept for a rollback is removed
 * first. That is not worth waiting for long: an agent does it whenever it is back.
 */
function cleanUpAndEnd(
  snapshot: Snapshot,
  now: number,
  status: "completed" | "cancelled",
): Action[] {
  const deployed = snapshot.steps.some(
    ({ action, status, targetExists }) =>
      action === "deploy" && status === "success" && targetExists,
  );
  if (deployed && !snapshot.cleanUp) return [{ kind: "clean_up" }];
  const { open, orderedAt } = snapshot.cleanUp ?? { open: 0, orderedAt: 0 };
  if (open > 0 && now < orderedAt + cleanUpPatienceMs) return [];
  return endTold(snapshot, { kind: "finish_plan", status, error: firstFailure(snapshot) });
}

/**
 * Nothing new starts; what is in flight ends; then the plan does. What has not left for its server
 * is not in flight. What was prepared is called off, so that its agent removes what it has created ahead,
 * and waited for only where that may have begun. A step that is unneeded and changes nothing is not
 * waited for where its agent is away.
 */
function windDown(snapshot: Snapshot, unneeded: string[], end: () => Action[]): Action[] {
  const inFlight = snapshot.steps.filter(
    (step) => isInFlight(snapshot, step) && !isHookAfter(step),
  );
  if (inFlight.length === 0) return end();
  return inFlight.flatMap((step): Action[] => {
    if (step.soak) {
      const error = "Not watched to its end, as the plan went no further.";
      return [{ kind: "finish_step", stepId: step.id, status: "skipped", error }];
    }
    if (isHookBefore(step)) return [calledOff(step)];
    const prepared = isPrepared(step);
    if (!prepared && !unneeded.includes(step.action) && !isAway(step)) return [];
    if (!step.command?.cancelSent) return [{ kind: "cancel_step", stepId: step.id }];
    // An agent that is away may see the gate pass and begin, or be at work on a job: only it can say.
    const mayWork = prepared || (step.action === "job" && step.command.sent);
    if (mayWork || step.serverOnline) return [];
    const error = `Called off while the agent of ${step.serverName} was not connected`;
    return [{ kind: "finish_step", stepId: step.id, status: "skipped", error }];
  });
}

/** What was touched when a paused plan was rolled back. */
function afterRequest(snapshot: Snapshot): Action[] {
  const services = touched(snapshot);
  if (services.length > 0) return [{ kind: "begin_rollback", services }];
  const error = "Nothing had been touched, so there was nothing to roll back.";
  return endTold(snapshot, { kind: "finish_plan", status: "cancelled", error });
}

function afterFailure(snapshot: Snapshot): Action[] {
  const services = touched(snapshot);
  if (snapshot.plan.autoRollback && services.length > 0) {
    return [{ kind: "begin_rollback", services }];
  }
  return endTold(snapshot, {
    ...{ kind: "finish_plan", status: "failed", error: firstFailure(snapshot) },
  });
}

/**
 * The services whose deploy was started, the failed one too, last first. One that is back
 * already is no longer touched, and one whose agent never heard of it, or refused it, was not
 * touched at all.
 */
export function touched(snapshot: Snapshot): number[] {
  const started = ({ status, command, targetExists, startedAt }: SnapshotStep) => {
    if (status !== "failed") return status === "success";
    if (command === null) return targetExists && startedAt !== null;
    return command.sent && !isRefusal(command.outcome);
  };
  return snapshot.services
    .filter(({ position }) => {
      const steps = stepsOf(snapshot, position);
      const deployed = steps.some((step) => step.action === "deploy" && started(step));
      const back = steps.some((step) => step.action === "rollback" && step.status === "success");
      return deployed && !back;
    })
    .map(({ position }) => position)
    .reverse();
}

/** Its agent would not even begin: nothing was changed, and nothing is said of the digest. */
function isRefusal(outcome: Outcome | null): boolean {
  return outcome !== null && !outcome.ok && outcome.failure.code === "refused";
}

/**
 * In reverse order; one that fails does not keep the others from going back, nor does one whose
 * server is away.
 */
function rollBack(snapshot: Snapshot): Action[] {
  const rollbacks = snapshot.steps.filter(
    ({ action, status }) => action === "rollback" && status !== "skipped",
  );
  const pending = rollbacks.filter(({ status }) => status === "pending");
  const running = rollbacks.filter(({ status }) => status === "running");
  if (pending.length === 0 && running.length === 0) {
    return endTold(snapshot, afterRollback(snapshot));
  }
  const waitedFor = [...running, ...pending].filter((step) => !isAway(step));
  const first = Math.min(...waitedFor.map((step) => turnBack(snapshot, step)));
  const next = pending.filter((step) => turnBack(snapshot, step) === first);
  return next.map((step) =>
    step.targetExists
      ? { kind: "start_step", stepId: step.id }
      : {
          kind: "finish_step",
          stepId: step.id,
          status: "failed",
          error: `${step.serverName} or its service was removed`,
        },
  );
}

/** Ordered, and waiting for its agent to connect. */
function isAway({ status, command, serverOnline }: SnapshotStep): boolean {
  return status === "running" && command !== null && !command.sent && !serverOnline;
}

/** Of two that go back, that with the lower one does so first; those with the same one do at the same time. */
function turnBack(snapshot: Snapshot, { position, servicePosition }: SnapshotStep): number {
  if (!snapshot.plan.parallelExecution) return position;
  return -(serviceAt(snapshot, servicePosition)?.level ?? 0);
}

function afterRollback(snapshot: Snapshot): Extract<Action, { kind: "finish_plan" }> {
  // A service may have several rollback steps by now: the last one counts.
  const last = new Map<number, SnapshotStep>();
  for (const step of snapshot.steps) {
    if (step.action === "rollback" && step.servicePosition !== null) {
      last.set(step.servicePosition, step);
    }
  }
  const left = snapshot.services.filter(
    ({ position }) => last.has(position) && last.get(position)?.status !== "success",
  );
  const reason = firstFailure(snapshot);
  if (left.length === 0) return { kind: "finish_plan", status: "rolled_back", error: reason };
  const names = left.map(({ name, serverName }) => `${name} on ${serverName}`).join(", ");
  const why = reason === null ? "" : `${reason} `;
  return {
    kind: "finish_plan",
    status: "failed",
    error: `${why}Could not be rolled back and need a look: ${names}.`,
  };
}

/** The sentence that tells why: the first forward step that failed. */
function firstFailure(snapshot: Snapshot): string | null {
  const step = snapshot.steps.find(
    (step) => step.status === "failed" && step.action !== "rollback" && !isHookAfter(step),
  );
  if (!step) return null;
  const sentence = step.error ?? "failed";
  const end = /[.!?]$/.test(sentence) ? "" : ".";
  if (step.hook !== null) return `The hook ${step.hook.name} failed: ${sentence}${end}`;
  const service = serviceAt(snapshot, step.servicePosition);
  const where = service ? `${service.name} on ${step.serverName}` : step.serverName;
  const what = {
    hook: "Hook",
    pull: "Pull",
    job: "Job",
    deploy: "Deploy",
    health_check: "Health check",
    soak: "Soak",
    rollback: "Rollback",
  };
  if (step.soak) return `Batch ${step.batch} did not stay healthy: ${sentence}`;
  return `${what[step.action]} failed for ${where}: ${sentence}${end}`;
}
