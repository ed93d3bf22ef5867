import { randomBytes } from "node:crypto";

/**
 * A join token: `bp1.<fingerprint of the authority>.<32 random bytes>`, both base64url. The agent
 * trusts nothing but an authority with that fingerprint, so that it cannot be led elsewhere.
 */
export function newJoinToken(authorityFingerprint: string): string {
  return `bp1.${authorityFingerprint}.${randomBytes(32).toString("base64url")}`;
}

/** The fingerprint that a join token pins; null for anything else. */
export function pinnedAuthority(token: string): string | null {
  return /^bp1\.([A-Za-z0-9_-]{43})\./.exec(token)?.[1] ?? null;
}

/**
 * Where agents reach the gRPC listener, as host:port. A listener on every interface has no host of
 * its own: then it is the host by which the control plane is known.
 */
export function reachableAgentAddress(
  listener: { host: string; port: number },
  publicUrl: string,
): string {
  const wildcard = ["0.0.0.0", "::", ""].includes(listener.host);
  const host = wildcard ? new URL(publicUrl).hostname : listener.host;
  return `${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${listener.port}`;
}
