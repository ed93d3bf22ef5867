import type { Database } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { forgetReplica, noteStreams, serversInPlans } from "./replicas.store.ts";
import type { Session } from "./session.ts";
import { toGiveAway } from "./share.ts";

/** An agent that comes back has no other way, or chance sent it here: it is left alone for so long. */
const askedAgainMs = 60 * 60_000;

/** Shares agents with the other replicas: where this one has far more, some are asked to go elsewhere. */
export interface Rebalance {
  /**
   * Tells the others how many streams are here, and asks some agents to go where there are too many.
   * @param busy servers that have commands to carry out
   */
  beat(sessions: readonly Session[], busy: ReadonlySet<string>): Promise<void>;
  stop(): Promise<void>;
}

/** @param now the time, in epoch milliseconds */
export function rebalance(database: Database, now: () => number = Date.now): Rebalance {
  const replicaId = newId();
  /** when each server's agent was asked to go elsewhere, the first one first */
  const asked = new Map<string, number>();

  return {
    async beat(sessions, busy) {
      const all = await noteStreams(database, replicaId, sessions.length);
      for (const [serverId, at] of asked) {
        if (now() - at < askedAgainMs) break;
        asked.delete(serverId);
      }
      const many = toGiveAway(sessions.length, all);
      if (many === 0) return;
      const free = sessions.filter(
        (session) =>
          session.isIdle() && !busy.has(session.serverId) && !asked.has(session.serverId),
      );
      const planned = new Set(
        await serversInPlans(
          database,
          free.map(({ serverId }) => serverId),
        ),
      );
      // Meanwhile one may have been given something to do.
      const going = free.filter((session) => !planned.has(session.serverId) && session.isIdle());
      for (const session of going.slice(0, many)) {
        asked.set(session.serverId, now());
        session.sendElsewhere();
      }
    },
    stop: () => forgetReplica(database, replicaId),
  };
}
