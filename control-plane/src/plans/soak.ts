import { reconnectMs } from "../commands/reconnect.ts";
import type { SeenContainer, Snapshot, SnapshotStep } from "./plan.ts";
import type { SoakStart } from "./rollout.ts";
import { type Standing, standing } from "./soak-questions.ts";
import { type Watched, watchedBy } from "./soak-services.ts";

/*
 * Whether the services of a batch stay healthy. Each container is compared with itself as it was when the
 * soak's time began, so nothing that happens meanwhile is missed by a control plane that was down. What else
 * is asked of them is in soak-questions.ts. What is not known counts neither as good nor as bad. Pure.
 */

type Verdict =
  /** `until` is when to look again at the latest, epoch ms */
  | { kind: "wait"; until: number }
  /** every container has been seen: its time begins */
  | { kind: "begin" }
  | { kind: "passed" }
  /** @property positions services whose container went wrong by itself */
  | { kind: "failed"; error: string; positions: number[] }
  /** its time is over, or should have begun, and something is not known */
  | { kind: "unknown"; why: string };

/** How long a soak waits for what agents report, before its time begins and when it is over. */
export const soakGraceMs = 30_000;

export function judgeSoak(snapshot: Snapshot, step: SnapshotStep, now: number): Verdict {
  if (step.soak?.durationMs === 0) return { kind: "passed" };
  const { start } = step.soak ?? { start: null };
  const watched = watchedBy(snapshot, step);
  const late = lateAt(snapshot, step);
  const wrong = watched.flatMap((one) => wentWrong(one, start, now >= late) ?? []);
  const asked = standing(snapshot, step, watched, { late, now });
  if (wrong.length + asked.bad.length > 0) {
    const error = [...wrong, ...asked.bad].map(({ error }) => error).join(" ");
    const ill = wrong.flatMap(({ position, byItself }) => (byItself ? [position] : []));
    const positions = new Set([...ill, ...asked.bad.flatMap(({ positions }) => positions)]);
    return { kind: "failed", error, positions: [...positions] };
  }
  const unknown = watched.flatMap((one) => whyUnknown(one, step) ?? []);
  const endsAt = step.deadlineAt;
  if (endsAt === null && unknown.length === 0) return { kind: "begin" };
  if (endsAt !== null && now < endsAt) {
    return { kind: "wait", until: unknown.length === 0 ? endsAt : late };
  }
  if (unknown.length === 0 && asked.unknown.length === 0) {
    return asked.waits ? { kind: "wait", until: asked.lookAt ?? late } : { kind: "passed" };
  }
  if (unknown.length > 0 && now < late) return { kind: "wait", until: late };
  return { kind: "unknown", why: [...unknown, ...asked.unknown].join(" ") };
}

/** What has to be asked of the batch now, and when to ask again. */
export function soakQuestions(
  snapshot: Snapshot,
  step: SnapshotStep,
  now: number,
): Pick<Standing, "due" | "lookAt"> {
  return standing(snapshot, step, watchedBy(snapshot, step), { late: lateAt(snapshot, step), now });
}

function lateAt({ listeningSince }: Snapshot, { startedAt, deadlineAt }: SnapshotStep): number {
  return Math.max((deadlineAt ?? startedAt ?? 0) + soakGraceMs, listeningSince + reconnectMs);
}

/** The soak's own service as it is now; null: it is not known */
function ownContainer({ seen, containerId }: Watched): SeenContainer["container"] {
  return seen?.current && seen.container?.id === containerId ? seen.container : null;
}

/** @param late whatever was to be reported has been reported */
function wentWrong(
  one: Watched,
  start: readonly SoakStart[] | null,
  late: boolean,
): { position: number; error: string; byItself: boolean } | null {
  const { position, name, serverName, seen } = one;
  const was = start?.find(({ servicePosition }) => servicePosition === position) ?? null;
  const found = (why: string, byItself = true) => ({
    ...{ position, byItself, error: `${name} on ${serverName} ${why}.` },
  });
  if (!seen?.current) return null;
  const own = ownContainer(one);
  if (own === null) {
    if (was === null && !late) return null;
    return found("no longer has the container that was deployed", false);
  }
  // The deploy has succeeded since: it is a report of before its start.
  if (own.state === "created" && was === null && !late) return null;
  if (own.state === "restarting") return found("restarts again and again");
  if (own.state !== "running") return found(`does not run (${own.state})`);
  if (own.health === "unhealthy") return found("is unhealthy");
  if (own.health === "starting" && start !== null && late) return found("does not get healthy");
  if (was === null) return null;
  const restarts = own.restartCount - was.restartCount;
  if (restarts > 0)
    return found(restarts === 1 ? "has restarted" : `has restarted ${restarts} times`);
  return own.startedAt === was.startedAt ? null : found("has been started again");
}

function whyUnknown(one: Watched, step: SnapshotStep): string | null {
  const { name, serverName, seen } = one;
  if (!seen?.current) return `It is not known how ${name} is while ${serverName} is offline.`;
  const own = ownContainer(one);
  if (own === null || own.state === "created") {
    return `${serverName} has not reported the new container of ${name}.`;
  }
  if (own.health === "healthy" || own.health === "none" || step.deadlineAt === null) return null;
  return `${name} on ${serverName} is not known to be healthy.`;
}
