/** How a session ended, as far as the next attempt is concerned. */
export interface SessionOutcome {
  /** the control plane said Welcome */
  established: boolean;
  /** from Welcome to the end, in milliseconds */
  livedMs: number;
  /** the control plane does not want this agent: trying soon again would not help */
  refused: boolean;
}

export interface ReconnectState {
  /** failures since the last stable session */
  failures: number;
  /** a session was lost that gave no reason to be careful: until then, retries are quick */
  quickUntil: number;
  /** whether a session has been established since the agent started */
  everEstablished: boolean;
}

export const initialReconnect: ReconnectState = {
  failures: 0,
  quickUntil: 0,
  everEstablished: false,
};

export const reconnectTiming = {
  baseMs: 500,
  capMs: 30_000,
  /** a session that lived so long was stable */
  stableMs: 60_000,
  /** how long a restarting control plane is looked for at the quick pace */
  quickForMs: 15_000,
  quickMs: 1_000,
  /** for an agent that is refused */
  refusedMs: 60_000,
  /** no agent tries again within this time */
  floorMs: 50,
};

/**
 * The wait before the next attempt: exponential from 0.5 s to 30 s with full jitter, so that a
 * whole fleet does not come back at one moment. Only a minute of stability starts it over; a
 * session that keeps breaking is retried ever more slowly. After a stable session, and after an
 * agent's first one, the control plane is probably restarting: for some seconds attempts follow
 * within a second, still jittered.
 *
 * @param random uniform in [0, 1)
 */
export function nextAttempt(
  state: ReconnectState,
  outcome: SessionOutcome,
  now: number,
  random: number,
): { state: ReconnectState; delayMs: number } {
  const { baseMs, capMs, stableMs, quickForMs, quickMs, refusedMs, floorMs } = reconnectTiming;
  const everEstablished = state.everEstablished || outcome.established;
  if (outcome.refused) {
    // Half of it is certain: this is for politeness, not for spreading.
    const delayMs = refusedMs * (0.5 + random / 2);
    return { state: { failures: state.failures + 1, quickUntil: 0, everEstablished }, delayMs };
  }
  const stable = outcome.established && outcome.livedMs >= stableMs;
  const first = outcome.established && !state.everEstablished;
  const failures = stable || first ? 0 : state.failures;
  const quickUntil = stable || first ? now + quickForMs : state.quickUntil;
  if (now < quickUntil) {
    return {
      state: { failures, quickUntil, everEstablished },
      delayMs: Math.max(floorMs, quickMs * random),
    };
  }
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(failures, 16));
  return {
    state: { failures: failures + 1, quickUntil: 0, everEstablished },
    delayMs: Math.max(floorMs, ceiling * random),
  };
}
