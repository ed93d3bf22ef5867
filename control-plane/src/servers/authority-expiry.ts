import type { Logger } from "pino";
import type { Authority, TrustedAuthority } from "./certificate-authority.ts";

/** Long enough for a rotation also where agents renew by themselves, at half of a year. */
const aheadMs = 365 * 86_400_000;
const dayMs = 86_400_000;

export function expiresSoon({ expiresAt }: Pick<TrustedAuthority, "expiresAt">, now: number) {
  return expiresAt.getTime() - now < aheadMs;
}

/** Says once a day that the authority expires within a year: without it no agent can connect. */
export function authorityExpiryWarning(
  authority: Pick<Authority, "trusted">,
  log: Pick<Logger, "warn">,
): (now: number) => void {
  let saidAt = Number.NEGATIVE_INFINITY;
  return (now) => {
    const [current] = authority.trusted;
    if (current === undefined || !expiresSoon(current, now) || now - saidAt < dayMs) return;
    saidAt = now;
    log.warn(
      { expiresAt: current.expiresAt.toISOString() },
      "the agents' certificate authority expires within a year: replace it in the system settings",
    );
  };
}
