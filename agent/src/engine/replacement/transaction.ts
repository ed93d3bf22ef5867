import type { HealthGate, ProbeResult } from "@bridgeport/proto";
import { type CommandContext, CommandFailure } from "../../command.ts";
import { timed } from "../../current-command.ts";
import type { Engine } from "../client.ts";
import type { NetworkSettings } from "../container/networks.ts";
import { type NextContainer, startContainer } from "../container/steps.ts";
import { endOf, failureToUndo, throwIfAborted } from "../failure.ts";
import { awaitHealthy } from "../health/await-healthy.ts";
import { type ContainerInspection, inspectContainer } from "../inspection.ts";
import { exitFailure } from "../logs/exit-failure.ts";
import { NotAhead, permitted, unprepare } from "./ahead.ts";
import { recoverDependents, recreateDependents, undoDependents } from "./dependents.ts";
import { type Exchange, findNext, suspendRestartPolicy, swapNames } from "./exchange.ts";
import { enter, type Prepared, type Progress } from "./phases.ts";
import { startFirst, takeOver } from "./start-first.ts";
import { type NextListener, stopFirst, switchOver, wordsFor } from "./stop-first.ts";
import { undoReached } from "./undo.ts";

/*
 * One container replaces another, as a transaction: in the end either the next container runs or the
 * previous one does, also after any error or crash. Each phase is in the journal before the change that
 * it announces; `endings` in phases.ts says what follows from an error or a crash in each phase.
 *
 *   stop-first   prepare   the next container is created under a transient name; a kept one exists already.
 *                          From here on it may have to wait for its permission (ahead.ts)
 *                rename    the previous container gets another name
 *                switch    the next one gets the service's name; the previous one is stopped, the next
 *                          one started (this is the downtime)
 *                verify    the next one has the right image, and runs
 *   start-first  prepare   the next container is created without the names that clients use
 *                beside    it is started, and its health awaited
 *                switch    it gets all names, then the previous one is stopped
 *                verify    as above
 *   both         dependents   containers that live in this one's namespaces are re-created
 *                undo         everything that was done is undone
 */

/** What an exchange needs in addition to what its journal holds. */
export interface ExchangeOptions {
  /** what the next container is created from; null: it exists already, as a kept one does */
  createFrom: NextContainer | null;
  /** what a created one gets; null: it is a kept one */
  networks: NetworkSettings | null;
  apiVersion: string;
  /** the health gate of the next container, for start-first */
  gate: HealthGate;
  /** the next container may start while the engine still cleans up after the previous one */
  startsDuringCleanup: boolean;
  /** Throws if this container does not have the right image. */
  accept(next: ContainerInspection): void;
  /** how long a created container waits for the permission to go on, in milliseconds; null: it has that */
  preparedForMs?: number | null;
  listener?: NextListener | undefined;
}

/** The result of a completed exchange. */
export interface ExchangeResult {
  /** the next container, as it is now */
  container: ContainerInspection;
  /** null: no container was running before, or the time was not measured */
  downtimeMs: number | null;
  /** names of dependents that were re-created */
  recreated: string[];
}

interface Reached {
  nextId: string | null;
  downtimeMs: number | null;
}

/** Carries out a prepared exchange; if that fails, undoes all of it and throws the reason. */
export async function carryOut(
  engine: Engine,
  context: CommandContext,
  prepared: Prepared,
  options: ExchangeOptions,
): Promise<ExchangeResult> {
  const reached: Reached = { nextId: null, downtimeMs: null };
  try {
    await enter(context, { name: "prepare", ...prepared });
    reached.downtimeMs = await exchangeContainers(engine, context, prepared, options, (nextId) => {
      reached.nextId = nextId;
    });
    const exchanged = await complete(engine, context, prepared, options, reached);
    // A paused container passes no gate, so the listener has nothing to begin.
    const { State: state, Id: id } = exchanged.container;
    if (state.Running && !state.Paused) options.listener?.started(id);
    return exchanged;
  } catch (thrown) {
    const { name, next } = prepared.exchange;
    const { apiVersion } = options;
    const isAhead = (options.preparedForMs ?? null) !== null;
    const notCreated = isAhead && reached.nextId === null && !context.signal.aborted;
    const error =
      thrown instanceof NotAhead || notCreated
        ? await unprepare(engine, context, prepared.exchange, { ...reached, apiVersion }, thrown)
        : thrown;
    if (error instanceof NotAhead) throw error;
    const what =
      next.from === "kept"
        ? `The previous container of ${name} could not be put back`
        : `The container ${name} could not be replaced`;
    const failure = failureToUndo(engine, error, "engine_error", what);
    throw await undoReached(engine, context, { ...prepared, ...reached, apiVersion }, failure);
  }
}

