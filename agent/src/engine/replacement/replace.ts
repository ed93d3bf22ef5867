import type { DeployOrder, RunResult } from "@bridgeport/proto";
import { type CommandContext, CommandFailure } from "../../command.ts";
import type { Engine } from "../client.ts";
import { withImageDefaults } from "../container/image-defaults.ts";
import {
  completeNetworks,
  type NextContainer,
  pauseContainer,
  rename,
  renameAway,
  startContainer,
  stopContainer,
} from "../container/steps.ts";
import { watchContainer } from "../container/watch.ts";
import { endOf, failureOf, failureToUndo, throwIfAborted } from "../failure.ts";
import { awaitHealthy } from "../health/await-healthy.ts";
import { gateTimeoutMs } from "../health/gate.ts";
import { moveComposeTag } from "../images/compose-tag.ts";
import { isImageOf, parseDigestReference } from "../images/images.ts";
import { inspectContainer } from "../inspection.ts";
import { exitFailure } from "../logs/exit-failure.ts";
import type { IsSelf } from "../self.ts";
import { recreateDependents } from "./dependents.ts";
import { createNext, disarmPrevious, type Exchange, swapNames } from "./exchange.ts";
import { removeLeftovers } from "./leftovers.ts";
import {
  type Dependent,
  planReplacement,
  type ReplacementPlan,
  type ReplacementRequest,
  wrongImage,
} from "./plan.ts";
import { namedWhileBeside, unnamedBeside } from "./side-by-side.ts";
import { takeTurns } from "./turns.ts";
import { undoReplacement } from "./undo.ts";

/**
 * Replacing one container, as a transaction. Each phase is in the journal before the change that it
 * announces; replace-recovery.ts knows what to do after a crash in each.
 *
 *   stop-first   prepare   create the new container under a temporary name
 *                rename    the old one takes its kept name
 *                switch    the new one takes the service's; stop the old one, start the new one
 *                          (this is the downtime)
 *                verify    the new one runs the image that it should
 *   start-first  prepare   create the new container, without the names that others find it by
 *                beside    start it and wait until it is healthy
 *                switch    it takes over all names, then the old one stops
 *                verify    as above
 *   both         dependents   containers that live in this one's namespaces are made anew
 *                undo         whatever was reached is taken back
 */
export interface PrepareData {
  exchange: Exchange;
  order: DeployOrder;
  starts: boolean;
  dependents: Dependent[];
}

/** Hears of the new container, mostly before the replacement is over, which may still be undone. */
export interface NextListener {
  /** it is there, and has not been started */
  created(containerId: string): void;
  started(containerId: string): void;
}

export interface ReplacementOptions {
  dryRun?: boolean;
  listener?: NextListener | undefined;
}

/** Replaces or creates the service's container; a dry run tells what would change and touches nothing. */
export async function replaceContainer(
  engine: Engine,
  command: ReplacementRequest,
  context: CommandContext,
  isSelf: IsSelf,
  { dryRun = false, listener }: ReplacementOptions = {},
): Promise<RunResult> {
  const { containerName: name } = command;
  let names = [name];
  for (;;) {
    const release = await takeTurns(engine, names, context, `The deploy of ${name}`);
    try {
      const plan = await look(engine, command, context, isSelf);
      if (dryRun) return outcome(plan, command, null, { running: plan.starts, downtimeMs: null });
      const needed = [name, ...plan.dependents.map((dependent) => dependent.name)];
      if (needed.every((one) => names.includes(one))) {
        return await replace(engine, command, context, plan, listener);
      }
      // With what they need too, everything is looked at again: it may have changed meanwhile.
      names = needed;
    } finally {
      release();
    }
  }
}

async function look(
  engine: Engine,
  command: ReplacementRequest,
  context: CommandContext,
  isSelf: IsSelf,
): Promise<ReplacementPlan> {
  try {
    return await planReplacement(engine, command, context, isSelf);
  } catch (error) {
    const sentence = `The container ${command.containerName} could not be inspected`;
    throw failureOf(engine, error, "engine_error", sentence);
  }
}

