import { defaultWaitMs, type HealthGate } from "@bridgeport/proto";
import type { Healthcheck, ProcessConfig } from "../inspection.ts";

/** The numbers of a health gate. Times in milliseconds. */
export interface GateTimes {
  /** the container has a health check of its own */
  hasCheck: boolean;
  /** without a check: how long it must run undisturbed */
  waitMs: number;
  /** with a check: when the gate fails at the latest */
  limitMs: number;
  /** the check's own interval and timeout */
  intervalMs: number;
  timeoutMs: number;
}

/** What the engine takes where a health check leaves them out. */
const engineDefaults = { intervalMs: 30_000, timeoutMs: 30_000, retries: 3 };

/** A check that the engine would run: not disabled by `NONE`, not without a command. */
export function activeCheck(config: ProcessConfig): Healthcheck | null {
  const { Healthcheck: check } = config;
  const kind = check?.Test?.[0];
  return check && kind !== undefined && kind !== "NONE" && (check.Test?.length ?? 0) > 1
    ? check
    : null;
}

/**
 * How long a gate waits: `waitMs + retries × intervalMs`, or the container's own start period plus
 * its retries times its interval where that is longer.
 */
export function gateTimes(gate: HealthGate, config: ProcessConfig): GateTimes {
  const check = activeCheck(config);
  const waitMs = gate.waitMs ?? (check === null ? defaultWaitMs.without : defaultWaitMs.withCheck);
  return {
    hasCheck: check !== null,
    waitMs,
    limitMs: Math.max(waitMs + gate.retries * gate.intervalMs, checkLimitMs(config)),
    intervalMs: checkIntervalMs(check),
    timeoutMs: milliseconds(check?.Timeout) || engineDefaults.timeoutMs,
  };
}

/** How long a container's own check may take to pass: its start period plus its retries times its interval. */
export function checkLimitMs(config: ProcessConfig): number {
  const check = activeCheck(config);
  if (check === null) return 0;
  const retries = check.Retries || engineDefaults.retries;
  return milliseconds(check.StartPeriod) + retries * checkIntervalMs(check);
}

function checkIntervalMs(check: Healthcheck | null): number {
  return milliseconds(check?.Interval) || engineDefaults.intervalMs;
}

/** The longest that a gate may take in all, its URL checks included. */
export function gateTimeoutMs(gate: HealthGate, config: ProcessConfig): number {
  const times = gateTimes(gate, config);
  const urlMs = gate.url === null ? 0 : urlAttempts(gate) * (urlTimeoutMs(gate) + gate.intervalMs);
  return (times.hasCheck ? times.limitMs + times.timeoutMs : times.waitMs) + urlMs;
}

/** At least one, however the service is set. */
export function urlAttempts(gate: HealthGate): number {
  return Math.max(gate.retries, 1);
}

export function urlTimeoutMs(gate: HealthGate): number {
  return Math.min(Math.max(gate.intervalMs, 1_000), 10_000);
}

/** How long to wait after the `attempt`th eager probe (from 1): 100 ms, half as much more each time, at most the interval. */
export function eagerDelayMs(attempt: number, intervalMs: number): number {
  return Math.min(100 * 1.5 ** Math.min(attempt - 1, 40), intervalMs);
}

function milliseconds(nanoseconds: number | undefined): number {
  return Math.round((nanoseconds ?? 0) / 1e6);
}

/**
 * What to execute for a container's own check; null for a kind of check that is not known. A shell
 * check runs as the engine runs it: by the container's configured shell, not by the image's.
 */
export function checkCommand(config: ProcessConfig): string[] | null {
  const [kind, ...words] = activeCheck(config)?.Test ?? [];
  if (kind === "CMD") return words;
  if (kind !== "CMD-SHELL") return null;
  const shell = config.Shell?.length ? config.Shell : ["/bin/sh", "-c"];
  return [...shell, ...words];
}
