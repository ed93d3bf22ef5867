import type { LogLine } from "@bridgeport/proto";
import type { Logger } from "pino";
import { mayUseEnvironment } from "../actor.ts";
import type { Database } from "../database/connection.ts";
import { findEnvironment } from "../environments/environments.store.ts";
import { OpenCounts, openLimits } from "../open-limits.ts";
import { tellChanges } from "../plans/plan-changes.ts";
import type { PlanJson } from "../plans/plan-json.ts";
import { findPlan } from "../plans/plans.store.ts";
import { watchPlan } from "../plans/watch.ts";
import { findService } from "../services/services.store.ts";
import type { Changes } from "./changes.ts";
import type { Follow } from "./client.ts";

/** Follows a container's output through its agent, which waits while what was told has not settled. */
export type FollowLogs = (
  serverId: string,
  containerName: string,
  options: { tail: number; since: number | null },
  told: (event: { lines: LogLine[]; end: boolean; error: string | null }) => Promise<void>,
) => Promise<() => void>;

const tail = 200;

/*
 * What can be followed:
 *   environment:<id>  `<kind>.changed` with {id, op}: reread what you show of it
 *   plan:<id>         `plan` with the whole plan, at once and after each change
 *   plan-changes:<id> `plan` with the whole plan at once, then `changes` with what is another one than before
 *   logs:<serviceId>  `lines`, and `end` when there will be no more; then it may be subscribed to again
 */
export function followTopics({
  database,
  changes,
  log,
  followLogs,
  mostLogs = openLimits.logsOfUser,
}: {
  database: Database;
  changes: Changes;
  log: Logger;
  followLogs: FollowLogs;
  /** logs that one user may follow at the same time */
  mostLogs?: number;
}): Follow {
  const logs = new OpenCounts();
  return async (actor, kind, id, { tell, deliver, end: over }) => {
    if (kind === "environment") {
      if (!mayUseEnvironment(actor, id) || !(await findEnvironment(database, id))) return null;
      return changes.subscribe({
        changed(change) {
          if (change.environmentId !== id) return;
          const { kind: what, environmentId: _, ...data } = change;
          if (what === "step") tell("plan.changed", { id: change.planId, op: "update" });
          else tell(`${what}.changed`, data);
        },
        resync() {},
      });
    }
    if (kind === "plan" || kind === "plan-changes") {
      const plan = await findPlan(database, id);
      if (!plan || !mayUseEnvironment(actor, plan.environmentId)) return null;
      const told =
        kind === "plan"
          ? (whole: PlanJson) => tell("plan", { plan: whole })
          : tellChanges(({ event, data }) => deliver(event, data));
      return watchPlan({ database, changes, log, reader: actor }, id, told);
    }
    const service = await findService(database, id);
    if (!service || !mayUseEnvironment(actor, service.environmentId)) return null;
    const user = actor.id ?? actor.name;
    const close = logs.open({ key: user, most: mostLogs, what: "logs of one user" });
    try {
      const stop = await followLogs(
        service.serverId,
        service.containerName,
        { tail, since: null },
        async ({ lines, end, error }) => {
          const told = lines.map((line) => ({ ...line, at: new Date(line.at).toISOString() }));
          if (told.length > 0) await deliver("lines", { lines: told });
          if (!end) return;
          over();
          await deliver("end", { error });
        },
      );
      return () => {
        close();
        stop();
      };
    } catch (error) {
      close();
      throw error;
    }
  };
}
