/**
 * Slows down guessing: after five failures for one e-mail address, each further one doubles
 * the wait, from 1 s to 5 min. Kept in memory: a restart forgives.
 */
export function loginThrottle() {
  const failures = new Map<string, { count: number; until: number }>();
  const free = 5;
  const longestWait = 300_000;
  const remembered = 10_000;

  return {
    /** seconds that this address has to wait, 0 for none */
    blockedFor(email: string, now: number): number {
      const entry = failures.get(email.toLowerCase());
      return entry && entry.until > now ? Math.ceil((entry.until - now) / 1000) : 0;
    },
    failed(email: string, now: number): void {
      const key = email.toLowerCase();
      const count = (failures.get(key)?.count ?? 0) + 1;
      const wait = count < free ? 0 : Math.min(longestWait, 1000 * 2 ** (count - free));
      failures.delete(key);
      failures.set(key, { count, until: now + wait });
      const oldest = failures.keys().next().value;
      if (failures.size > remembered && oldest !== undefined) failures.delete(oldest);
    },
    succeeded(email: string): void {
      failures.delete(email.toLowerCase());
    },
  };
}