/** Returns the downtime in milliseconds; null where no container ran before. */
async function exchangeContainers(
  engine: Engine,
  context: CommandContext,
  { exchange, order, starts }: Prepared,
  { createFrom, startsDuringCleanup, gate, preparedForMs, listener }: ExchangeOptions,
  created: (nextId: string) => void,
): Promise<number | null> {
  const obtained = async (nextId: string): Promise<void> => {
    created(nextId);
    if (order === "stop-first") listener?.created(nextId);
    await permitted(context, exchange.name, preparedForMs);
  };
  const reach = async (name: "rename" | "beside" | "switch", nextId: string): Promise<void> => {
    // A rollback is not cancelled half-way: the container that it replaces would stay.
    if (order === "stop-first" && exchange.next.from === "created") {
      throwIfAborted(context.signal, context.deadlineAt, `The deploy of ${exchange.name}`);
    }
    await enter(context, { name, nextId });
  };
  if (order === "start-first" && createFrom !== null) {
    const healthy = healthOf(engine, context, exchange, gate);
    await startFirst(engine, exchange, { createFrom, obtained, reach, healthy });
    return 0;
  }
  const progress = (message: string): void => context.progress(message);
  return await stopFirst(engine, exchange, {
    createFrom,
    starts,
    startsDuringCleanup,
    obtained,
    reach,
    progress,
    listener,
  });
}

function healthOf(
  engine: Engine,
  context: CommandContext,
  { name }: Exchange,
  gate: HealthGate,
): (nextId: string) => Promise<ProbeResult> {
  return (nextId) => timed("health", () => awaitHealthy(engine, nextId, name, gate, context));
}

/** After the switch: verifies the next container, then re-creates dependents. */
async function complete(
  engine: Engine,
  context: CommandContext,
  prepared: Prepared,
  options: ExchangeOptions,
  { nextId, downtimeMs }: Reached,
  /** names of dependents that have been re-created already; null: that is still to be done */
  recreatedBefore: string[] | null = null,
): Promise<ExchangeResult> {
  if (nextId === null) throw new Error("An exchange without a next container cannot be complete.");
  await enter(context, { name: "verify", nextId, downtimeMs });
  const container = await verify(engine, prepared, options, nextId);
  const recreated =
    recreatedBefore ??
    (await recreateDependents(engine, context, prepared.dependents, options.apiVersion));
  return { container, downtimeMs, recreated };
}

/**
 * The next container as the engine describes it now. Throws if it is not the right one, or does not run
 * although it should.
 */
async function verify(
  engine: Engine,
  { exchange, starts }: Prepared,
  { accept }: ExchangeOptions,
  nextId: string,
): Promise<ContainerInspection> {
  const what = `The ${wordsFor(exchange).next} of ${exchange.name}`;
  const container = await inspectContainer(engine, nextId);
  if (container === null) {
    throw new CommandFailure("start_failed", `${what} disappeared as soon as it was started.`);
  }
  accept(container);
  // A kept container that was crashing before it was replaced may crash again: that is its previous state.
  const crashedBefore = exchange.next.from === "kept" && exchange.next.restarting === true;
  const { Running: running, Restarting: restarting } = container.State;
  if (starts && !crashedBefore && (!running || restarting)) {
    const sentence = `${what} ${endOf(container)} as soon as it was started.`;
    throw await exitFailure(engine, container, "exited", sentence);
  }
  return container;
}

/** How often an exchange is attempted that the end of the agent or of the engine interrupts. */
const maxAttempts = 2;

/**
 * Finishes or undoes an interrupted exchange, as `endings` says. Null: it is undone and has to be
 * attempted once more. Throws the failure of an exchange that stays undone.
 */
