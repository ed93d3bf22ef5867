/** How a session ended: what decides when the next attempt is made. */
export interface SessionOutcome {
  /** the control plane sent Welcome */
  established: boolean;
  /** from Welcome to the end, in milliseconds */
  durationMs: number;
  /** the control plane refused this agent: an early retry would not help */
  refused: boolean;
  /** the control plane asked to connect again at once, as another replica has fewer streams */
  elsewhere?: boolean;
}

export interface ReconnectState {
  /** failures since the last stable session */
  failures: number;
  /** refusals in a row */
  refusals: number;
  /** until this time retries are quick, because a stable session was lost; epoch milliseconds */
  quickUntil: number;
  /** whether a session has been established since the agent started */
  everEstablished: boolean;
}

export const initialReconnect: ReconnectState = {
  failures: 0,
  refusals: 0,
  quickUntil: 0,
  everEstablished: false,
};

export const reconnectTiming = {
  baseMs: 500,
  maxMs: 30_000,
  /** a session of this duration counts as stable */
  stableMs: 60_000,
  /** how long retries are quick, as the control plane is probably restarting */
  quickForMs: 15_000,
  quickMs: 1_000,
  /** the longest wait of an agent that is refused, at first and for long */
  refusedMs: 60_000,
  refusedForLongMs: 15 * 60_000,
  /** refusals in a row that are no longer the beginning: the control plane may just be updated */
  refusalsAtFirst: 10,
  /** the shortest wait */
  minMs: 50,
  /** the longest wait of an agent that is asked to go elsewhere */
  elsewhereMs: 500,
  /** a session has lasted so long before that request is heeded: it may not make an agent connect without end */
  settledMs: 5_000,
};

/**
 * The wait before the next attempt: exponential backoff from 0.5 s to 30 s with full jitter, so that
 * many agents do not reconnect at the same moment. Only a stable session, of at least a minute, resets
 * it. After a stable session, and after an agent's first one, the control plane is probably
 * restarting: for some seconds every wait is less than a second, also with jitter. An agent that is asked to
 * go elsewhere does so at once, and the control plane asks so seldom.
 *
 * @param random uniform in [0, 1)
 */
export function nextAttempt(
  state: ReconnectState,
  outcome: SessionOutcome,
  now: number,
  random: number,
): { state: ReconnectState; delayMs: number } {
  const { baseMs, maxMs, stableMs, quickForMs, quickMs, minMs } = reconnectTiming;
  const everEstablished = state.everEstablished || outcome.established;
  if (outcome.refused) {
    const { refusedMs, refusedForLongMs, refusalsAtFirst } = reconnectTiming;
    const refusals = state.refusals + 1;
    const longest = refusals > refusalsAtFirst ? refusedForLongMs : refusedMs;
    // At least half of it, as this wait is there to reduce the load, not only to spread it.
    const delayMs = longest * (0.5 + random / 2);
    return {
      state: { failures: state.failures + 1, refusals, quickUntil: 0, everEstablished },
      delayMs,
    };
  }
  if (outcome.elsewhere && outcome.durationMs >= reconnectTiming.settledMs) {
    const delayMs = Math.max(minMs, reconnectTiming.elsewhereMs * random);
    // Where no replica answers, retries are quick for a while, as after any stable session.
    const quickUntil = now + quickForMs;
    return { state: { failures: 0, refusals: 0, quickUntil, everEstablished }, delayMs };
  }
  const stable = outcome.established && outcome.durationMs >= stableMs;
  const first = outcome.established && !state.everEstablished;
  const failures = stable || first ? 0 : state.failures;
  const quickUntil = stable || first ? now + quickForMs : state.quickUntil;
  if (now < quickUntil) {
    return {
      state: { failures, refusals: 0, quickUntil, everEstablished },
      delayMs: Math.max(minMs, quickMs * random),
    };
  }
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(failures, 16));
  return {
    state: { failures: failures + 1, refusals: 0, quickUntil: 0, everEstablished },
    delayMs: Math.max(minMs, ceiling * random),
  };
}
