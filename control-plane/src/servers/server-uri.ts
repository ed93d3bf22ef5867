import { isId } from "../database/ids.ts";

/** How a server is named in its certificate: the identity that an agent proves. */
export function serverUri(serverId: string): string {
  return `bridgeport://server/${serverId}`;
}

/**
 * The server's id in a certificate's subject alternative names as Node prints them, such as
 * `URI:bridgeport://server/0199…`; null for any other certificate. Only one name is accepted, as
 * our authority writes it.
 */
export function serverIdOf(subjectAltName: string | undefined): string | null {
  const match = /^URI:bridgeport:\/\/server\/([0-9a-f-]{36})$/.exec(subjectAltName ?? "");
  return match?.[1] && isId(match[1]) ? match[1] : null;
}
