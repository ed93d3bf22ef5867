import type { ResultBody } from "@bridgeport/proto";
import { reconnectMs } from "../commands/reconnect.ts";
import { conditionText, holds, type PrometheusQuery, type QueryAnswer } from "./analysis.ts";
import type { Outcome, Snapshot, SnapshotStep } from "./plan.ts";
import type { Judged, Question } from "./rollout.ts";
import type { Watched } from "./soak-services.ts";

/*
 * What is asked while a batch is watched: the health checks of its services that have a URL, and the query of
 * the rollout's analysis. A bad answer ends the soak at once. What counts as good is only an answer to a
 * question of after the soak's time: where none comes, nothing is known. Pure.
 */

/** How the questions of a soak stand whose time has begun. */
export interface Standing {
  /** @property positions services that it speaks against */
  bad: { error: string; positions: number[] }[];
  /** why there will be no answer */
  unknown: string[];
  /** an answer is to come */
  waits: boolean;
  /** what has to be asked now */
  due: Question["of"][];
  /** when to ask again at the latest, epoch ms; null: nothing is to be asked */
  lookAt: number | null;
}

/** How long Prometheus, and the replica that asks it, have for an answer. */
export const queryPatienceMs = 60_000;
/** After the soak's time an answer that says nothing is asked for again so much later. */
const againMs = 5000;

/** How often the health check of a service is asked: a long soak does not fill the database. */
export function checkEveryMs(soakMs: number): number {
  return Math.min(Math.max(30_000, soakMs / 100), 300_000);
}

/**
 * @param late from when on nothing is asked again, epoch ms
 */
export function standing(
  { listeningSince }: Snapshot,
  step: SnapshotStep,
  watched: readonly Watched[],
  { late, now }: { late: number; now: number },
): Standing {
  const found: Standing = { bad: [], unknown: [], waits: false, due: [], lookAt: null };
  const { soak, deadlineAt: endsAt } = step;
  if (soak === null || endsAt === null) return found;
  const beganAt = endsAt - soak.durationMs;
  const look = (at: number) => {
    found.waits = true;
    found.lookAt = Math.min(found.lookAt ?? at, at);
  };
  for (const { of, name, everyMs, canBeAsked, positions } of kinds(step, watched)) {
    const last = soak.questions.find((question) => question.of === of) ?? null;
    const answer = last?.answer ?? null;
    if (answer?.kind === "bad") {
      found.bad.push({ error: answer.why, positions });
      continue;
    }
    const lastAt = last?.askedAt ?? beganAt;
    const isLast = lastAt >= endsAt;
    if (isLast && answer?.kind === "good") continue;
    const problem = answer?.kind === "none" ? answer.why : `${name} was not answered in time.`;
    const nextAt = isLast ? lastAt + againMs : Math.min(lastAt + everyMs, endsAt);
    const isOver = isLast && nextAt >= late;
    const patience =
      last === null || answer !== null ? null : Math.max(last.until, listeningSince + reconnectMs);
    if (patience !== null && now < patience) look(isOver ? patience : Math.max(patience, nextAt));
    else if (isOver) found.unknown.push(problem);
    else if (!canBeAsked) continue;
    else if (now < nextAt) look(nextAt);
    else {
      found.waits = true;
      found.due.push(of);
    }
  }
  return found;
}

interface Kind {
  of: Question["of"];
  name: string;
  everyMs: number;
  /** otherwise nothing is known of its container either, which is what the soak says */
  canBeAsked: boolean;
  positions: number[];
}

function kinds({ soak }: SnapshotStep, watched: readonly Watched[]): Kind[] {
  const checked = watched
    .filter(({ checksUrl }) => checksUrl)
    .map(
      ({ position, name, serverName, seen }): Kind => ({
        ...{ of: position, name: `The health check of ${name} on ${serverName}` },
        everyMs: checkEveryMs(soak?.durationMs ?? 0),
        ...{ canBeAsked: seen?.current ?? false, positions: [position] },
      }),
    );
  const query = soak?.analysis?.prometheus;
  if (!query) return checked;
  const positions = watched.map(({ position }) => position);
  return [
    ...checked,
    { of: null, name: "The query", everyMs: query.intervalMs, canBeAsked: true, positions },
  ];
}

/**
 * What an agent says of a service's health. That no answer came, for whichever reason, says nothing of it.
 * @param outcome null: there is none yet
 */
export function judgedHealth(outcome: Outcome | null, service: string): Judged | null {
  if (outcome === null) return null;
  if (outcome.ok) return healthOf(outcome.body, service);
  const { code, message } = outcome.failure;
  const isBad = code === "unhealthy" || code === "exited";
  const why = isBad
    ? `${service} failed its health check: ${sentence(message)}`
    : `The health check of ${service} was not answered: ${sentence(message)}`;
  return { kind: isBad ? "bad" : "none", why };
}

function healthOf(body: ResultBody, service: string): Judged {
  const stopped = body.kind === "probe" && body.method === "stopped";
  return stopped ? { kind: "none", why: `${service} does not run.` } : { kind: "good" };
}

/** @param answer the newest one; null: there is none yet, or only to an earlier question */
export function judgedQuery(
  { condition }: Pick<PrometheusQuery, "condition">,
  answer: QueryAnswer | null,
): Judged | null {
  if (answer === null) return null;
  if (answer.value === null) return { kind: "none", why: answer.problem };
  if (holds(answer.value, condition)) return { kind: "good" };
  const why = `The query gave ${answer.value}, and has to be ${conditionText(condition)}.`;
  return { kind: "bad", why };
}

const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);
