import { z } from "@hono/zod-openapi";
import { from, system } from "../actor.ts";
import { type Database, transaction } from "../database/connection.ts";
import { audit } from "../identity/audit.store.ts";
import { Problem } from "../problem.ts";
import type { TurnedAway } from "./agent-audit.ts";
import type { Authority, Issuer } from "./certificate-authority.ts";
import { insertCertificate } from "./certificates.store.ts";
import { pinnedAuthority } from "./join.ts";
import { markEnrolled, useJoinToken, whyNoJoinToken } from "./join-tokens.store.ts";
import { issuedCertificate } from "./presented-certificate.ts";
import { findServer } from "./servers.store.ts";

/** What an agent without a certificate asks with, whichever way it comes. */
export const enrolmentSchema = z.object({
  token: z.string().min(1).max(500),
  csr: z.string().min(1).max(16_384).describe("PKCS #10, PEM"),
  hostname: z.string().trim().max(253).optional(),
});

export interface EnrolmentParts {
  database: Database;
  authority: Issuer & Pick<Authority, "fingerprint">;
  turnedAway: (attempt: TurnedAway) => Promise<void>;
}

export interface Enrolment extends z.infer<typeof enrolmentSchema> {
  /** where it comes from */
  address: string;
  /** the agent believes only the authority whose hash its token has */
  byPinned: boolean;
}

export interface Enrolled {
  serverId: string;
  certificatePem: string;
  /** of the authority that has issued it */
  caPem: string;
}

/**
 * Exchanges a join token for a certificate in the name of the server that it was made for.
 * @throws {Problem} 401 for a token that cannot be used, 400 for a request that cannot; the token then
 *   stays as it was
 */
export async function enrolAgent(parts: EnrolmentParts, asked: Enrolment): Promise<Enrolled> {
  const { database, turnedAway } = parts;
  const { token, address } = asked;
  const enrolled = await exchange(parts, asked);
  if (enrolled !== null) return enrolled;
  const { reason, serverId } = await whyNoJoinToken(database, token);
  await turnedAway({
    action: "refuse_enrolment",
    server: serverId === null ? null : await findServer(database, serverId),
    reason: `the join token is ${reason}`,
    address,
  });
  throw new Problem(
    "unauthenticated",
    "bad_join_token",
    "This join token is unknown, was used already, or has expired: make a new one for the server in the console.",
  );
}

/** @returns null where the token cannot be used */
async function exchange(
  { database, authority }: EnrolmentParts,
  { token, csr, hostname, address, byPinned }: Enrolment,
): Promise<Enrolled | null> {
  return transaction(database, async (sql) => {
    // Before the token, as who retires an authority locks that one first, too.
    await authority.upToDate(sql);
    const serverId = await useJoinToken(sql, token);
    const server = serverId === null ? null : await findServer(sql, serverId);
    if (!server) return null;
    const generation = await markEnrolled(sql, server.id, hostname || null);
    const identity = { serverId: server.id, generation };
    const pinned = byPinned ? pinnedAuthority(token) : null;
    const issuer = authority.trusted.find(({ fingerprint }) => fingerprint === pinned);
    const certificatePem = await authority.issueForServer(identity, csr, issuer?.fingerprint);
    if (certificatePem === null) {
      // The transaction ends here, so the token can still be used.
      throw new Problem(
        "invalid",
        "bad_certificate_request",
        "csr: must be a PKCS #10 request in PEM, signed by its own ECDSA (P-256 or stronger) or RSA (2048 bits or more) key.",
      );
    }
    const issued = issuedCertificate(identity, certificatePem, authority);
    await insertCertificate(sql, issued);
    await audit(sql, from(system, address), {
      action: "enroll_server",
      resourceType: "server",
      resourceId: server.id,
      resourceName: server.name,
      environmentId: server.environmentId,
      details: { hostname: hostname || null, address },
    });
    const by = authority.trusted.find(({ fingerprint }) => fingerprint === issued.authority);
    return { serverId: server.id, certificatePem, caPem: by?.certificatePem ?? "" };
  });
}
