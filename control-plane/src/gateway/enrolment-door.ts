import { sourceOf } from "../networks.ts";
import { type TokenBucket, tokenBucket } from "./allowance.ts";

/*
 * Everyone who reaches the listener may ask to enrol. So what one source may ask is bounded, and what
 * all of them hold at a moment; attempts that succeed are free.
 */

export const enrolmentLimits = {
  /** attempts that fail, for each source */
  failures: { burst: 20, perSecond: 0.2 },
  /** calls under way, for each source and for all together */
  ofSource: 16,
  ofAll: 32,
};

/** How many sources are told apart. */
const mostSources = 10_000;

interface Source {
  failures: TokenBucket;
  underWay: number;
}

/** A call that was let in; say how it ended. */
export interface Pass {
  leave(succeeded: boolean): void;
}

export function enrolmentDoor(limits = enrolmentLimits, now?: () => number) {
  const sources = new Map<string, Source>();
  let underWay = 0;

  function sourceAt(address: string): Source {
    const key = sourceOf(address);
    const source = sources.get(key) ?? { failures: tokenBucket(limits.failures, now), underWay: 0 };
    // The latest is the last, so that the first is the one to forget.
    sources.delete(key);
    sources.set(key, source);
    for (const [oldest, { underWay }] of sources) {
      if (sources.size <= mostSources) break;
      if (underWay === 0) sources.delete(oldest);
    }
    return source;
  }

  /** @returns null: it is to ask later */
  return (address: string): Pass | null => {
    const source = sourceAt(address);
    if (underWay >= limits.ofAll || source.underWay >= limits.ofSource) return null;
    if (!source.failures.take()) return null;
    underWay += 1;
    source.underWay += 1;
    return {
      leave(succeeded) {
        underWay -= 1;
        source.underWay -= 1;
        if (succeeded) source.failures.giveBack();
      },
    };
  };
}
