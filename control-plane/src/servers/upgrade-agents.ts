import { randomUUID } from "node:crypto";
import { type Actor, system } from "../actor.ts";
import { type Database, type Sql, transaction } from "../database/connection.ts";
import { environmentFor } from "../environments/environment-for.ts";
import { audit } from "../identity/audit.store.ts";
import type { PackageState } from "../installation/read-package.ts";
import { Problem, type ProblemKind } from "../problem.ts";
import {
  cancelQueuedUpgrades,
  endUpgrade,
  lockUpgrades,
  overdueUpgrades,
  queueUpgrade,
  serversThatUpgrade,
  startNextBatch,
  type UpgradeRow,
} from "./agent-upgrades.store.ts";
import { isOutdated } from "./outdated.ts";
import { serverEntry, serverFor } from "./server-for.ts";
import { everyServer, findServer, type ServerRow } from "./servers.store.ts";

/*
 * Upgrades of agents to the control plane's own version. An order is a row; the gateway that holds the
 * agent's stream passes it on until the agent has told what it came to.
 */

export interface UpgradeParts {
  database: Database;
  /** of the control plane */
  version: string;
  agentPackage: () => PackageState;
}

/** Why an agent is not upgraded. */
export interface UpgradeRefusal {
  kind: ProblemKind;
  code: string;
  message: string;
}

/** Longer than a download over a slow line, the last commands of a plan, and the minute of proof. */
const overdueMinutes = 30;

/** @param capable whether the agent can replace its own program. @returns null: it can be upgraded */
export function whyNotUpgraded(
  server: Pick<ServerRow, "name" | "status" | "agentVersion" | "agentUpgrade">,
  version: string,
  capable: boolean,
): UpgradeRefusal | null {
  const { name, agentVersion } = server;
  if (server.agentUpgrade?.status === "queued" || server.agentUpgrade?.status === "running") {
    const message = `The agent of ${name} is being upgraded already.`;
    return { kind: "conflict", code: "upgrade_running", message };
  }
  if (server.status !== "online") {
    const message = `The agent of ${name} is not connected: it can be upgraded when it is.`;
    return { kind: "agent_unavailable", code: "agent_unavailable", message };
  }
  if (!isOutdated(agentVersion, version)) {
    const message = `The agent of ${name} has the version ${agentVersion}, which is not older than ${version}.`;
    return { kind: "conflict", code: "agent_up_to_date", message };
  }
  if (!capable) {
    const message = `The agent of ${name} cannot replace itself: it was started from a checkout, or is of an earlier version. Update the checkout, or run a new join line there.`;
    return { kind: "conflict", code: "agent_cannot_upgrade", message };
  }
  return null;
}

/** Orders the upgrade of one server's agent. @throws {Problem} */
export async function upgradeAgent(
  parts: UpgradeParts,
  actor: Actor,
  serverId: string,
): Promise<ServerRow> {
  requirePackage(parts);
  return transaction(parts.database, async (sql) => {
    const found = await serverFor(sql, actor, serverId);
    await lockUpgrades(sql, found.environmentId);
    const server = await serverFor(sql, actor, serverId);
    const capable = (await serversThatUpgrade(sql, [serverId])).has(serverId);
    const refusal = whyNotUpgraded(server, parts.version, capable);
    if (refusal !== null) throw new Problem(refusal.kind, refusal.code, refusal.message);
    await order(sql, actor, server, { to: parts.version, batch: 1 });
    await startNextBatch(sql, server.environmentId);
    return serverFor(sql, actor, serverId);
  });
}

export interface UpgradedEnvironment {
  upgrades: ServerRow[];
  leftOut: { server: ServerRow; reason: string }[];
}

/**
 * Orders the upgrade of all older agents of an environment, `batch` at a time: the next ones begin when
 * those have succeeded, and none does once one has failed. @throws {Problem}
 */
export async function upgradeAgents(
  parts: UpgradeParts,
  actor: Actor,
  { environmentId, batch }: { environmentId: string; batch: number },
): Promise<UpgradedEnvironment> {
  requirePackage(parts);
  return transaction(parts.database, async (sql) => {
    await environmentFor(sql, actor, environmentId);
    await lockUpgrades(sql, environmentId);
    const servers = await everyServer(sql, environmentId);
    const outdated = servers.filter(({ agentVersion }) => isOutdated(agentVersion, parts.version));
    const capable = await serversThatUpgrade(
      sql,
      outdated.map(({ id }) => id),
    );
    const ordered = new Set<string>();
    const leftOut: { server: ServerRow; reason: string }[] = [];
    for (const server of outdated) {
      const refusal = whyNotUpgraded(server, parts.version, capable.has(server.id));
      if (refusal !== null) leftOut.push({ server, reason: refusal.message });
      else {
        await order(sql, actor, server, { to: parts.version, batch });
        ordered.add(server.id);
      }
    }
    await startNextBatch(sql, environmentId);
    const now = await everyServer(sql, environmentId);
    return { upgrades: now.filter(({ id }) => ordered.has(id)), leftOut };
  });
}

async function order(
  sql: Sql,
  actor: Actor,
  server: ServerRow,
  { to, batch }: { to: string; batch: number },
): Promise<void> {
  const from = server.agentVersion ?? "unknown";
  const queued = await queueUpgrade(sql, {
    serverId: server.id,
    environmentId: server.environmentId,
    attempt: randomUUID(),
    fromVersion: from,
    toVersion: to,
    batch,
  });
  if (queued) await audit(sql, actor, serverEntry("upgrade_agent", server, { from, to }));
}

/**
 * An agent has told what its upgrade came to. The next of its environment follow, or are called off.
 * @param error why it failed; null: it succeeded
 */
export function endOfUpgrade(
  database: Database,
  told: { serverId: string; attempt: string; error: string | null },
): Promise<UpgradeRow | null> {
  return transaction(database, async (sql) => {
    // Before any row, as who orders upgrades locks that first, too.
    const server = await findServer(sql, told.serverId);
    if (server === null) return null;
    await lockUpgrades(sql, server.environmentId);
    const ended = await endUpgrade(sql, told);
    if (ended === null) return null;
    const { serverId, serverName, environmentId, status, fromVersion: from, toVersion: to } = ended;
    await audit(sql, system, {
      action: "end_agent_upgrade",
      resourceType: "server",
      resourceId: serverId,
      resourceName: serverName,
      environmentId,
      details: { outcome: status, from, to, ...(ended.error !== null && { error: ended.error }) },
    });
    if (status === "failed") {
      const error = `It did not begin, as the upgrade of ${serverName} failed.`;
      await cancelQueuedUpgrades(sql, environmentId, error);
    }
    await startNextBatch(sql, environmentId);
    return ended;
  });
}

/** Ends upgrades whose agent does not come back to tell. */
export async function endOverdueUpgrades(database: Database): Promise<void> {
  for (const { serverId, attempt, toVersion } of await overdueUpgrades(database, overdueMinutes)) {
    const error = `The agent did not tell within ${overdueMinutes} minutes what became of it: look at its log on the server. If it runs with ${toVersion} later, this counts.`;
    await endOfUpgrade(database, { serverId, attempt, error });
  }
}

function requirePackage({ agentPackage }: UpgradeParts): void {
  const now = agentPackage();
  if (now.state !== "ready") throw new Problem("not_ready", `agent_${now.state}`, now.message);
}
