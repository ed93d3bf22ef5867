import type { Observation, RunResult } from "@bridgeport/proto";
import type { CommandContext } from "../../command.ts";
import type { Engine } from "../client.ts";
import { withImageDefaults } from "../container/image-defaults.ts";
import { surveyContainers } from "../container/survey.ts";
import { failureOf } from "../failure.ts";
import { gateTimeoutMs } from "../health/gate.ts";
import { apiVersionOf } from "../host.ts";
import { moveComposeTag } from "../images/compose-tag.ts";
import { imageOf, isImageOf, parseDigestReference } from "../images/images.ts";
import { type ContainerInspection, inspectContainer, inspectImage } from "../inspection.ts";
import type { IsSelf } from "../self.ts";
import { preparedForMs as defaultPreparedForMs, lookAhead, NotAhead, permitted } from "./ahead.ts";
import { removeLeftovers } from "./leftovers.ts";
import { observationOf, withObservations } from "./observation.ts";
import { type Prepared, type Progress, readProgress } from "./phases.ts";
import {
  configOfSpec,
  configOfSuccessor,
  planReplacement,
  type ReplacementPlan,
  type ReplacementRequest,
} from "./plan.ts";
import { wrongImage } from "./refusals.ts";
import type { NextListener } from "./stop-first.ts";
import { carryOut, type ExchangeOptions, type ExchangeResult, recover } from "./transaction.ts";

export interface ReplacementOptions {
  dryRun?: boolean;
  listener?: NextListener | undefined;
  /** how long, in milliseconds, what was prepared ahead waits for its permission */
  preparedForMs?: number;
}

/**
 * Replaces or creates the service's container; a dry run returns what would change and changes nothing.
 * It is prepared while its permission is waited for; where that is not possible, it begins afterwards.
 */
export async function replaceContainer(
  engine: Engine,
  command: ReplacementRequest,
  context: CommandContext,
  isSelf: IsSelf,
  options: ReplacementOptions = {},
): Promise<RunResult> {
  try {
    return await attempt(engine, command, context, isSelf, options);
  } catch (error) {
    if (!(error instanceof NotAhead)) throw error;
  }
  await permitted(context, command.containerName);
  return await attempt(engine, command, context, isSelf, options);
}

async function attempt(
  engine: Engine,
  command: ReplacementRequest,
  context: CommandContext,
  isSelf: IsSelf,
  { dryRun = false, listener, preparedForMs = defaultPreparedForMs }: ReplacementOptions,
): Promise<RunResult> {
  const { containerName: name } = command;
  // What a command says of an image is believed where nothing is created from it only.
  const request = dryRun ? command : { ...command, imageConfig: null };
  const look = async (): Promise<ReplacementPlan> => {
    try {
      return await planReplacement(engine, request, context, isSelf);
    } catch (error) {
      const sentence = `The container ${name} could not be inspected`;
      throw failureOf(engine, error, "engine_error", sentence);
    }
  };
  if (dryRun) return resultOf(await look(), command, null);
  const isAhead = context.permission?.given === false;
  const plan = isAhead
    ? await lookAhead(context, look)
    : await context.holding(look, ({ dependents }) => [
        name,
        ...dependents.map((dependent) => dependent.name),
      ]);
  const { exchange, order, starts, dependents } = plan;
  const prepared = { exchange, order, starts, dependents };
  try {
    const exchanged = await carryOut(engine, context, prepared, {
      ...exchangeOptions(plan, command, listener),
      preparedForMs: isAhead ? preparedForMs : null,
    });
    return await finishRun(engine, command, context, plan, exchanged);
  } catch (error) {
    if (error instanceof NotAhead) throw error;
    throw await withObservations(engine, name, plan.before, error);
  }
}

/** Finishes or undoes a replacement that was interrupted by the end of the agent or of the engine. */
export async function recoverReplacement(
  engine: Engine,
  command: ReplacementRequest,
  context: CommandContext,
  isSelf: IsSelf,
): Promise<RunResult> {
  const progress = readProgress(context.phases);
  if (progress === null) return await replaceContainer(engine, command, context, isSelf);
  try {
    const apiVersion = await apiVersionOf(engine);
    let plan: ReplacementPlan | null = null;
    const exchanged = await recover(engine, context, progress, apiVersion, async (next) => {
      plan = await rebuildPlan(engine, command, progress, next, apiVersion);
      return exchangeOptions(plan, command);
    });
    if (exchanged !== null && plan !== null) {
      return await finishRun(engine, command, context, plan, exchanged);
    }
  } catch (error) {
    const { containerName: name } = command;
    const sentence = `The interrupted deploy of ${name} could not be recovered`;
    const failure = failureOf(engine, error, "engine_error", sentence);
    throw await withObservations(engine, name, observationFromJournal(progress.prepared), failure);
  }
  return await replaceContainer(engine, command, context, isSelf);
}