async function replace(
  engine: Engine,
  command: ReplacementRequest,
  context: CommandContext,
  plan: ReplacementPlan,
  listener: NextListener | undefined,
): Promise<RunResult> {
  const { exchange, config, apiVersion, platform, order } = plan;
  const prepared: PrepareData = {
    ...{ exchange, order, starts: plan.starts },
    dependents: plan.dependents,
  };
  const reached: Reached = { nextId: null, downtimeMs: null };
  try {
    await context.phase("prepare", { ...prepared });
    const next = { body: config.body, networks: config.networks, apiVersion, platform };
    if (order === "stop-first") {
      await stopFirst(engine, context, plan, next, reached, listener);
    } else {
      await startFirst(engine, command, context, plan, next, reached);
    }
    const result = await completeReplacement(engine, command, context, plan, reached);
    // Paused, it has nothing to say.
    if (result.running && !exchange.previous?.paused) listener?.started(result.containerId);
    return result;
  } catch (error) {
    const failure = failureToUndo(
      engine,
      error,
      "engine_error",
      `The container ${command.containerName} could not be replaced`,
    );
    const undo = { ...prepared, nextId: reached.nextId, apiVersion };
    throw await undoReplacement(engine, context, undo, failure);
  }
}

export interface Reached {
  nextId: string | null;
  /** null: nothing was running before, or it has not been measured */
  downtimeMs: number | null;
}

async function stopFirst(
  engine: Engine,
  context: CommandContext,
  { exchange, closely, starts }: ReplacementPlan,
  next: NextContainer,
  reached: Reached,
  listener: NextListener | undefined,
): Promise<void> {
  const created = createNext(engine, exchange, next);
  const disarmed = disarmPrevious(engine, exchange);
  // Both are over before anything may be undone.
  const [creation, disarming] = await Promise.allSettled([created, disarmed]);
  if (creation.status === "fulfilled") reached.nextId = creation.value;
  if (creation.status === "rejected") throw creation.reason;
  if (disarming.status === "rejected") throw disarming.reason;
  const nextId = creation.value;
  listener?.created(nextId);
  throwIfAborted(context.signal, context.deadlineAt, `The deploy of ${exchange.name}`);
  await context.phase("rename", { nextId });
  const { previous } = exchange;
  if (!starts) {
    context.progress("The container was stopped, and so is the new one: nothing is started.");
    return await swapNames(engine, exchange, nextId);
  }
  // Only now, as an end before it was disarmed need not have been its last.
  const watching = closely && disarming.value ? watchEnd(engine, exchange) : null;
  try {
    if (previous !== null) await renameAway(engine, previous.id, exchange.keptName);
    throwIfAborted(context.signal, context.deadlineAt, `The deploy of ${exchange.name}`);
    await context.phase("switch", { nextId });
    const ended = (await watching)?.ended ?? null;
    reached.downtimeMs = await switchOver(engine, context, exchange, nextId, { listener, ended });
  } finally {
    void watching?.then((watch) => watch?.close());
  }
  if (!disarming.value) await disarmPrevious(engine, exchange);
}

/** The end of the previous container's process, of which the engine tells before it has cleared up. */
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
  return { ended, close: watch.close };
}

/**
 * Stops the previous container, gives its name to the new one and starts that.
 * @param ended resolves when the new one may start, if that is before the stop is over
 * @returns the milliseconds from the stop signal to the new one's start, null where nothing ran before
 */
export async function switchOver(
  engine: Engine,
  context: CommandContext,
  exchange: Exchange,
  nextId: string,
  {
    listener,
    ended = null,
  }: { listener?: NextListener | undefined; ended?: Promise<void> | null } = {},
): Promise<number | null> {
  const { name, previous } = exchange;
  const stoppedAt = performance.now();
  const stopped = previous?.running ? stopPrevious(engine, exchange) : Promise.resolve();
  const named = rename(engine, nextId, name);
  let downtimeMs: number;
  try {
    await Promise.all([named, ended === null ? stopped : Promise.race([stopped, ended])]);
    if (previous?.running) context.progress("The previous container has stopped.");
    await startNext(engine, name, nextId);
    downtimeMs = Math.round(performance.now() - stoppedAt);
  } finally {
    // Nothing is undone while something is still being done.
    await Promise.allSettled([stopped, named]);
  }
  await stopped;
  if (previous?.paused) await pauseContainer(engine, nextId);
  else listener?.started(nextId);
  return previous?.running ? downtimeMs : null;
}

async function stopPrevious(engine: Engine, { name, previous }: Exchange): Promise<void> {
  if (previous === null) return;
  try {
    await stopContainer(engine, previous.id);
  } catch (error) {
    const sentence = `The previous container of ${name} does not stop`;
    throw failureOf(engine, error, "stop_failed", sentence);
  }
}

async function startNext(engine: Engine, name: string, nextId: string): Promise<void> {
  try {
    await startContainer(engine, nextId);
  } catch (error) {
    const failure = failureOf(
      engine,
      error,
      "start_failed",
      `The new container of ${name} does not start`,
    );
    const container = await inspectContainer(engine, nextId).catch(() => null);
    if (container === null) throw failure;
    throw await exitFailure(engine, container, failure.code, failure.message);
  }
}

