import type { Observation, RunResult } from "@bridgeport/proto";
import type { CommandContext } from "../../command.ts";
import type { Engine } from "../client.ts";
import { withImageDefaults } from "../container/image-defaults.ts";
import { surveyContainers } from "../container/survey.ts";
import { failureOf } from "../failure.ts";
import { gateTimeoutMs } from "../health/gate.ts";
import { engineVersion } from "../host.ts";
import { moveComposeTag } from "../images/compose-tag.ts";
import { imageOf, isImageOf, parseDigestReference } from "../images/images.ts";
import { type ContainerInspection, inspectContainer, inspectImage } from "../inspection.ts";
import type { IsSelf } from "../self.ts";
import { removeLeftovers } from "./leftovers.ts";
import { observationOf, withObservations } from "./observation.ts";
import { type Prepared, type Progress, readProgress } from "./phases.ts";
import {
  configOfSpec,
  configOfSuccessor,
  planReplacement,
  type ReplacementPlan,
  type ReplacementRequest,
  wrongImage,
} from "./plan.ts";
import type { NextListener } from "./stop-first.ts";
import { carryOut, type Exchanged, type Means, recover } from "./transaction.ts";

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
  const look = async (): Promise<ReplacementPlan> => {
    try {
      return await planReplacement(engine, command, context, isSelf);
    } catch (error) {
      const sentence = `The container ${name} could not be inspected`;
      throw failureOf(engine, error, "engine_error", sentence);
    }
  };
  if (dryRun) return resultOf(await look(), command, null);
  const plan = await context.holding(look, ({ dependents }) => [
    name,
    ...dependents.map((dependent) => dependent.name),
  ]);
  const { exchange, order, starts, dependents } = plan;
  const prepared = { exchange, order, starts, dependents };
  try {
    const exchanged = await carryOut(engine, context, prepared, meansOf(plan, command, listener));
    return await concluded(engine, command, context, plan, exchanged);
  } catch (error) {
    throw await withObservations(engine, name, plan.before, error);
  }
}

/** Goes on with a replacement that was cut off, by the end of the agent or of the engine. */
export async function recoverReplacement(
  engine: Engine,
  command: ReplacementRequest,
  context: CommandContext,
  isSelf: IsSelf,
): Promise<RunResult> {
  const progress = readProgress(context.phases);
  if (progress === null) return await replaceContainer(engine, command, context, isSelf);
  try {
    const { ApiVersion: apiVersion } = await engineVersion(engine);
    let plan: ReplacementPlan | null = null;
    const exchanged = await recover(engine, context, progress, apiVersion, async (next) => {
      plan = await planOfRest(engine, command, progress, next, apiVersion);
      return meansOf(plan, command);
    });
    if (exchanged !== null && plan !== null) {
      return await concluded(engine, command, context, plan, exchanged);
    }
  } catch (error) {
    const { containerName: name } = command;
    const sentence = `The interrupted deploy of ${name} could not be recovered`;
    const failure = failureOf(engine, error, "engine_error", sentence);
    throw await withObservations(engine, name, asJournaled(progress.prepared), failure);
  }
  return await replaceContainer(engine, command, context, isSelf);
}

function meansOf(
  { config, files, apiVersion, platform, closely, newImage }: ReplacementPlan,
  { reference, expectedImageIds, gate }: ReplacementRequest,
  listener?: NextListener | undefined,
): Means {
  const { digest } = parseDigestReference(reference);
  return {
    make: { body: config.body, networks: config.networks, files, apiVersion, platform },
    apiVersion,
    gate,
    closely,
    listener,
    accept: ({ Image: id }) => {
      if (id === newImage.Id || isImageOf({ Id: id }, digest, expectedImageIds)) return;
      throw wrongImage(reference, { Id: id });
    },
  };
}

/** What is left of earlier runs goes; from here on there is nothing to be undone. */
async function concluded(
  engine: Engine,
  command: ReplacementRequest,
  context: CommandContext,
  plan: ReplacementPlan,
  exchanged: Exchanged,
): Promise<RunResult> {
  await removeLeftovers(engine, context, plan.survey, plan.exchange);
  await moveComposeTag(engine, context, plan.config.body, plan.newImage.Id);
  if (!plan.starts) context.progress(notStarted(plan));
  return resultOf(plan, command, exchanged);
}

/** Says plainly that the new image has not run yet, and why. */
function notStarted({ exchange: { name }, before }: ReplacementPlan): string {
  const ended =
    before?.exitCode === 0
      ? "had ended with code 0"
      : before?.exitCode == null
        ? "had never been started"
        : "had been stopped";
  return `${name} was updated and not run, as it ${ended} before. Start it to run the new image.`;
}

/** @param exchanged null: nothing was changed */
function resultOf(
  { exchange, config, newImage, dependents, starts, before }: ReplacementPlan,
  { gate }: ReplacementRequest,
  exchanged: Exchanged | null,
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

/** What is still to be done, and what the result has to say of what was done. */
async function planOfRest(
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
  // Without the previous container, the new one tells the same, but for what has changed.
  const source = armed(previous ?? next, exchange);
  const names = new Map(survey.names);
  if (exchange.previous !== null) names.set(exchange.previous.id, exchange.name);
  names.set(exchange.previousName, exchange.name);
  const config =
    (command.goesBack ? await configOfSpec(engine, command, newImage) : null) ??
    (await configOfSuccessor(engine, source, await inspectImage(engine, source.Image), newImage, {
      reference: command.reference,
      apiVersion,
      names,
    }));
  const rest = { files: null, platform: null, closely: false, before: asJournaled(prepared) };
  return { ...prepared, config, newImage, apiVersion, survey, ...rest };
}

/** What the journal tells of the previous container, which has been changed since. */
function asJournaled({ exchange: { name, previous } }: Prepared): Observation | null {
  if (previous === null) return null;
  const { id: containerId, imageId, running } = previous;
  return { containerId, imageId, running, health: "unknown", name, exitCode: null };
}

/** As it was before the engine was kept from starting it again. */
function armed(
  container: ContainerInspection,
  { previous }: ReplacementPlan["exchange"],
): ContainerInspection {
  if (previous === null) return container;
  const { restartPolicy: RestartPolicy } = previous;
  return { ...container, HostConfig: { ...container.HostConfig, RestartPolicy } };
}