function exchangeOptions(
  { config, approved, files, apiVersion, ...plan }: ReplacementPlan,
  { reference, expectedImageIds, gate }: ReplacementRequest,
  listener?: NextListener | undefined,
): ExchangeOptions {
  const { digest } = parseDigestReference(reference);
  const { networks } = config;
  const { newImage, platform, startsDuringCleanup } = plan;
  return {
    createFrom:
      approved === null ? null : { body: approved, networks, files, apiVersion, platform },
    networks,
    apiVersion,
    gate,
    startsDuringCleanup,
    listener,
    accept: ({ Image: id }) => {
      if (id === newImage.Id || isImageOf({ Id: id }, digest, expectedImageIds)) return;
      throw wrongImage(reference, { Id: id });
    },
  };
}

/**
 * Last steps, after which there is nothing to undo: removes leftovers of earlier runs and moves Compose's
 * tag.
 */
async function finishRun(
  engine: Engine,
  command: ReplacementRequest,
  context: CommandContext,
  plan: ReplacementPlan,
  exchanged: ExchangeResult,
): Promise<RunResult> {
  await removeLeftovers(engine, context, plan.survey, plan.exchange);
  await moveComposeTag(engine, context, plan.config.body, plan.newImage.Id);
  return resultOf(plan, command, exchanged);
}

/** @param exchanged null: nothing was changed */
function resultOf(
  { exchange, config, newImage, dependents, starts, before }: ReplacementPlan,
  { gate }: ReplacementRequest,
  exchanged: ExchangeResult | null,
): RunResult {
  return {
    kind: "run",
    containerId: exchanged?.container.Id ?? "",
    imageId: newImage.Id,
    previousContainerId: exchange.previous?.id ?? null,
    previousImageId: exchange.previous?.imageId ?? null,
    downtimeMs: exchanged?.downtimeMs ?? null,
    spec: { ...config.body },
    changes: config.changes,
    running: exchanged?.container.State.Running ?? starts,
    recreatedDependents: exchanged?.recreated ?? dependents.map(({ name }) => name),
    before,
    after: exchanged && observationOf(exchanged.container),
    gateTimeoutMs: gateTimeoutMs(gate, withImageDefaults(config.body, newImage.Config ?? {})),
  };
}

/** The plan of an interrupted replacement, for its remaining steps and its result. */
async function rebuildPlan(
  engine: Engine,
  command: ReplacementRequest,
  { prepared }: Progress,
  next: ContainerInspection,
  apiVersion: string,
): Promise<ReplacementPlan> {
  const { exchange } = prepared;
  const [newImage, survey, previous] = await Promise.all([
    imageOf(engine, command.reference),
    surveyContainers(engine),
    exchange.previous === null ? null : inspectContainer(engine, exchange.previous.id),
  ]);
  // If the previous container is gone, the new one has the same settings; only the list of changes is lost.
  const source = withOriginalRestartPolicy(previous ?? next, exchange);
  const names = new Map(survey.names);
  if (exchange.previous !== null) names.set(exchange.previous.id, exchange.name);
  names.set(exchange.previousName, exchange.name);
  const config =
    (command.isRollback ? await configOfSpec(engine, command, newImage) : null) ??
    (await configOfSuccessor(engine, source, await inspectImage(engine, source.Image), newImage, {
      reference: command.reference,
      apiVersion,
      names,
    }));
  const rest = {
    // It exists already.
    approved: null,
    files: null,
    platform: null,
    startsDuringCleanup: false,
    before: observationFromJournal(prepared),
  };
  return { ...prepared, config, newImage, apiVersion, survey, ...rest };
}

/** The previous container according to the journal, as the container itself has been changed since. */
function observationFromJournal({ exchange: { name, previous } }: Prepared): Observation | null {
  if (previous === null) return null;
  const { id: containerId, imageId, running } = previous;
  return { containerId, imageId, running, health: "unknown", name, exitCode: null };
}

/** The container with the restart policy that it had before the exchange set that to `no`. */
function withOriginalRestartPolicy(
  container: ContainerInspection,
  { previous }: ReplacementPlan["exchange"],
): ContainerInspection {
  if (previous === null) return container;
  const { restartPolicy: RestartPolicy } = previous;
  return { ...container, HostConfig: { ...container.HostConfig, RestartPolicy } };
}
