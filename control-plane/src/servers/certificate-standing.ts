import type { ServerAccess } from "./certificates.store.ts";
import type { PresentedCertificate } from "./presented-certificate.ts";

/** Why an agent's certificate, though our authority has signed it, is not accepted. */
export type Refusal =
  | "deleted"
  | "revoked"
  | "enrolled_again"
  | "retired"
  | "expired"
  | "authority_retired";

/** What the agent is told, and writes into its log: what happened and what to do. */
export const refusalSentences: Record<Refusal, string> = {
  deleted:
    "this server was deleted here; add it again and start the agent with the new join token, or stop the agent",
  revoked:
    "an administrator has revoked this server's certificates; to let it come back, make a new join token on the server's page and start the agent with it",
  enrolled_again:
    "another agent has enrolled for this server since; stop one of the two, or make a new join token on the server's page and start this agent with it",
  retired:
    "this certificate was replaced by a newer one that is in use: this is a copy of the agent's state directory or an old backup of it; if you know of no copy, revoke the server's certificates on its page and start the agent with a new join token",
  expired:
    "this certificate has expired; make a new join token on the server's page and start the agent with it",
  authority_retired:
    "the certificate authority was replaced before this agent had a certificate of the new one; make a new join token on the server's page and start the agent with it",
};

/**
 * Whether a certificate is still the server's.
 *
 *   issued ──first stream──> in use ──first stream of a later one──> retired
 *
 * A certificate without a row was issued before there were rows, or after the backup that the database
 * was restored from. It is taken in if it is not older than all that are known, and of the authority that
 * issues now: the one before may be replaced because its key was stolen. Rows are removed from the oldest
 * on, so that what is retired never becomes unknown and good again.
 * @param current the fingerprint of the authority that issues certificates
 */
export function whyRefused(
  server: ServerAccess | null,
  certificate: PresentedCertificate,
  current: string,
): Refusal | null {
  if (server === null) return "deleted";
  if (server.revokedAt !== null) return "revoked";
  if (server.certificateGeneration !== certificate.generation) return "enrolled_again";
  if (server.issuedAt !== null) return server.retiredAt === null ? null : "retired";
  const { newestFrom } = server;
  if (newestFrom === null) return null;
  const isOf = certificate.authority === current;
  return isOf && certificate.validFrom >= newestFrom ? null : "retired";
}
