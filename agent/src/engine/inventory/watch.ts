import { setTimeout as sleep } from "node:timers/promises";
import type { HostStatus } from "@bridgeport/proto";
import type { Logger } from "../../log.ts";
import {
  type Engine,
  engineErrorKind,
  engineMessage,
  statusOf,
  unavailableSentence,
} from "../client.ts";
import { diskFreeBytes, type EngineFacts, hostStatus, readEngineFacts } from "../host.ts";
import { type EventStream, openEvents } from "./events.ts";
import type { Inventory } from "./inventory.ts";

const retryMs = { first: 200, last: 5_000 };
const pingEveryMs = 15_000;
/** A stream that lived so long was not refused. */
const steadyMs = 2_000;
/** For the first complete picture; an engine with thousands of containers takes seconds. */
const connectTimeoutMs = 60_000;

/**
 * Stays beside one engine: follows its events, keeps the inventory current, and knows
 * whether it is there.
 *
 *   unavailable --answers, all containers seen--> available
 *   available --event stream ends, and no other can be opened--> unavailable
 *   available --no answer to a ping--> unavailable
 */
export class EngineWatch {
  readonly #engine: Engine;
  readonly #inventory: Inventory;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  readonly #statusListeners = new Set<(status: HostStatus) => void>();
  readonly #waiting = new Set<() => void>();
  #facts: EngineFacts | null = null;
  #status: HostStatus;
  #stream: EventStream | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(engine: Engine, inventory: Inventory, log: Logger) {
    this.#engine = engine;
    this.#inventory = inventory;
    this.#log = log;
    this.#status = hostStatus({
      error: `The agent has not reached the Docker Engine at ${engine.host} yet.`,
      facts: null,
    });
  }

  /** Begins, and resolves when the first attempt has succeeded or failed. */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#running = this.#follow(resolve);
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#stream?.close();
    for (const wake of this.#waiting) wake();
    await this.#running;
  }

  get available(): boolean {
    return this.#status.engineAvailable;
  }

  /** Resolves when the engine is there, at once if it is; also when the watch stops. */
  whenAvailable(): Promise<void> {
    if (this.available || this.#stop.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
    });
  }

  /** The last known status. */
  get status(): HostStatus {
    return this.#status;
  }

  /** Told when the engine comes, goes, or is another version. */
  onStatus(listener: (status: HostStatus) => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  /** The status with the free space of this moment. */
  async refreshStatus(): Promise<HostStatus> {
    let facts = this.#facts;
    if (this.available && facts !== null) {
      // What it did not tell at the start it may tell now.
      if (!facts.complete) facts = await readEngineFacts(this.#engine).catch(() => facts);
      this.#facts = facts;
      const diskFree = await diskFreeBytes(this.#engine, facts?.rootDir ?? "");
      if (this.available && facts !== null) this.#status = hostStatus({ facts, diskFree });
    }
    return this.#status;
  }

  async #follow(firstAttemptDone: () => void): Promise<void> {
    const { signal } = this.#stop;
    let delay = retryMs.first;
    while (!signal.aborted) {
      try {
        const stream = await this.#connectInTime();
        firstAttemptDone();
        const openedAt = performance.now();
        await this.#untilBroken(stream);
        // A proxy may have cut a stream that was silent: only if no other can be opened is the
        // engine away. A stream that keeps breaking at once is opened less and less often.
        if (performance.now() - openedAt > steadyMs) {
          delay = retryMs.first;
          continue;
        }
      } catch (error) {
        this.#lost(error);
      }
      firstAttemptDone();
      await sleep(delay, undefined, { signal }).catch(() => {});
      delay = Math.min(delay * 2, retryMs.last);
    }
  }

  /** An engine that accepts connections and never answers counts as not there. */
  async #connectInTime(): Promise<EventStream> {
    const giveUp = new AbortController();
    const { signal } = giveUp;
    const timer = setTimeout(
      () => giveUp.abort(new Error(`nothing complete within ${connectTimeoutMs / 1000} s`)),
      connectTimeoutMs,
    );
    // No AbortSignal.any(): the signal of the whole life would keep a trace of each attempt.
    const stop = () => giveUp.abort(this.#stop.signal.reason);
    this.#stop.signal.addEventListener("abort", stop);
    if (this.#stop.signal.aborted) stop();
    const given = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    try {
      return await Promise.race([this.#connect(signal), given]);
    } finally {
      clearTimeout(timer);
      this.#stop.signal.removeEventListener("abort", stop);
    }
  }

  /** Events first, then the list: what happens in between is seen twice rather than never. */
  async #connect(signal: AbortSignal): Promise<EventStream> {
    const stream = await openEvents(this.#engine, signal, (event) =>
      this.#inventory.noteEvent(event),
    );
    this.#stream = stream;
    try {
      this.#facts = await readEngineFacts(this.#engine);
      await this.#inventory.resync();
      const diskFree = await diskFreeBytes(this.#engine, this.#facts.rootDir);
      signal.throwIfAborted();
      this.#setStatus(hostStatus({ facts: this.#facts, diskFree }));
      this.#log.info("Watching the Docker Engine", {
        engine: this.#engine.host,
        version: this.#facts.dockerVersion,
        containers: this.#inventory.snapshot().length,
      });
      if (this.#facts.podman) {
        this.#log.warn(
          `This engine is Podman ${this.#facts.dockerVersion}: what works with it, and what is refused, is in docs/engines.md.`,
        );
      }
      return stream;
    } catch (error) {
      stream.close();
      throw error;
    }
  }

  /** Resolves when the stream is over. Throws where the engine answers nothing else, either. */
  async #untilBroken(stream: EventStream): Promise<void> {
    let gone: unknown = null;
    // A stopped engine keeps its connections open and says nothing on them.
    const watchdog = setInterval(() => {
      this.#ping().catch((error) => {
        gone = error;
        stream.close();
      });
    }, pingEveryMs);
    try {
      await stream.ended;
    } finally {
      clearInterval(watchdog);
      this.#inventory.unfollowed();
      stream.close();
      this.#stream = null;
    }
    if (gone !== null) throw gone;
  }

  async #ping(): Promise<void> {
    try {
      await this.#engine.docker.ping();
    } catch (error) {
      const kind = engineErrorKind(error);
      if (kind !== "engine") throw error;
    }
  }

  #lost(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    const kind = engineErrorKind(error);
    const { host } = this.#engine;
    const sentence =
      kind === "engine"
        ? `The Docker Engine at ${host} answered with an error: ${engineMessage(error)}${tlsHint(host, error)}`
        : unavailableSentence(host, error);
    if (this.#status.engineError !== sentence) {
      this.#log.warn(sentence, error instanceof Error ? { cause: error.message } : {});
    }
    this.#setStatus(hostStatus({ error: sentence, facts: this.#facts }));
  }

  #setStatus(status: HostStatus): void {
    const changed =
      status.engineAvailable !== this.#status.engineAvailable ||
      status.engineError !== this.#status.engineError ||
      status.dockerVersion !== this.#status.dockerVersion;
    this.#status = status;
    if (status.engineAvailable) for (const wake of this.#waiting) wake();
    if (!changed) return;
    for (const listener of this.#statusListeners) listener(status);
  }
}

/** An engine that expects TLS answers plain HTTP with this status, which no other first answer has. */
function tlsHint(host: string, error: unknown): string {
  return statusOf(error) === 400 && !host.startsWith("unix:")
    ? " If it expects TLS, set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH."
    : "";
}
