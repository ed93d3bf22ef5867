import type { HealthGate, ProbeResult } from "@bridgeport/proto";
import type { Engine } from "../client.ts";
import { type ContainerWatch, watchContainer } from "../container/watch.ts";
import { abortFailure, endOf, existingContainer } from "../failure.ts";
import { type ContainerInspection, healthOf, inspectContainer, stateOf } from "../inspection.ts";
import { type HealthWaiting, keepWait, takeWait } from "./ahead.ts";
import { urlTimeoutMs } from "./gate.ts";
import { probeUrl } from "./url-probe.ts";
import { HealthWait } from "./wait.ts";

/** When waiting must end for other reasons than the container's. */
export interface Patience {
  signal: AbortSignal;
  deadlineAt: number | null;
}

/**
 * Waits until a container is healthy by the gate's rules, and returns what said so. Throws a
 * `CommandFailure` (unhealthy, exited, timeout, cancelled) with the container's last log lines.
 */
export async function awaitHealthy(
  engine: Engine,
  containerId: string,
  name: string,
  gate: HealthGate,
  patience: Patience,
): Promise<ProbeResult> {
  const wait = takeWait(engine, containerId, gate) ?? beginWait(engine, name, gate, containerId);
  const done = new AbortController();
  try {
    return await Promise.race([wait.result, aborted(patience, name, done.signal)]);
  } finally {
    done.abort();
    wait.stop();
  }
}

/**
 * Begins to wait for a container that is being made: its first probe then takes place while the
 * control plane learns of the start and asks for it. {@link awaitHealthy} takes the wait over.
 */
export class HealthAhead {
  readonly #engine: Engine;
  readonly #name: string;
  readonly #gate: HealthGate;
  #watching: Promise<ContainerWatch> | null = null;
  #looking: Promise<ContainerInspection | null> | null = null;
  #started = false;

  constructor(engine: Engine, name: string, gate: HealthGate) {
    this.#engine = engine;
    this.#name = name;
    this.#gate = gate;
  }

  /** It is looked at and its events are opened now, so that nothing is left to do when it starts. */
  created(containerId: string): void {
    // Of a container that was created ahead and removed again.
    this.end();
    this.#watching = watchContainer(this.#engine, containerId);
    this.#watching.catch(() => undefined);
    this.#looking = inspectContainer(this.#engine, containerId).catch(() => null);
  }

  started(containerId: string): void {
    if (this.#started) return;
    this.#started = true;
    const begun = { watching: this.#watching, looking: this.#looking };
    const wait = beginWait(this.#engine, this.#name, this.#gate, containerId, begun);
    keepWait(this.#engine, containerId, this.#gate, wait);
  }

  /** Where nothing was started, nothing is waited for. */
  end(): void {
    if (this.#started) return;
    this.#watching?.then(
      (watch) => watch.close(),
      () => undefined,
    );
  }
}

function beginWait(
  engine: Engine,
  name: string,
  gate: HealthGate,
  containerId: string,
  /** before it was started */
  begun?: {
    watching: Promise<ContainerWatch> | null;
    looking: Promise<ContainerInspection | null> | null;
  },
): HealthWaiting {
  const done = new AbortController();
  const watching = begun?.watching ?? watchContainer(engine, containerId);
  const stop = (): void => {
    done.abort();
    watching.then(
      (watch) => watch.close(),
      () => undefined,
    );
  };
  const result = watching.then(async (watch) => {
    const created = (await begun?.looking) ?? null;
    return new HealthWait(engine, name, gate, watch, done.signal).run(containerId, created);
  });
  // Also where no command asks for it.
  result.then(stop, stop);
  return { result, stop };
}

/** Rejects when the patience is over; never settles otherwise. */
function aborted(
  { signal, deadlineAt }: Patience,
  name: string,
  done: AbortSignal,
): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void =>
      reject(abortFailure(signal, deadlineAt, `Waiting for ${name} to be healthy`));
    if (signal.aborted) abort();
    else {
      signal.addEventListener("abort", abort, { once: true });
      done.addEventListener("abort", () => signal.removeEventListener("abort", abort));
    }
  });
}

/** One look at a container, whatever it finds: nothing is waited for, nothing fails. */
export async function lookAtHealth(
  engine: Engine,
  name: string,
  gate: HealthGate,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const startedAt = performance.now();
  const container = await existingContainer(engine, name);
  let health = healthOf(container);
  let detail = container.State.Running ? "It runs." : `It does not run: it ${endOf(container)}.`;
  if (stateOf(container) === "created") detail = "It has not been started.";
  if (stateOf(container) === "paused") detail = "It is paused.";
  if (gate.url !== null && container.State.Running) {
    const probe = await probeUrl(gate.url, urlTimeoutMs(gate), signal);
    if (!probe.ok) health = "unhealthy";
    detail = `${detail} ${gate.url}: ${probe.detail}.`;
  }
  return {
    kind: "probe",
    method: "look",
    detail,
    durationMs: Math.round(performance.now() - startedAt),
    attempts: 1,
    health,
    state: stateOf(container),
  };
}
