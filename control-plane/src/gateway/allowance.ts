/*
 * What one server's agent may ask of this replica, whatever it sends and however often it comes
 * again. A thousand containers that start at once stay far below; a flood costs its sender the stream.
 */

export interface TokenBucket {
  /** Takes as many; false, and takes none, where there are not so many. */
  take(amount?: number): boolean;
  /** One that was taken counts no longer. */
  giveBack(): void;
  /** whether it holds as much as one of which nothing was ever taken */
  readonly full: boolean;
}

/** Holds `burst` at most, and gets `perSecond` of them back. */
export function tokenBucket(
  { burst, perSecond }: { burst: number; perSecond: number },
  now: () => number = () => performance.now(),
): TokenBucket {
  let left = burst;
  let at = now();
  const fill = (): void => {
    const time = now();
    left = Math.min(burst, left + ((time - at) / 1000) * perSecond);
    at = time;
  };
  return {
    take(amount = 1) {
      fill();
      if (left < amount) return false;
      left -= amount;
      return true;
    },
    giveBack() {
      left = Math.min(burst, left + 1);
    },
    get full() {
      fill();
      return left === burst;
    },
  };
}

/** Lines of followed logs are not counted here: they come within the credit that their reader gives. */
export const allowances = {
  /** streams that are opened */
  streams: { burst: 30, perSecond: 0.5 },
  messages: { burst: 30_000, perSecond: 1000 },
  bytes: { burst: 64 * 1024 * 1024, perSecond: 1024 * 1024 },
  /** containers in inventories and changes: each is compared and perhaps written */
  containers: { burst: 100_000, perSecond: 500 },
  /** messages about commands and logs that the server was never given, or has long answered */
  invented: { burst: 2000, perSecond: 5 },
  /** certificates asked for */
  renewals: { burst: 5, perSecond: 1 / 60 },
} as const;

export type Allowance = Record<keyof typeof allowances, TokenBucket>;

/** Whether it may be forgotten: a new one allows as much. */
export function isWhole(allowance: Allowance): boolean {
  return Object.values(allowance).every(({ full }) => full);
}

export function newAllowance(now?: () => number): Allowance {
  const { streams, messages, bytes, containers, invented, renewals } = allowances;
  return {
    streams: tokenBucket(streams, now),
    messages: tokenBucket(messages, now),
    bytes: tokenBucket(bytes, now),
    containers: tokenBucket(containers, now),
    invented: tokenBucket(invented, now),
    renewals: tokenBucket(renewals, now),
  };
}
