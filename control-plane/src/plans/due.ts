import { hooksSaidYes, isHookAfter, isHookBefore } from "./hook-rules.ts";
import { oncePerSnapshot, serviceAt, stepsOf } from "./lookup.ts";
import { notRunNote } from "./observed.ts";
import type { Snapshot, SnapshotService, SnapshotStep } from "./plan.ts";

/* What a step of a plan waits for, and what keeps others waiting. As pure as `decide`, which asks it. */

export function isDue(snapshot: Snapshot, step: SnapshotStep): boolean {
  if (isHookAfter(step)) return false;
  if (!hooksSaidYes(snapshot, isHookBefore(step) ? step.position : undefined)) return false;
  if (step.action === "pull" || step.action === "hook") return true;
  if (!pulled(snapshot)) return false;
  if (step.action === "job") return jobsDone(snapshot, step.position);
  if (!jobsDone(snapshot) || !earlierBatchesPassed(snapshot, step.batch ?? 1)) return false;
  if (step.action === "soak") return batchPassed(snapshot, step);
  const own = serviceAt(snapshot, step.servicePosition);
  if (!own) return false;
  if (step.action === "health_check") return succeeded(snapshot, own.position, "deploy");
  const [awaited] = waitsFor(snapshot, own);
  return awaited === undefined;
}

/**
 * The gate behind which a deploy can be prepared: the plan is sequential, all that the deploy waits
 * for is this gate and the deploy before it, which is under way or done, and the same agent will see
 * the gate pass. null: there is none, or its agent cannot hold the deploy back.
 */
export function gateToPrepareBehind(snapshot: Snapshot, deploy: SnapshotStep): SnapshotStep | null {
  const { action, status, command, targetExists, serverOnline, agentHoldsBack } = deploy;
  if (action !== "deploy" || status !== "pending" || command !== null) return null;
  if (!targetExists || !serverOnline || !agentHoldsBack) return null;
  if (snapshot.plan.parallelExecution || !pulled(snapshot)) return null;
  const own = serviceAt(snapshot, deploy.servicePosition);
  // Whether what it needs outside of the plan is there is looked at when its turn comes.
  if (own && own.outside.needs.length > 0) return null;
  const [before, another] = own ? waitsFor(snapshot, own) : [];
  if (!before || another || before.batch !== own?.batch) return null;
  if (!earlierBatchesPassed(snapshot, own.batch)) return null;
  const stepBefore = (action: SnapshotStep["action"]) =>
    stepsOf(snapshot, before.position).find((step) => step.action === action);
  const gate = stepBefore("health_check");
  if (!gate || gate.serverName !== deploy.serverName) return null;
  const isUnderWay = (step: SnapshotStep | undefined): boolean =>
    step?.status === "running" && step.command?.outcome === null;
  // The gate of what did not run before is skipped.
  const willBeOpen = before.before?.running === true && isUnderWay(stepBefore("deploy"));
  return willBeOpen || isUnderWay(gate) ? gate : null;
}

/**
 * The deploy that comes next after a gate, of a plan's steps in whichever form. Where it is pending and has
 * a command already, its agent holds it back until this gate has passed.
 */
export function deployBehind<Step extends Pick<SnapshotStep, "action" | "position">>(
  steps: readonly Step[],
  gate: Step,
): Step | null {
  if (gate.action !== "health_check") return null;
  return (
    steps.find(({ action, position }) => action === "deploy" && position > gate.position) ?? null
  );
}

/** A deploy is held back until this gate has passed: so it has to be passed, not skipped. */
export function holdsBack({ steps }: Snapshot, gate: SnapshotStep): boolean {
  const next = deployBehind(steps, gate);
  return next?.status === "pending" && next.command !== null;
}

/**
 * Whether the agent that holds this deploy back may begin with it, or has begun. It begins when it has
 * seen the gate succeed. So it never will where the gate has not left for it and never will, as the plan
 * starts no more, and where it has said that the gate did not pass.
 */
export function mayBegin({ steps }: Snapshot, deploy: SnapshotStep): boolean {
  const gate = steps.find((step) => deployBehind(steps, step) === deploy);
  if (!gate?.command) return false;
  const { sent, outcome } = gate.command;
  if (outcome === null || outcome.ok) return true;
  // That is also what is recorded where no answer came.
  return sent && outcome.failure.code === "timeout";
}

/** Nothing is touched before everything is there. */
const pulled = oncePerSnapshot(({ steps }) =>
  steps.every(({ action, status }) => action !== "pull" || status === "success"),
);

/** Jobs run one after the other, and all of them before anything is replaced. */
function jobsDone(snapshot: Snapshot, before = Infinity): boolean {
  return openJobs(snapshot).every(({ position }) => position >= before);
}

const openJobs = oncePerSnapshot(({ steps }) =>
  steps.filter(({ action, status }) => action === "job" && status !== "success"),
);

