import type { AgentMessage } from "@bridgeport/proto";
import { system } from "../actor.ts";
import { type Database, type Sql, transaction } from "../database/connection.ts";
import { recordEvents } from "../events/events.store.ts";
import { audit } from "../identity/audit.store.ts";
import { version } from "../version.ts";
import { noteOutdated } from "./agent-upgrades.store.ts";
import { type Refusal, whyRefused } from "./certificate-standing.ts";
import {
  noteTwoAgents,
  type ServerAccess,
  serverAccess,
  takeIntoUse,
} from "./certificates.store.ts";
import { isOutdated } from "./outdated.ts";
import type { PresentedCertificate } from "./presented-certificate.ts";
import { markOnline, type SessionKey } from "./sessions.store.ts";

type Hello = Pick<
  Extract<AgentMessage, { kind: "hello" }>,
  "agentVersion" | "capabilities" | "host" | "instanceId" | "sentAt"
>;

export type Opened =
  | { ok: true; server: ServerAccess }
  | { ok: false; refusal: Refusal; server: ServerAccess | null };

/** Processes that are remembered of a server. */
const instancesKept = 8;

/**
 * Makes a stream the one that speaks for its server; the newest wins, on whichever replica. A
 * certificate's first stream retires those before it.
 */
export function openSession(
  database: Database,
  key: SessionKey,
  certificate: PresentedCertificate,
  hello: Hello,
  address: string,
  current: string,
): Promise<Opened> {
  const clockOffsetMs = hello.sentAt == null ? null : hello.sentAt - Date.now();
  return transaction(database, async (sql) => {
    const server = await serverAccess(sql, certificate);
    const refusal = whyRefused(server, certificate, current);
    if (server === null || refusal !== null) {
      // The newer one is in use, so there are two that hold certificates of this server.
      if (server !== null && refusal === "retired") {
        await reportTwoAgents(
          sql,
          server,
          "an agent came with a certificate that was replaced",
          address,
        );
      }
      return { ok: false, refusal: refusal ?? "deleted", server };
    }
    if (server.usedAt === null) await takeIntoUse(sql, certificate);
    const instance = instanceOf(hello);
    const [latest, ...before] = server.agentInstances;
    // A process that ended does not come back, and one that comes back did not end.
    if (instance !== latest && before.includes(instance)) {
      await reportTwoAgents(sql, server, "two agents take over from each other", address);
    }
    const instances = [instance, ...server.agentInstances.filter((each) => each !== instance)];
    await markOnline(sql, key, { ...hello, clockOffsetMs }, instances.slice(0, instancesKept));
    if (isOutdated(hello.agentVersion, version) && (await noteOutdated(sql, server.id, version))) {
      const { agentVersion } = hello;
      await recordEvents(sql, "agent.outdated", [server], { agentVersion, version });
    }
    return { ok: true, server };
  });
}

/** Agents of an earlier version do not tell their processes apart; their hosts are then compared. */
function instanceOf({ instanceId, host }: Hello): string {
  return instanceId ? `process ${instanceId}` : `host ${host.hostname}`;
}

async function reportTwoAgents(
  sql: Sql,
  server: ServerAccess,
  reason: string,
  address: string,
): Promise<void> {
  if (!(await noteTwoAgents(sql, server.id))) return;
  await audit(sql, system, {
    action: "report_two_agents",
    resourceType: "server",
    resourceId: server.id,
    resourceName: server.name,
    environmentId: server.environmentId,
    details: { reason, address },
  });
  await recordEvents(sql, "server.two_agents", [server], { reason, address });
}
