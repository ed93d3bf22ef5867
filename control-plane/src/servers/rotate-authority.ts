import { type Actor, system } from "../actor.ts";
import { type Database, type Sql, transaction } from "../database/connection.ts";
import { audit } from "../identity/audit.store.ts";
import { Problem } from "../problem.ts";
import { lockAuthorities, removePreviousAuthorities } from "./certificate-authority.store.ts";
import type { Authority } from "./certificate-authority.ts";
import { deleteEarlierJoinTokens } from "./join-tokens.store.ts";
import { countRenewed, type ServerNotRenewed, serversNotRenewed } from "./renewed-servers.store.ts";

/*
 * How another certificate authority comes into use.
 *
 *   one is trusted ──rotate──> two are trusted, the new one issues ──retire──> the new one is trusted
 *
 * While there are two, agents are told of both, and asked to renew. The one before is retired once
 * every server has a certificate of the new one in use, or when an administrator says so.
 */

export interface RotationParts {
  database: Database;
  authority: Authority;
}

/** How far servers have moved to the current authority. */
export interface Rotation {
  renewed: number;
  /** none where only one authority is trusted */
  notYet: ServerNotRenewed[];
}

export async function readRotation(sql: Sql, authority: Authority): Promise<Rotation> {
  const notYet = authority.trusted.length > 1 ? await serversNotRenewed(sql) : [];
  return { renewed: await countRenewed(sql), notYet };
}

/**
 * Makes a new authority the one that issues certificates; the one before stays trusted.
 * @throws {Problem} 409 while an earlier one is still trusted
 */
export async function rotateAuthority(
  { database, authority }: RotationParts,
  actor: Actor,
): Promise<void> {
  await transaction(database, async (sql) => {
    if ((await lockAuthorities(sql)) > 1) {
      throw new Problem(
        "conflict",
        "rotation_under_way",
        "Servers are still moving to the present certificate authority: retire the previous one first.",
      );
    }
    await authority.reload(sql);
    const before = authority.fingerprint;
    const after = await authority.replace(sql);
    await audit(sql, actor, entry("rotate_agent_authority", { before, after }));
  });
  await authority.reload();
}

/**
 * Trusts only the current authority from now on. Agents without a certificate of it are shut out: they
 * need a new join token.
 * @param expected ids of the servers that may be shut out
 * @throws {Problem} 409 where there is nothing to retire, or other servers would be shut out
 */
export async function retireAuthority(
  { database, authority }: RotationParts,
  actor: Actor,
  expected: readonly string[],
): Promise<ServerNotRenewed[]> {
  const shutOut = await transaction(database, async (sql) => {
    if ((await lockAuthorities(sql)) < 2) {
      throw new Problem(
        "conflict",
        "no_previous_authority",
        "Only one certificate authority is trusted: there is none to retire.",
      );
    }
    const notYet = await serversNotRenewed(sql);
    const others = notYet.filter(({ id }) => !expected.includes(id));
    if (others.length > 0) throw wouldBeShutOut(others);
    await retire(sql, actor, notYet);
    return notYet;
  });
  await authority.reload();
  return shutOut;
}

/** Retires the previous authority where every server has moved. @returns whether it did */
export async function retireIfAllRenewed({ database, authority }: RotationParts): Promise<boolean> {
  if (authority.trusted.length < 2 || (await serversNotRenewed(database)).length > 0) return false;
  return transaction(database, async (sql) => {
    // Certificates are issued meanwhile; another replica may have done it.
    const trusted = await lockAuthorities(sql);
    if (trusted < 2 || (await serversNotRenewed(sql)).length > 0) return false;
    await retire(sql, system, []);
    return true;
  });
}

async function retire(sql: Sql, actor: Actor, shutOut: readonly ServerNotRenewed[]): Promise<void> {
  await deleteEarlierJoinTokens(sql);
  await removePreviousAuthorities(sql);
  const details = { shutOut: shutOut.map(({ id, name }) => ({ id, name })) };
  await audit(sql, actor, entry("retire_agent_authority", details));
}

function wouldBeShutOut(servers: readonly ServerNotRenewed[]): Problem {
  const names = servers.map(({ name }) => name).join(", ");
  return new Problem(
    "conflict",
    "servers_would_be_shut_out",
    `These servers have no certificate of the new authority yet, and would need a new join token: ${names}. Name them in shutOut to go on.`,
    { details: servers.map(({ id, name }) => ({ path: id, message: name })) },
  );
}

function entry(action: string, details: Record<string, unknown>) {
  return {
    action,
    resourceType: "agent_authority",
    resourceId: null,
    resourceName: null,
    details,
  };
}
