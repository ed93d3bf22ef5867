import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  initialReconnect,
  nextAttempt,
  type ReconnectState,
  reconnectTiming,
  type SessionOutcome,
} from "./reconnect.ts";

const unreachable: SessionOutcome = { established: false, durationMs: 0, refused: false };
const brief: SessionOutcome = { established: true, durationMs: 3_000, refused: false };
const stable: SessionOutcome = { established: true, durationMs: 60_000, refused: false };
const refused: SessionOutcome = { established: false, durationMs: 0, refused: true };

/** The longest waits: with the largest jitter. */
function delays(outcomes: SessionOutcome[], start: ReconnectState = initialReconnect): number[] {
  let state = start;
  let now = 1_000_000;
  return outcomes.map((outcome) => {
    const next = nextAttempt(state, outcome, now, 1 - Number.EPSILON);
    state = next.state;
    now += next.delayMs;
    return Math.round(next.delayMs);
  });
}

describe("when the next attempt comes", () => {
  test("doubles from half a second to half a minute", () => {
    expect(delays(Array(9).fill(unreachable))).toEqual([
      500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000,
    ]);
  });

  test("after a stable session is lost, each wait is below a second for a while", () => {
    const waits = delays([stable, ...Array(20).fill(unreachable)]);
    expect(waits.slice(0, 15)).toEqual(Array(15).fill(1000));
    expect(waits.slice(15)).toEqual([500, 1000, 2000, 4000, 8000, 16000]);
  });

  test("also after the first session of an agent, even a short one", () => {
    expect(delays([unreachable, unreachable, brief, unreachable])).toEqual([500, 1000, 1000, 1000]);
  });

  test("a session that keeps breaking is retried more and more slowly", () => {
    const waits = delays(Array(40).fill(brief));
    expect(waits.at(-1)).toBe(30_000);
  });

  test("a session of less than a minute does not reset the backoff", () => {
    const tired = { ...initialReconnect, failures: 10, everEstablished: true };
    expect(delays([{ ...stable, durationMs: 59_999 }], tired)).toEqual([30_000]);
    expect(delays([stable], tired)).toEqual([1000]);
  });

  test("an agent that is asked to go elsewhere does so at once, unless its session was brief", () => {
    const elsewhere = { ...stable, durationMs: 5_000, elsewhere: true };
    const tired = { ...initialReconnect, failures: 10, everEstablished: true };
    expect(delays([elsewhere], tired)).toEqual([500]);
    expect(nextAttempt(tired, elsewhere, 0, 0).delayMs).toBe(50);
    expect(delays([{ ...elsewhere, durationMs: 4_999 }], tired)).toEqual([30_000]);
    expect(delays([elsewhere, ...Array(3).fill(unreachable)], tired).slice(1)).toEqual([
      1000, 1000, 1000,
    ]);
  });

  test("a refused agent retries slowly", () => {
    const waits = delays(Array(20).fill(refused));
    expect(waits.slice(0, 10)).toEqual(Array(10).fill(60_000));
    expect(waits.slice(10)).toEqual(Array(10).fill(900_000));
    expect(nextAttempt(initialReconnect, refused, 0, 0).delayMs).toBe(30_000);
    expect(delays([...Array(20).fill(refused), unreachable, refused]).at(-1)).toBe(60_000);
  });

  test("the wait is never below the minimum and never above the maximum", () => {
    const outcome = fc.record({
      established: fc.boolean(),
      durationMs: fc.nat({ max: 200_000 }),
      refused: fc.constant(false),
    });
    const step = fc.tuple(outcome, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        let state = initialReconnect;
        let now = 0;
        for (const [one, random] of steps) {
          const next = nextAttempt(state, one, now, random);
          expect(next.delayMs).toBeGreaterThanOrEqual(reconnectTiming.minMs);
          expect(next.delayMs).toBeLessThanOrEqual(reconnectTiming.maxMs);
          state = next.state;
          now += next.delayMs;
        }
      }),
    );
  });
});
