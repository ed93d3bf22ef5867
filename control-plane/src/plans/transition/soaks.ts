import { answerGraceSeconds } from "../../commands/commands.store.ts";
import type { Effect } from "../effects.ts";
import type { StepRow, WholePlan } from "../plans.store.ts";
import type { Question, SoakStart } from "../rollout.ts";
import { queryPatienceMs } from "../soak-questions.ts";
import { type Changed, stepTo, withStep } from "./rows.ts";

/* Batches that are watched: agents are told nothing of it but asked for the health of their containers. */

/** Its time begins later, when each container has been seen. */
export function startSoak(rows: WholePlan, step: StepRow, now: Date): Changed {
  const status = stepTo(step, "running");
  return { rows: withStep(rows, step, { status, startedAt: now }), effects: [] };
}

/** From now on each container is compared with what it is now. */
export function beginSoak(rows: WholePlan, step: StepRow, now: Date): Changed {
  const durationMs = step.body.kind === "soak" ? step.body.durationMs : 0;
  const deadlineAt = new Date(now.getTime() + durationMs);
  return {
    rows: withStep(rows, step, {
      ...{ deadlineAt, soakStart: containersOf(rows, step), soakAsked: null },
    }),
    effects: [],
  };
}

/** Asks anew: what was asked before of the same services, and of Prometheus, no longer counts. */
export function askSoak(
  rows: WholePlan,
  step: StepRow,
  of: readonly Question["of"][],
  now: Date,
  newId: () => string,
): Changed {
  const asked = of.map((one) =>
    one === null ? askPrometheus(step, now, newId()) : askHealth(rows, step, one, now, newId()),
  );
  const kept = (step.soakAsked ?? []).filter((question) => !of.includes(question.of));
  const soakAsked = [...kept, ...asked.map(({ question }) => question)];
  return {
    rows: withStep(rows, step, { soakAsked }),
    effects: asked.map(({ effect }) => effect),
  };
}

interface Asked {
  question: Question;
  effect: Effect;
}

function askPrometheus({ id: stepId }: StepRow, now: Date, id: string): Asked {
  const askedAt = now.getTime();
  return {
    question: { of: null, id, askedAt, until: askedAt + queryPatienceMs },
    effect: { kind: "ask_prometheus", stepId, questionId: id },
  };
}

/** By the rules of its health gate: the agent does what it did after the deploy. */
function askHealth(
  { plan, steps }: WholePlan,
  { id: stepId }: StepRow,
  of: number,
  now: Date,
  id: string,
): Asked {
  const gate = steps.find(
    ({ action, servicePosition }) => action === "health_check" && servicePosition === of,
  );
  if (gate?.body.kind !== "probe" || gate.serverId === null) {
    throw new Error(`the step ${stepId} has no health check to ask for`);
  }
  const deadlineAt = new Date(now.getTime() + gate.timeoutMs);
  const command = {
    id,
    serverId: gate.serverId,
    planId: plan.id,
    stepId,
    body: gate.body,
    deadlineAt,
  };
  return {
    question: {
      ...{ of, id, askedAt: now.getTime() },
      until: deadlineAt.getTime() + answerGraceSeconds * 1000,
    },
    effect: { kind: "order", command },
  };
}

/** @param blamed positions of services that did not stay healthy */
export function withBlamed(rows: WholePlan, step: StepRow, blamed: readonly number[]): SoakStart[] {
  return (step.soakStart ?? containersOf(rows, step)).map((start) =>
    blamed.includes(start.servicePosition) ? { ...start, failed: true } : start,
  );
}

function containersOf({ services }: WholePlan, { batch }: StepRow): SoakStart[] {
  return services.flatMap((service) => {
    const container = service.seen?.container;
    if (service.batch !== batch || !container) return [];
    const { id: containerId, restartCount, startedAt } = container;
    return [{ servicePosition: service.position, containerId, restartCount, startedAt }];
  });
}
