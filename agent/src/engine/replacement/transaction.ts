import type { HealthGate, ProbeResult } from "@bridgeport/proto";
import { type CommandContext, CommandFailure } from "../../command.ts";
import type { Engine } from "../client.ts";
import { type NextContainer, startContainer } from "../container/steps.ts";
import { endOf, failureToUndo, throwIfAborted } from "../failure.ts";
import { awaitHealthy } from "../health/await-healthy.ts";
import { type ContainerInspection, inspectContainer } from "../inspection.ts";
import { exitFailure } from "../logs/exit-failure.ts";
import { recreateDependents, settleDependents, undoDependents } from "./dependents.ts";
import { disarmPrevious, type Exchange, findNext, swapNames } from "./exchange.ts";
import { enter, type Prepared, type Progress } from "./phases.ts";
import { startFirst, takeOver } from "./start-first.ts";
import { type NextListener, stopFirst, switchOver, wordsFor } from "./stop-first.ts";
import { undoReached } from "./undo.ts";

/**
 * One container takes the place of another, as a transaction: whatever happens, either the next one
 * runs in the end or the previous one does. Each phase is in the journal before the change that it
 * announces; `endings` in phases.ts says what an error and what a crash makes of each.
 *
 *   stop-first   prepare   the next container is created under a temporary name, or kept already
 *                rename    the previous one gives its name away
 *                switch    the next one takes it; stop the previous one, start the next one
 *                          (this is the downtime)
 *                verify    the next one is, and runs, what it should
 *   start-first  prepare   the next container is created without the names that others find it by
 *                beside    start it and wait until it is healthy
 *                switch    it takes over all names, then the previous one stops
 *                verify    as above
 *   both         dependents   containers that live in this one's namespaces are re-created
 *                undo         whatever was reached is taken back
 */
export interface Means {
  /** what the next container is created from; null: it is kept */
  make: NextContainer | null;
  apiVersion: string;
  /** what start-first waits for */
  gate: HealthGate;
  /** the next one may start while the engine still clears up after the previous one */
  closely: boolean;
  /** Throws where this is not what was to run. */
  accept(next: ContainerInspection): void;
  listener?: NextListener | undefined;
}

/** What a transaction has come to. */
export interface Exchanged {
  /** the next container, as it is now */
  container: ContainerInspection;
  /** null: nothing was running before, or it has not been measured */
  downtimeMs: number | null;
  /** names of dependents that were re-created */
  recreated: string[];
}

interface Reached {
  nextId: string | null;
  downtimeMs: number | null;
}

/** Carries out what `prepared` says, or takes all of it back and throws why. */
export async function carryOut(
  engine: Engine,
  context: CommandContext,
  prepared: Prepared,
  means: Means,
): Promise<Exchanged> {
  const reached: Reached = { nextId: null, downtimeMs: null };
  try {
    await enter(context, { name: "prepare", ...prepared });
    reached.downtimeMs = await exchangeBoth(engine, context, prepared, means, (nextId) => {
      reached.nextId = nextId;
    });
    const exchanged = await complete(engine, context, prepared, means, reached);
    // One that is paused has nothing to say.
    const { State: state, Id: id } = exchanged.container;
    if (state.Running && !state.Paused) means.listener?.started(id);
    return exchanged;
  } catch (error) {
    const { name, next } = prepared.exchange;
    const what =
      next.from === "kept"
        ? `The previous container of ${name} could not be put back`
        : `The container ${name} could not be replaced`;
    const failure = failureToUndo(engine, error, "engine_error", what);
    const { apiVersion } = means;
    throw await undoReached(engine, context, { ...prepared, ...reached, apiVersion }, failure);
  }
}

/** Returns the downtime in milliseconds; null where nothing ran before. */
async function exchangeBoth(
  engine: Engine,
  context: CommandContext,
  { exchange, order, starts }: Prepared,
  { make, closely, gate, listener }: Means,
  created: (nextId: string) => void,
): Promise<number | null> {
  const reach = async (name: "rename" | "beside" | "switch", nextId: string): Promise<void> => {
    created(nextId);
    if (name === "rename") listener?.created(nextId);
    // A rollback is not cancelled half-way: that would leave what was to go.
    if (order === "stop-first" && exchange.next.from === "created") {
      throwIfAborted(context.signal, context.deadlineAt, `The deploy of ${exchange.name}`);
    }
    await enter(context, { name, nextId });
  };
  if (order === "start-first" && make !== null) {
    const healthy = healthOf(engine, context, exchange, gate);
    await startFirst(engine, exchange, { make, reach, healthy });
    return 0;
  }
  const progress = (message: string): void => context.progress(message);
  return await stopFirst(engine, exchange, { make, starts, closely, reach, progress, listener });
}

