import { type CommandContext, CommandFailure } from "../../command.ts";
import type { Engine } from "../client.ts";
import { pauseContainer, removeKept, startContainer, stopContainer } from "../container/steps.ts";
import { lastingNames, surveyContainers } from "../container/survey.ts";
import { failureToUndo } from "../failure.ts";
import {
  type ContainerInspection,
  type ImageInspection,
  inspectContainer,
  inspectImage,
} from "../inspection.ts";
import { keptName, nextName } from "../names.ts";
import {
  createNext,
  disarmPrevious,
  type Exchange,
  swapNames,
  undoExchange,
  undoFailure,
} from "./exchange.ts";
import {
  configOfSuccessor,
  type Dependent,
  previousContainer,
  sameImageReference,
} from "./plan.ts";

/** What the journal holds while dependents are made anew. */
export interface DependentsData {
  exchanges: Exchange[];
}

/** How far that has come. */
export interface DependentsJournal extends DependentsData {
  /** of new containers that may have their names already, by name */
  nextIds: ReadonlyMap<string, string>;
  done: boolean;
}

/**
 * Makes containers anew that live in the namespaces of one that was just replaced, with their own
 * image and settings: their references then lead to the new one. If one cannot be, all of them
 * are put back before the failure is thrown. Returns their names.
 */
export async function recreateDependents(
  engine: Engine,
  context: CommandContext,
  dependents: readonly Dependent[],
  apiVersion: string,
): Promise<string[]> {
  if (dependents.length === 0) return [];
  const survey = await surveyContainers(engine);
  const found = await lookAt(engine, dependents);
  const exchanges: Exchange[] = [];
  for (const { container, image, name, running } of found) {
    const previous = await previousContainer(engine, container, image, apiVersion, survey);
    exchanges.push({
      name,
      nextName: nextName(name, context.commandId),
      keptName: keptName(name, context.commandId),
      previous: { ...previous, running },
    });
  }
  await context.phase("dependents", { exchanges } satisfies DependentsData & object);
  const names = lastingNames(survey);
  const nextIds = new Map<string, string>();
  const created = async (name: string, id: string): Promise<void> => {
    nextIds.set(name, id);
    await context.phase("dependent", { name, id });
  };
  try {
    for (const [index, exchange] of exchanges.entries()) {
      const dependent = found[index];
      if (dependent === undefined) continue;
      context.progress(`Making ${exchange.name} anew, which depends on this container.`);
      await recreate(engine, exchange, dependent, { names, apiVersion, created });
    }
    await context.phase("dependents-done", {});
  } catch (error) {
    const failure = failureToUndo(
      engine,
      error,
      "start_failed",
      "A container that depends on this one could not be made anew",
    );
    throw await undoDependents(engine, { exchanges, nextIds }, apiVersion, failure);
  }
  return await removeReplaced(engine, context, exchanges);
}

/** What they were lead to a container that is gone: nothing could be done with that any more. */
async function removeReplaced(
  engine: Engine,
  context: CommandContext,
  exchanges: readonly Exchange[],
): Promise<string[]> {
  for (const { previous, keptName: kept } of exchanges) {
    if (previous === null) continue;
    await removeKept(engine, previous.id).catch(() => {
      context.progress(`${kept} could not be removed, and goes with the next deploy.`);
    });
  }
  return exchanges.map(({ name }) => name);
}

/**
 * Goes on where the re-creation of dependents was cut off. Returns the names of those that are made
 * anew; null where that is still to be done, from the beginning: what was half done is taken back.
 */
export async function settleDependents(
  engine: Engine,
  context: CommandContext,
  cutOff: DependentsJournal | null,
  apiVersion: string,
): Promise<string[] | null> {
  if (cutOff === null) return null;
  if (cutOff.done) return await removeReplaced(engine, context, cutOff.exchanges);
  const interrupted = new CommandFailure("internal", "Interrupted.");
  const failure = await undoDependents(engine, cutOff, apiVersion, interrupted);
  if (failure !== interrupted) throw failure;
  return null;
}

interface Found {
  name: string;
  running: boolean;
  container: ContainerInspection;
  image: ImageInspection | null;
}

async function lookAt(engine: Engine, dependents: readonly Dependent[]): Promise<Found[]> {
  const found: Found[] = [];
  for (const { id, name, running } of dependents) {
    const container = await inspectContainer(engine, id);
    if (container === null) continue;
    found.push({ name, running, container, image: await inspectImage(engine, container.Image) });
  }
  return found;
}

async function recreate(
  engine: Engine,
  exchange: Exchange,
  { container, image }: Found,
  {
    names,
    apiVersion,
    created,
  }: {
    names: ReadonlyMap<string, string>;
    apiVersion: string;
    created(name: string, id: string): Promise<void>;
  },
): Promise<void> {
  const same: ImageInspection = image ?? { Id: container.Image };
  const reference = await sameImageReference(engine, container);
  const { body, networks } = await configOfSuccessor(engine, container, image, same, {
    reference,
    apiVersion,
    names,
  });
  const nextId = await createNext(engine, exchange, { body, networks, apiVersion, platform: null });
  await created(exchange.name, nextId);
  const disarmed = await disarmPrevious(engine, exchange);
  await swapNames(engine, exchange, nextId);
  if (!exchange.previous?.running) return;
  await stopContainer(engine, exchange.previous.id);
  if (!disarmed) await disarmPrevious(engine, exchange);
  await startContainer(engine, nextId);
  if (exchange.previous.paused) await pauseContainer(engine, nextId);
}

/**
 * Puts dependents back, the last first, without starting them: what they need does not run yet.
 * Returns the failure, with what went wrong meanwhile.
 */
export async function undoDependents(
  engine: Engine,
  { exchanges, nextIds }: Pick<DependentsJournal, "exchanges" | "nextIds">,
  apiVersion: string,
  cause: CommandFailure,
): Promise<CommandFailure> {
  let failure = cause;
  for (const exchange of [...exchanges].reverse()) {
    try {
      const nextId = nextIds.get(exchange.name) ?? null;
      await undoExchange(engine, exchange, nextId, apiVersion, { start: false });
    } catch (error) {
      failure = undoFailure(failure, error, exchange.name);
    }
  }
  return failure;
}

/**
 * Starts those that ran again after the container whose namespaces they live in has started: only
 * then do they join its new ones. What has started since then, or does not need to, is left alone.
 * @param hostStartedAt null: that container has not stopped
 */
export async function rejoinDependents(
  engine: Engine,
  dependents: readonly Dependent[],
  hostStartedAt: string | null,
  failed: (name: string, error: unknown) => void,
): Promise<void> {
  for (const { id, name, running } of dependents) {
    if (!running) continue;
    try {
      const state = (await inspectContainer(engine, id))?.State;
      if (state === undefined) continue;
      const joined =
        hostStartedAt === null || Date.parse(state.StartedAt) >= Date.parse(hostStartedAt);
      if (state.Running && joined) continue;
      // The engine's own restart keeps it from removing a `--rm` container in between.
      await engine.docker.getContainer(id).restart();
      if (state.Paused) await pauseContainer(engine, id);
    } catch (error) {
      failed(name, error);
    }
  }
}