/** Nothing of a batch begins before those before it are done, and have been watched. */
function earlierBatchesPassed(snapshot: Snapshot, own: number): boolean {
  return own <= firstOpenBatch(snapshot);
}

const firstOpenBatch = oncePerSnapshot((snapshot) =>
  snapshot.steps.reduce(
    (first, step) =>
      step.batch === null || step.batch >= first || passed(snapshot, step) ? first : step.batch,
    Number.POSITIVE_INFINITY,
  ),
);

/** Whether a batch can be watched. */
function batchPassed(snapshot: Snapshot, soak: SnapshotStep): boolean {
  return snapshot.steps.every(
    (step) => step === soak || step.batch !== soak.batch || passed(snapshot, step),
  );
}

/** Without deploys that would have more services of an image replaced at the same time than it may. */
export function withinLimit(snapshot: Snapshot, due: readonly SnapshotStep[]): SnapshotStep[] {
  const { maxUnavailable: most } = snapshot.plan;
  if (most === null) return [...due];
  const imageOf = ({ servicePosition }: SnapshotStep) =>
    serviceAt(snapshot, servicePosition)?.image ?? 0;
  const unavailable = new Map<number, number>();
  const count = (image: number) => unavailable.set(image, (unavailable.get(image) ?? 0) + 1);
  for (const step of snapshot.steps) {
    if (step.action === "deploy" && isReplaced(snapshot, step)) count(imageOf(step));
  }
  return due.filter((step) => {
    if (step.action !== "deploy" || isReplaced(snapshot, step)) return true;
    if ((unavailable.get(imageOf(step)) ?? 0) >= most) return false;
    count(imageOf(step));
    return true;
  });
}

/** Its deploy has begun, and its gate has not been passed. One that is held back has not begun. */
function isReplaced(snapshot: Snapshot, deploy: SnapshotStep): boolean {
  if (deploy.status === "pending" || deploy.status === "skipped") return false;
  const own = deploy.servicePosition ?? -1;
  return !succeeded(snapshot, own, "deploy") || !succeeded(snapshot, own, "health_check");
}

/** The services that have to be done before this one's deploy, and are not yet. Most look at the first only. */
function* waitsFor(snapshot: Snapshot, own: SnapshotService): Generator<SnapshotService> {
  for (const other of undone(snapshot)) {
    if (other === own || !comesBefore(snapshot, other, own)) continue;
    if (!ready(snapshot, other, own)) yield other;
  }
}

/** The services whose deploy or gate has not succeeded. */
const undone = oncePerSnapshot((snapshot) =>
  snapshot.services.filter(
    ({ position }) =>
      !succeeded(snapshot, position, "deploy") || !succeeded(snapshot, position, "health_check"),
  ),
);

/**
 * Parallel: level by level in a batch. Sequential: one service after the other, in the plan's order. What
 * is of other batches is waited for with them.
 */
function comesBefore(snapshot: Snapshot, other: SnapshotService, own: SnapshotService): boolean {
  if (other.batch !== own.batch) return false;
  return snapshot.plan.parallelExecution ? other.level < own.level : other.position < own.position;
}

/** `deploy_after` needs the deploy alone; everything else waits for the gate too. */
function ready(snapshot: Snapshot, other: SnapshotService, own: SnapshotService): boolean {
  if (!succeeded(snapshot, other.position, "deploy")) return false;
  const edge = own.dependsOn.find(({ position }) => position === other.position);
  if (snapshot.plan.parallelExecution && edge?.type === "deploy_after") return true;
  return succeeded(snapshot, other.position, "health_check");
}

function succeeded(
  snapshot: Snapshot,
  position: number,
  action: "deploy" | "health_check",
): boolean {
  return stepsOf(snapshot, position).every(
    (step) => step.action !== action || passed(snapshot, step),
  );
}

/** Whether a step keeps nothing from going on: it succeeded, or there was nothing for it to look at. */
export function passed(snapshot: Snapshot, step: SnapshotStep): boolean {
  if (step.status === "success") return true;
  return (
    step.action === "health_check" &&
    step.status === "skipped" &&
    whyNoGate(snapshot, step) !== null
  );
}

/** Why there is no health to wait for: what does not run has none. */
export function whyNoGate(snapshot: Snapshot, gate: SnapshotStep): string | null {
  if (gate.servicePosition === null) return null;
  const deploy = stepsOf(snapshot, gate.servicePosition).find(({ action }) => action === "deploy");
  return deploy ? notRun(snapshot, deploy) : null;
}

/** A deploy whose container was not started, because the one before it did not run; null: it runs. */
export function notRun(snapshot: Snapshot, deploy: SnapshotStep): string | null {
  const outcome = deploy.command?.outcome;
  if (!outcome?.ok || outcome.body.kind !== "run") return null;
  return notRunNote(outcome.body, serviceAt(snapshot, deploy.servicePosition)?.before ?? null);
}
