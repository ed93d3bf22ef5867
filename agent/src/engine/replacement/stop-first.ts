import { timed } from "../../current-command.ts";
import type { Engine } from "../client.ts";
import {
  type NextContainer,
  pauseContainer,
  rename,
  renameAway,
  startContainer,
  stopContainer,
} from "../container/steps.ts";
import { watchContainer } from "../container/watch.ts";
import { failureOf } from "../failure.ts";
import { inspectContainer } from "../inspection.ts";
import { exitFailure } from "../logs/exit-failure.ts";
import {
  type Exchange,
  obtainNext,
  pausesNext,
  restoreNextRestartPolicy,
  suspendRestartPolicy,
} from "./exchange.ts";

/**
 * Is told about the next container. Mostly this is before the exchange is complete, so it may still be
 * undone.
 */
export interface NextListener {
  /** it exists, and has not been started */
  created(containerId: string): void;
  started(containerId: string): void;
}

export interface StopFirstOptions {
  createFrom: NextContainer | null;
  /** the next container is to run */
  starts: boolean;
  startsDuringCleanup?: boolean;
  /** Is told that the next container exists; nothing that runs is changed before this resolves. */
  obtained(nextId: string): Promise<void>;
  /** Announces a step; nothing of it happens before this resolves. */
  reach(step: "rename" | "switch", nextId: string): Promise<void>;
  progress(message: string): void;
  listener?: NextListener | undefined;
}

/**
 * Exchanges two containers of which only one may run at a time.
 * @returns the milliseconds from the stop signal to the next one's start, null where no container ran before
 */
export async function stopFirst(
  engine: Engine,
  exchange: Exchange,
  options: StopFirstOptions,
): Promise<number | null> {
  const { createFrom, starts, startsDuringCleanup = false, progress, listener } = options;
  const { obtained, reach } = options;
  const nextId = await obtainNext(engine, exchange, createFrom);
  await obtained(nextId);
  // Both have to be complete before anything is undone.
  const [reaching, suspending] = await Promise.allSettled([
    reach("rename", nextId),
    suspendRestartPolicy(engine, exchange),
  ]);
  if (reaching.status === "rejected") throw reaching.reason;
  if (suspending.status === "rejected") throw suspending.reason;
  const { previous } = exchange;
  // Not earlier: with its restart policy, the engine could start it again after it has ended.
  const watching =
    startsDuringCleanup && starts && suspending.value ? watchEnd(engine, exchange) : null;
  let downtimeMs: number | null;
  try {
    if (previous !== null) await renameAway(engine, previous.id, exchange.previousName);
    await reach("switch", nextId);
    const ended = (await watching)?.ended ?? null;
    downtimeMs = await switchOver(engine, exchange, nextId, { starts, ended, progress, listener });
  } finally {
    void watching?.then((watch) => watch?.close());
  }
  if (!suspending.value) await suspendRestartPolicy(engine, exchange);
  return downtimeMs;
}

/** Waits for the end of the previous container's process, which the engine reports before it has cleaned up. */
async function watchEnd(
  engine: Engine,
  { previous }: Exchange,
): Promise<{ ended: Promise<void>; close(): void } | null> {
  if (!previous?.running) return null;
  const watch = await watchContainer(engine, previous.id).catch(() => null);
  if (watch === null) return null;
  const ended = watch.verdict.then(({ kind }) =>
    kind === "died" ? undefined : new Promise<void>(() => undefined),
  );
  return { ended, close: () => watch.close() };
}

export interface SwitchOptions {
  starts: boolean;
  progress(message: string): void;
  listener?: NextListener | undefined;
  /** resolves when the next one may start, where that is before the stop request is answered */
  ended?: Promise<void> | null;
}

/** Stops the previous container, gives the service's name to the next one and starts that. */
export async function switchOver(
  engine: Engine,
  exchange: Exchange,
  nextId: string,
  { starts, progress, listener, ended = null }: SwitchOptions,
): Promise<number | null> {
  const { name, previous } = exchange;
  const stoppedAt = performance.now();
  const stopped = previous?.running ? stopPrevious(engine, exchange) : Promise.resolve();
  const named = rename(engine, nextId, name).then(() => restoreNextRestartPolicy(engine, exchange));
  let downtimeMs: number;
  try {
    await Promise.all([named, ended === null ? stopped : Promise.race([stopped, ended])]);
    if (previous?.running) progress("The previous container has stopped.");
    if (starts) await startNext(engine, exchange, nextId);
    downtimeMs = Math.round(performance.now() - stoppedAt);
  } finally {
    // An undo must not begin while requests are still under way.
    await Promise.allSettled([stopped, named]);
  }
  await stopped;
  if (!starts) return null;
  if (pausesNext(exchange)) await pauseContainer(engine, nextId);
  else listener?.started(nextId);
  return previous?.running ? downtimeMs : null;
}

/** Words for the two containers of an exchange, and for the exchange itself, in messages. */
export function wordsFor({ next }: Exchange): { next: string; previous: string; work: string } {
  return next.from === "kept"
    ? { next: "previous container", previous: "new container", work: "rollback" }
    : { next: "new container", previous: "previous container", work: "deploy" };
}

export async function stopPrevious(engine: Engine, exchange: Exchange): Promise<void> {
  if (exchange.previous === null) return;
  try {
    const { id, stopLimitMs } = exchange.previous;
    await timed("stop", () => stopContainer(engine, id, stopLimitMs));
  } catch (error) {
    const sentence = `The ${wordsFor(exchange).previous} of ${exchange.name} does not stop`;
    throw failureOf(engine, error, "stop_failed", sentence);
  }
}

export async function startNext(engine: Engine, exchange: Exchange, nextId: string): Promise<void> {
  try {
    await timed("start", () => startContainer(engine, nextId));
  } catch (error) {
    const sentence = `The ${wordsFor(exchange).next} of ${exchange.name} does not start`;
    const failure = failureOf(engine, error, "start_failed", sentence);
    const container = await inspectContainer(engine, nextId).catch(() => null);
    if (container === null) throw failure;
    throw await exitFailure(engine, container, failure.code, failure.message);
  }
}
