import { isId } from "../database/ids.ts";

/** What an agent's certificate says: whose agent it is, and by which enrolment. */
export interface AgentIdentity {
  serverId: string;
  /** counts a server's enrolments; only certificates of the latest one are good */
  generation: number;
}

/** How a server is named in its certificate: the identity that an agent proves. */
export function serverUri({ serverId, generation }: AgentIdentity): string {
  const name = `bridgeport://server/${serverId}`;
  return generation === 0 ? name : `${name}/${generation}`;
}

/**
 * The identity in a certificate's subject alternative names as Node prints them, such as
 * `URI:bridgeport://server/0199…/1`; null for any other certificate. Only one name is accepted, as
 * our authority writes it. Certificates of before enrolments were counted are of the generation 0.
 */
export function identityOf(subjectAltName: string | undefined): AgentIdentity | null {
  const match = /^URI:bridgeport:\/\/server\/([0-9a-f-]{36})(?:\/([1-9]\d{0,8}))?$/.exec(
    subjectAltName ?? "",
  );
  if (!match?.[1] || !isId(match[1])) return null;
  return { serverId: match[1], generation: Number(match[2] ?? 0) };
}
