import { system } from "../actor.ts";
import { type Database, transaction } from "../database/connection.ts";
import { audit } from "../identity/audit.store.ts";
import type { Issuer } from "./certificate-authority.ts";
import { type Refusal, whyRefused } from "./certificate-standing.ts";
import { insertCertificate, type ServerAccess, serverAccess } from "./certificates.store.ts";
import { issuedCertificate, type PresentedCertificate } from "./presented-certificate.ts";

export type Renewed =
  | { kind: "issued"; certificatePem: string }
  | { kind: "refused"; refusal: Refusal; server: ServerAccess | null }
  /** the request is none, or has a weak key */
  | { kind: "unusable" };

/**
 * Issues a certificate in place of the one that the agent has shown. That one counts until the new one
 * is used, however long it takes: the agent may be killed, or its host be off, before it is stored.
 */
export async function renewCertificate(
  { database, authority }: { database: Database; authority: Issuer },
  shown: PresentedCertificate,
  csrPem: string,
  address: string,
): Promise<Renewed> {
  const { serverId, generation } = shown;
  return transaction(database, async (sql) => {
    await authority.upToDate(sql);
    const server = await serverAccess(sql, shown);
    const refusal = whyRefused(server, shown, authority.fingerprint);
    if (server === null || refusal !== null) {
      return { kind: "refused", refusal: refusal ?? "deleted", server };
    }
    const certificatePem = await authority.issueForServer({ serverId, generation }, csrPem);
    if (certificatePem === null) return { kind: "unusable" };
    const issued = issuedCertificate({ serverId, generation }, certificatePem, authority);
    await insertCertificate(sql, issued);
    await audit(sql, system, {
      action: "renew_certificate",
      resourceType: "server",
      resourceId: server.id,
      resourceName: server.name,
      environmentId: server.environmentId,
      details: { address, expiresAt: issued.expiresAt.toISOString() },
    });
    return { kind: "issued", certificatePem };
  });
}