function healthOf(
  engine: Engine,
  context: CommandContext,
  { name }: Exchange,
  gate: HealthGate,
): (nextId: string) => Promise<ProbeResult> {
  return (nextId) => awaitHealthy(engine, nextId, name, gate, context);
}

/** From the moment that the next container has taken over: proof, then dependents. */
async function complete(
  engine: Engine,
  context: CommandContext,
  prepared: Prepared,
  means: Means,
  { nextId, downtimeMs }: Reached,
  /** names of dependents that are re-created already; null: none is */
  recreatedBefore: string[] | null = null,
): Promise<Exchanged> {
  if (nextId === null) throw new Error("An exchange without a next container cannot be complete.");
  await enter(context, { name: "verify", nextId, downtimeMs });
  const container = await verify(engine, prepared, means, nextId);
  const recreated =
    recreatedBefore ??
    (await recreateDependents(engine, context, prepared.dependents, means.apiVersion));
  return { container, downtimeMs, recreated };
}

/** The next container, which is the right one and runs if it is to: asked of the engine, never concluded. */
async function verify(
  engine: Engine,
  { exchange, starts }: Prepared,
  { accept }: Means,
  nextId: string,
): Promise<ContainerInspection> {
  const what = `The ${wordsFor(exchange).next} of ${exchange.name}`;
  const container = await inspectContainer(engine, nextId);
  if (container === null) {
    throw new CommandFailure("start_failed", `${what} disappeared as soon as it was started.`);
  }
  accept(container);
  // One that kept crashing before it was replaced goes back to just that.
  const crashedBefore = exchange.next.from === "kept" && exchange.next.restarting === true;
  const { Running: running, Restarting: restarting } = container.State;
  if (starts && !crashedBefore && (!running || restarting)) {
    const sentence = `${what} ${endOf(container)} as soon as it was started.`;
    throw await exitFailure(engine, container, "exited", sentence);
  }
  return container;
}

/** How often an exchange is begun that is cut off by the end of the agent or of the engine. */
const mostAttempts = 2;

/**
 * Brings an exchange that was cut off to an end, as `endings` says. Null: it is undone, and to be
 * begun once more. Throws the failure of one that stays undone.
 */
export async function recover(
  engine: Engine,
  context: CommandContext,
  progress: Progress,
  apiVersion: string,
  meansOf: (next: ContainerInspection) => Promise<Means>,
): Promise<Exchanged | null> {
  if (progress.ending === "finish")
    return await finish(engine, context, progress, apiVersion, meansOf);
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

/** Why it stays undone; null where it may be begun once more. */
function causeOf({ undone, attempts, prepared }: Progress): CommandFailure | null {
  if (undone !== null) {
    const { code, message, logLines, exitCode } = undone.failure;
    return new CommandFailure(code, message, { logLines, exitCode });
  }
  if (attempts < mostAttempts) return null;
  return new CommandFailure(
    "internal",
    `The deploy of ${prepared.exchange.name} was interrupted ${attempts} times by the end of the agent or of the Docker Engine, and has been taken back.`,
  );
}

async function finish(
  engine: Engine,
  context: CommandContext,
  progress: Progress,
  apiVersion: string,
  meansOf: (next: ContainerInspection) => Promise<Means>,
): Promise<Exchanged> {
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
    const means = await meansOf(next);
    let downtimeMs = verified?.downtimeMs ?? null;
    if (verified === null) {
      await finishSwitch(engine, context, prepared, means, nextId);
      downtimeMs = await downtimeByEngine(engine, exchange, nextId);
    }
    const recreated = await settleDependents(engine, context, dependents, apiVersion);
    return await complete(engine, context, prepared, means, { nextId, downtimeMs }, recreated);
  } catch (error) {
    const sentence = `The interrupted ${wordsFor(exchange).work} of ${exchange.name} could not be finished`;
    const failure = failureToUndo(engine, error, "engine_error", sentence);
    throw await undoReached(engine, context, { ...prepared, nextId, apiVersion }, failure);
  }
}

/** Every step again, whether or not it had been done. */
async function finishSwitch(
  engine: Engine,
  context: CommandContext,
  { exchange, order, starts }: Prepared,
  { make, gate }: Means,
  nextId: string,
): Promise<void> {
  if (order === "start-first" && make !== null) {
    await startContainer(engine, nextId);
    const healthy = healthOf(engine, context, exchange, gate);
    return await takeOver(engine, exchange, make, nextId, () => healthy(nextId));
  }
  await disarmPrevious(engine, exchange);
  await swapNames(engine, exchange, nextId);
  const progress = (message: string): void => context.progress(message);
  await switchOver(engine, exchange, nextId, { starts, progress });
  await disarmPrevious(engine, exchange);
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
