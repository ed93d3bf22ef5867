import { siteOf, sourceOf } from "../networks.ts";
import { type TokenBucket, tokenBucket } from "./allowance.ts";
import { Places } from "./places.ts";

/*
 * Everyone who reaches the listener may ask to enrol. So what one source may ask is bounded, and what
 * all of them hold at a moment; attempts that succeed are free.
 *
 *   silent ──its request──> worked on ──> left
 *     └──a later call, no request in time──^
 */

export const enrolmentLimits = {
  /** attempts that fail, for each source */
  failures: { burst: 20, perSecond: 0.2 },
  /** calls that have not said yet what they want: the oldest gives way to a later one */
  silent: { ofSource: 16, ofAll: 64 },
  /** calls whose request is worked on: nobody can make that last */
  worked: { ofSource: 16, ofAll: 32 },
};

/** How many sources are told apart. */
const mostSources = 10_000;

interface Source {
  failures: TokenBucket;
  worked: number;
}

/** A call that was let in. */
export interface Pass {
  /** Its request has come. @returns false: too many are worked on, it is to ask later */
  asked(): boolean;
  /** It is over; say how it ended. */
  leave(succeeded: boolean): void;
}

export function enrolmentDoor(limits = enrolmentLimits, now?: () => number) {
  const sources = new Map<string, Source>();
  const silent = new Places(limits.silent, siteOf);
  let worked = 0;

  function sourceAt(key: string): Source {
    const source = sources.get(key) ?? { failures: tokenBucket(limits.failures, now), worked: 0 };
    // The latest is the last, so that the first is the one to forget.
    sources.delete(key);
    sources.set(key, source);
    for (const [oldest, { worked }] of sources) {
      if (sources.size <= mostSources) break;
      if (worked === 0) sources.delete(oldest);
    }
    return source;
  }

  /**
   * @param giveWay called if it has to make room while it is silent
   * @returns null: too many calls of its source have failed, it is to ask later
   */
  return (address: string, giveWay: () => void): Pass | null => {
    const key = sourceOf(address);
    const source = sourceAt(key);
    if (!source.failures.take()) return null;
    const place = silent.take(key, giveWay);
    let works = false;
    return {
      asked() {
        place.leave();
        if (worked >= limits.worked.ofAll || source.worked >= limits.worked.ofSource) return false;
        works = true;
        worked += 1;
        source.worked += 1;
        return true;
      },
      leave(succeeded) {
        place.leave();
        if (works) {
          worked -= 1;
          source.worked -= 1;
        }
        if (succeeded) source.failures.giveBack();
      },
    };
  };
}