export async function recover(
  engine: Engine,
  context: CommandContext,
  progress: Progress,
  apiVersion: string,
  optionsFor: (next: ContainerInspection) => Promise<ExchangeOptions>,
): Promise<ExchangeResult | null> {
  if (progress.ending === "finish")
    return await finish(engine, context, progress, apiVersion, optionsFor);
  const { prepared, dependents, nextId } = progress;
  const { name } = prepared.exchange;
  const cause = causeOf(progress);
  const assumed = cause ?? new CommandFailure("internal", `The deploy of ${name} was interrupted.`);
  let failure = assumed;
  if (dependents !== null && !dependents.done) {
    failure = await undoDependents(engine, dependents, apiVersion, failure);
  }
  failure = await undoReached(engine, context, { ...prepared, nextId, apiVersion }, failure);
  if (failure !== assumed || cause !== null) throw failure;
  return null;
}

/** Why it stays undone; null where it may be attempted once more. */
function causeOf({ undone, attempts, prepared }: Progress): CommandFailure | null {
  if (undone !== null) {
    const { code, message, logLines, exitCode } = undone.failure;
    return new CommandFailure(code, message, { logLines, exitCode });
  }
  if (attempts < maxAttempts) return null;
  return new CommandFailure(
    "internal",
    `The deploy of ${prepared.exchange.name} was interrupted ${attempts} times by the end of the agent or of the Docker Engine, and was undone.`,
  );
}

async function finish(
  engine: Engine,
  context: CommandContext,
  progress: Progress,
  apiVersion: string,
  optionsFor: (next: ContainerInspection) => Promise<ExchangeOptions>,
): Promise<ExchangeResult> {
  const { prepared, verified, dependents } = progress;
  const { exchange } = prepared;
  let { nextId } = progress;
  try {
    const next = await findNext(engine, exchange, nextId);
    if (next === null) {
      throw new CommandFailure(
        "start_failed",
        `The ${wordsFor(exchange).next} of ${exchange.name} was removed on the server while the agent was away.`,
      );
    }
    nextId = next.Id;
    const options = await optionsFor(next);
    let downtimeMs = verified?.downtimeMs ?? null;
    if (verified === null) {
      await finishSwitch(engine, context, prepared, options, nextId);
      downtimeMs = await downtimeByEngine(engine, exchange, nextId);
    }
    const recreated = await recoverDependents(engine, context, dependents, apiVersion);
    return await complete(engine, context, prepared, options, { nextId, downtimeMs }, recreated);
  } catch (error) {
    const sentence = `The interrupted ${wordsFor(exchange).work} of ${exchange.name} could not be finished`;
    const failure = failureToUndo(engine, error, "engine_error", sentence);
    throw await undoReached(engine, context, { ...prepared, nextId, apiVersion }, failure);
  }
}

/** Repeats every step of the switch, as it is not known which were done. */
async function finishSwitch(
  engine: Engine,
  context: CommandContext,
  { exchange, order, starts }: Prepared,
  { networks, gate }: ExchangeOptions,
  nextId: string,
): Promise<void> {
  if (order === "start-first" && networks !== null) {
    await startContainer(engine, nextId);
    const healthy = healthOf(engine, context, exchange, gate);
    return await takeOver(engine, exchange, { networks }, nextId, () => healthy(nextId));
  }
  await suspendRestartPolicy(engine, exchange);
  await swapNames(engine, exchange, nextId);
  const progress = (message: string): void => context.progress(message);
  await switchOver(engine, exchange, nextId, { starts, progress });
  await suspendRestartPolicy(engine, exchange);
}

/** From the end of the previous container to the start of the next one, by the engine's own clock. */
async function downtimeByEngine(
  engine: Engine,
  { previous: record }: Exchange,
  nextId: string,
): Promise<number | null> {
  if (!record?.running) return null;
  const [previous, next] = await Promise.all([
    inspectContainer(engine, record.id),
    inspectContainer(engine, nextId),
  ]);
  if (previous === null || next === null) return null;
  const gap = Date.parse(next.State.StartedAt) - Date.parse(previous.State.FinishedAt);
  return Number.isFinite(gap) ? Math.max(gap, 0) : null;
}