async function startFirst(
  engine: Engine,
  command: ReplacementRequest,
  context: CommandContext,
  { exchange }: ReplacementPlan,
  next: NextContainer,
  reached: Reached,
): Promise<void> {
  const nextId = await createNext(engine, exchange, {
    ...next,
    networks: unnamedBeside(next.networks),
  });
  reached.nextId = nextId;
  await context.phase("beside", { nextId });
  await startNext(engine, exchange.name, nextId);
  const healthy = () => awaitHealthy(engine, nextId, exchange.name, command.gate, context);
  await healthy();
  await context.phase("switch", { nextId });
  await takeOver(engine, exchange, next, nextId, healthy);
  reached.downtimeMs = 0;
}

/**
 * The new container answers to all names before the old one is told to stop, and passes its gate
 * (`healthy`) again where it had to leave a network for that.
 */
export async function takeOver(
  engine: Engine,
  exchange: Exchange,
  { networks }: Pick<NextContainer, "networks">,
  nextId: string,
  healthy: () => Promise<unknown>,
): Promise<void> {
  const disarmed = await disarmPrevious(engine, exchange);
  const { endpoints } = namedWhileBeside(networks, exchange.name);
  if (await completeNetworks(engine, nextId, endpoints)) await healthy();
  await swapNames(engine, exchange, nextId);
  if (exchange.previous === null) return;
  await stopPrevious(engine, exchange);
  try {
    if (!disarmed) await disarmPrevious(engine, exchange);
    if (exchange.previous.paused) await pauseContainer(engine, nextId);
  } catch (error) {
    const sentence = `The previous container of ${exchange.name} does not stop`;
    throw failureOf(engine, error, "stop_failed", sentence);
  }
}

/** From the moment that the new container has taken over: proof, dependents, and what is left of earlier runs. */
export async function completeReplacement(
  engine: Engine,
  command: ReplacementRequest,
  context: CommandContext,
  plan: ReplacementPlan,
  { nextId, downtimeMs }: Reached,
): Promise<RunResult> {
  if (nextId === null) throw new Error("A replacement without a new container cannot be complete.");
  await context.phase("verify", { nextId, downtimeMs });
  const running = await verify(engine, command, plan, nextId);
  const recreated = await recreateDependents(engine, context, plan.dependents, plan.apiVersion);
  await removeLeftovers(engine, context, plan.survey, plan.exchange);
  await moveComposeTag(engine, context, plan.config.body, plan.newImage.Id);
  return outcome(plan, command, nextId, { running, downtimeMs }, recreated);
}

/** Whether the new container runs, and the right image: asked of the engine, never concluded. */
async function verify(
  engine: Engine,
  command: ReplacementRequest,
  { exchange, newImage, starts }: ReplacementPlan,
  nextId: string,
): Promise<boolean> {
  const container = await inspectContainer(engine, nextId);
  if (container === null) {
    throw new CommandFailure(
      "start_failed",
      `The new container of ${exchange.name} disappeared as soon as it was started.`,
    );
  }
  const { digest } = parseDigestReference(command.reference);
  const isRight =
    container.Image === newImage.Id ||
    isImageOf({ Id: container.Image }, digest, command.expectedImageIds);
  if (!isRight) throw wrongImage(command.reference, { Id: container.Image });
  const { Running: running, Restarting: restarting } = container.State;
  if (starts && (!running || restarting)) {
    throw await exitFailure(
      engine,
      container,
      "exited",
      `The new container of ${exchange.name} ${endOf(container)} as soon as it was started.`,
    );
  }
  return running;
}

function outcome(
  { exchange, config, newImage, dependents }: ReplacementPlan,
  { gate }: ReplacementRequest,
  nextId: string | null,
  { running, downtimeMs }: { running: boolean; downtimeMs: number | null },
  recreated: string[] = dependents.map(({ name }) => name),
): RunResult {
  return {
    kind: "run",
    containerId: nextId ?? "",
    imageId: newImage.Id,
    previousContainerId: exchange.previous?.id ?? null,
    previousImageId: exchange.previous?.imageId ?? null,
    downtimeMs,
    spec: { ...config.body },
    changes: config.changes,
    running,
    recreatedDependents: recreated,
    gateTimeoutMs: gateTimeoutMs(gate, withImageDefaults(config.body, newImage.Config ?? {})),
  };
}
