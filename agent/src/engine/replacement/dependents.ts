import { type CommandContext, CommandFailure } from "../../command.ts";
import type { Engine } from "../client.ts";
import { filesToCarry } from "../container/carried-files.ts";
import { pauseContainer, removeKept } from "../container/steps.ts";
import { lastingNames, surveyContainers } from "../container/survey.ts";
import { failureToUndo } from "../failure.ts";
import {
  type ContainerInspection,
  type ImageInspection,
  inspectContainer,
  inspectImage,
} from "../inspection.ts";
import { keptName, nextName } from "../names.ts";
import { type Exchange, undoExchange, undoFailure } from "./exchange.ts";
import { type Dependent, type DependentsProgress, enter } from "./phases.ts";
import { configOfSuccessor, previousContainer, sameImageReference } from "./plan.ts";
import { stopFirst } from "./stop-first.ts";

/**
 * Re-creates containers that live in the namespaces of one that was just replaced, with their own
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
      next: { from: "created", name: nextName(name, context.commandId) },
      previousName: keptName(name, context.commandId),
      previous: { ...previous, running },
    });
  }
  await enter(context, { name: "dependents", exchanges });
  const names = lastingNames(survey);
  const nextIds = new Map<string, string>();
  try {
    for (const [index, exchange] of exchanges.entries()) {
      const dependent = found[index];
      if (dependent === undefined) continue;
      context.progress(`Re-creating ${exchange.name}, which depends on this container.`);
      await stopFirst(engine, exchange, {
        make: await sameAgain(engine, dependent, names, apiVersion),
        starts: dependent.running,
        reach: async (step, nextId) => {
          if (step !== "rename") return;
          nextIds.set(exchange.name, nextId);
          await enter(context, { name: "dependent", dependent: exchange.name, nextId });
        },
        progress: () => undefined,
      });
    }
    await enter(context, { name: "dependents-done" });
  } catch (error) {
    const sentence = "A container that depends on this one could not be re-created";
    const failure = failureToUndo(engine, error, "start_failed", sentence);
    throw await undoDependents(engine, { exchanges, nextIds }, apiVersion, failure);
  }
  return await removeReplaced(engine, context, exchanges);
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

/** What makes the same container of the same image once more. */
async function sameAgain(
  engine: Engine,
  { container, image }: Found,
  names: ReadonlyMap<string, string>,
  apiVersion: string,
) {
  const same: ImageInspection = image ?? { Id: container.Image };
  const reference = await sameImageReference(engine, container);
  const options = { reference, apiVersion, names };
  const { body, networks } = await configOfSuccessor(engine, container, image, same, options);
  const { files } = await filesToCarry(engine, container);
  return { body, networks, files, apiVersion, platform: null };
}

/** They were bound to a container that is gone: nothing could be done with them. */
async function removeReplaced(
  engine: Engine,
  context: CommandContext,
  exchanges: readonly Exchange[],
): Promise<string[]> {
  for (const { previous, previousName } of exchanges) {
    if (previous === null) continue;
    await removeKept(engine, previous.id).catch(() => {
      context.progress(`${previousName} could not be removed, and goes with the next deploy.`);
    });
  }
  return exchanges.map(({ name }) => name);
}

/**
 * Goes on where the re-creation of dependents was cut off. Returns the names of those that are
 * re-created; null where that is still to be done from the beginning: what was half done is undone.
 */
export async function settleDependents(
  engine: Engine,
  context: CommandContext,
  cutOff: DependentsProgress | null,
  apiVersion: string,
): Promise<string[] | null> {
  if (cutOff === null) return null;
  if (cutOff.done) return await removeReplaced(engine, context, cutOff.exchanges);
  const interrupted = new CommandFailure("internal", "Interrupted.");
  const failure = await undoDependents(engine, cutOff, apiVersion, interrupted);
  if (failure !== interrupted) throw failure;
  return null;
}

/**
 * Puts dependents back, the last first, without starting them: what they need does not run yet.
 * Returns the failure, with what went wrong meanwhile.
 */
export async function undoDependents(
  engine: Engine,
  { exchanges, nextIds }: Pick<DependentsProgress, "exchanges" | "nextIds">,
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
 * Starts dependents that ran again after the container whose namespaces they live in has started: only
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
