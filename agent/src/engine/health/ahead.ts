import { isDeepStrictEqual } from "node:util";
import type { HealthGate, ProbeResult } from "@bridgeport/proto";
import { type Engine, Memory } from "../client.ts";

/** A wait for a container's health that is under way. */
export interface HealthWaiting {
  result: Promise<ProbeResult>;
  stop(): void;
}

/** The question comes within milliseconds of the start, or not at all. */
const keptMs = 60_000;

interface Kept extends HealthWaiting {
  gate: HealthGate;
}

/** by container id */
const waits = new Memory(() => new Map<string, Kept>());

/** Keeps a wait that no command has asked for yet, for a minute. */
export function keepWait(
  engine: Engine,
  containerId: string,
  gate: HealthGate,
  wait: HealthWaiting,
): void {
  const known = engine.recall(waits);
  known.get(containerId)?.stop();
  const kept = { ...wait, gate };
  known.set(containerId, kept);
  setTimeout(() => {
    if (known.get(containerId) !== kept) return;
    known.delete(containerId);
    wait.stop();
  }, keptMs).unref();
}

/** The wait for this container by exactly these rules, which the caller then owns; null: there is none. */
export function takeWait(
  engine: Engine,
  containerId: string,
  gate: HealthGate,
): HealthWaiting | null {
  const known = engine.recall(waits);
  const kept = known.get(containerId);
  if (kept === undefined) return null;
  known.delete(containerId);
  if (isDeepStrictEqual(kept.gate, gate)) return kept;
  kept.stop();
  return null;
}
