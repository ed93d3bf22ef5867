import { keptName, nextName } from "@bridgeport/proto";
import { type CommandContext, CommandFailure } from "../../command.ts";
import type { Engine } from "../client.ts";
import { filesToCarry } from "../container/carried-files.ts";
import { type NextContainer, pauseContainer, removeKept } from "../container/steps.ts";
import { lastingNames, type Survey, surveyContainers } from "../container/survey.ts";
import { failureToUndo } from "../failure.ts";
import {
  type ContainerInspection,
  type ImageInspection,
  inspectContainer,
  inspectImage,
} from "../inspection.ts";
import { type Exchange, undoExchange, undoFailure } from "./exchange.ts";
import { approveSuccessor } from "./gains.ts";
import { type Dependent, type DependentsProgress, enter } from "./phases.ts";
import { configOfSuccessor, previousContainer, sameImageReference } from "./plan.ts";
import { stopFirst } from "./stop-first.ts";

/**
 * Re-creates the dependents of a container that was just replaced, with their own image and settings, so
 * that they refer to the new container. If one of them fails, all are put back before the failure is
 * thrown. Returns their names.
 */
export async function recreateDependents(
  engine: Engine,
  context: CommandContext,
  dependents: readonly Dependent[],
  apiVersion: string,
): Promise<string[]> {
  if (dependents.length === 0) return [];
  const survey = await surveyContainers(engine);
  const found = await inspectDependents(engine, dependents);
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
  const nextIds = new Map<string, string>();
  try {
    for (const [index, exchange] of exchanges.entries()) {
      const dependent = found[index];
      if (dependent === undefined) continue;
      context.progress(`Re-creating ${exchange.name}, which depends on this container.`);
      await stopFirst(engine, exchange, {
        createFrom: await configOfDependent(engine, context, dependent, survey, apiVersion),
        starts: dependent.running,
        obtained: async (nextId) => {
          nextIds.set(exchange.name, nextId);
          await enter(context, { name: "dependent", dependent: exchange.name, nextId });
        },
        reach: async () => undefined,
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

interface InspectedDependent {
  name: string;
  running: boolean;
  container: ContainerInspection;
  image: ImageInspection | null;
}

async function inspectDependents(
  engine: Engine,
  dependents: readonly Dependent[],
): Promise<InspectedDependent[]> {
  const found: InspectedDependent[] = [];
  for (const { id, name, running } of dependents) {
    const container = await inspectContainer(engine, id);
    if (container === null) continue;
    found.push({ name, running, container, image: await inspectImage(engine, container.Image) });
  }
  return found;
}

/** What to create the same container of the same image from. */
async function configOfDependent(
  engine: Engine,
  { hostPolicy }: Pick<CommandContext, "hostPolicy">,
  { name, container, image }: InspectedDependent,
  survey: Survey,
  apiVersion: string,
): Promise<NextContainer> {
  const same: ImageInspection = image ?? { Id: container.Image };
  const reference = await sameImageReference(engine, container);
  const options = { reference, apiVersion, names: lastingNames(survey) };
  const config = await configOfSuccessor(engine, container, image, same, options);
  const { networks } = config;
  const successor = {
    ...{ containerName: name, body: config.body, previous: container, survey },
    image: { imageId: same.Id, ranBefore: [container.Image], signatures: null },
  };
  const body = await approveSuccessor(engine, successor, hostPolicy);
  const { files } = await filesToCarry(engine, container);
  return { body, networks, files, apiVersion, platform: null };
}

/**
 * Removes the previous dependents: they refer to a container that has been replaced, so they cannot run
 * again.
 */
async function removeReplaced(
  engine: Engine,
  context: CommandContext,
  exchanges: readonly Exchange[],
): Promise<string[]> {
  // Podman removes none that others still refer to.
  for (const { previous, previousName } of exchanges.toReversed()) {
    if (previous === null) continue;
    await removeKept(engine, previous.id).catch(() => {
      context.progress(`${previousName} could not be removed; the next deploy removes it.`);
    });
  }
  return exchanges.map(({ name }) => name);
}

/**
 * Recovers an interrupted re-creation of dependents: completes it if all were re-created, and undoes it
 * otherwise. Returns the names of the re-created ones; null where they are still to be re-created.
 */
export async function recoverDependents(
  engine: Engine,
  context: CommandContext,
  progress: DependentsProgress | null,
  apiVersion: string,
): Promise<string[] | null> {
  if (progress === null) return null;
  if (progress.done) return await removeReplaced(engine, context, progress.exchanges);
  const interrupted = new CommandFailure("internal", "Interrupted.");
  const failure = await undoDependents(engine, progress, apiVersion, interrupted);
  if (failure !== interrupted) throw failure;
  return null;
}

/**
 * Puts dependents back in reverse order, without starting them, as their provider does not run yet.
 * Returns the failure, with the errors of the undo added.
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
 * Restarts dependents that ran before, after their provider was started again, so that they join its new
 * namespaces. Dependents that were started after it have joined them already and are not restarted.
 * @param providerStartedAt null: the provider has not stopped
 */
export async function restartDependents(
  engine: Engine,
  dependents: readonly Dependent[],
  providerStartedAt: string | null,
  failed: (name: string, error: unknown) => void,
): Promise<void> {
  for (const { id, name, running } of dependents) {
    if (!running) continue;
    try {
      const state = (await inspectContainer(engine, id))?.State;
      if (state === undefined) continue;
      const joined =
        providerStartedAt === null || Date.parse(state.StartedAt) >= Date.parse(providerStartedAt);
      if (state.Running && joined) continue;
      // With the engine's own restart, a `--rm` container is not removed when it stops.
      await engine.docker.getContainer(id).restart();
      if (state.Paused) await pauseContainer(engine, id);
    } catch (error) {
      failed(name, error);
    }
  }
}
