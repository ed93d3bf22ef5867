import { isIP } from "node:net";

/** Who we are to an authenticator (WebAuthn): a passkey works for this host name only. */
export interface RelyingParty {
  /** a host name */
  id: string;
  /** what the browser has to be at */
  origin: string;
}

/**
 * What passkeys are bound to where the console is reached at this address.
 * @returns a sentence that says why browsers allow no passkey there, where they do not
 */
export function relyingPartyOf(publicUrl: string): RelyingParty | string {
  const { protocol, hostname, origin } = new URL(publicUrl);
  if (isIP(hostname.replace(/^\[|\]$/g, "")) !== 0) {
    return `Passkeys need a host name, and the console's address is ${origin}: set BRIDGEPORT_PUBLIC_URL to one with https, or to localhost.`;
  }
  if (protocol !== "https:" && !isLocalhost(hostname)) {
    return `Passkeys need https, and the console's address is ${origin}: set BRIDGEPORT_PUBLIC_URL to one with https, or to localhost.`;
  }
  return { id: hostname, origin };
}

const isLocalhost = (hostname: string) =>
  hostname === "localhost" || hostname.endsWith(".localhost");
