import type { RunResult } from "@bridgeport/proto";
import { type CommandContext, CommandFailure } from "../../command.ts";
import type { Engine } from "../client.ts";
import { startContainer } from "../container/steps.ts";
import { surveyContainers } from "../container/survey.ts";
import { failureOf, failureToUndo } from "../failure.ts";
import { awaitHealthy } from "../health/await-healthy.ts";
import { engineVersion } from "../host.ts";
import { imageOf } from "../images/images.ts";
import { type ContainerInspection, inspectContainer, inspectImage } from "../inspection.ts";
import type { IsSelf } from "../self.ts";
import { settleDependents, undoDependents } from "./dependents.ts";
import { disarmPrevious, type Exchange, findNext, swapNames } from "./exchange.ts";
import {
  configOfSpec,
  configOfSuccessor,
  type ReplacementPlan,
  type ReplacementRequest,
} from "./plan.ts";
import { completeReplacement, replaceContainer, switchOver, takeOver } from "./replace.ts";
import { type RunJournal, readRunJournal } from "./run-journal.ts";
import { turnsOf } from "./turns.ts";
import { undoReplacement } from "./undo.ts";

/** A replacement that was cut off is begun anew once; then it is taken back for good. */
const mostAttempts = 2;

/**
 * What becomes of a replacement that was cut off, by the death of the agent or of the engine:
 *
 *   being undone                     undone, with the failure that it was undone for
 *   before the switch                undone, and begun anew once
 *   at the switch, or after it       finished; undone if that fails
 */
export async function recoverReplacement(
  engine: Engine,
  request: ReplacementRequest,
  context: CommandContext,
  isSelf: IsSelf,
): Promise<RunResult> {
  const journal = readRunJournal(context.phases);
  if (journal === null) return await replaceContainer(engine, request, context, isSelf);
  const { prepared } = journal;
  const release = await turnsOf(engine).take([
    request.containerName,
    ...prepared.dependents.map(({ name }) => name),
  ]);
  let failure: CommandFailure | null;
  try {
    const { ApiVersion: apiVersion } = await engineVersion(engine);
    if (journal.undone === null && journal.switched) {
      return await finish(engine, request, context, journal, apiVersion);
    }
    failure = await undo(engine, context, journal, apiVersion, causeOf(journal));
  } catch (error) {
    const sentence = `The interrupted deploy of ${request.containerName} could not be recovered`;
    throw failureOf(engine, error, "engine_error", sentence);
  } finally {
    release();
  }
  if (failure !== null) throw failure;
  return await replaceContainer(engine, request, context, isSelf);
}

/** Why it is undone; null where it may be begun anew after that. */
function causeOf({ undone, attempts, prepared }: RunJournal): CommandFailure | null {
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

/** Returns the failure to throw, null where the command is to be begun anew. */
async function undo(
  engine: Engine,
  context: CommandContext,
  { prepared, nextId, dependents }: RunJournal,
  apiVersion: string,
  cause: CommandFailure | null,
): Promise<CommandFailure | null> {
  const assumed =
    cause ??
    new CommandFailure("internal", `The deploy of ${prepared.exchange.name} was interrupted.`);
  let failure = assumed;
  if (dependents !== null && !dependents.done) {
    failure = await undoDependents(engine, dependents, apiVersion, failure);
  }
  failure = await undoReplacement(engine, context, { ...prepared, nextId, apiVersion }, failure);
  return failure === assumed ? cause : failure;
}

async function finish(
  engine: Engine,
  request: ReplacementRequest,
  context: CommandContext,
  journal: RunJournal,
  apiVersion: string,
): Promise<RunResult> {
  const { prepared, verified, dependents } = journal;
  const { exchange, order } = prepared;
  let nextId = journal.nextId;
  try {
    const next = await findNext(engine, exchange, journal.nextId);
    if (next === null) {
      throw new CommandFailure(
        "start_failed",
        `The new container of ${exchange.name} was removed by somebody else while the agent was away.`,
      );
    }
    nextId = next.Id;
    const plan = await planOfRest(engine, request, journal, next, apiVersion);
    let downtimeMs = verified?.downtimeMs ?? null;
    if (verified === null) {
      if (order === "stop-first") {
        await disarmPrevious(engine, exchange);
        await swapNames(engine, exchange, nextId);
        await switchOver(engine, context, exchange, nextId);
        await disarmPrevious(engine, exchange);
      } else {
        await startContainer(engine, next.Id);
        const healthy = () => awaitHealthy(engine, next.Id, exchange.name, request.gate, context);
        await takeOver(engine, exchange, plan.config, next.Id, healthy);
      }
      downtimeMs = await downtimeByEngine(engine, journal, nextId);
    }
    const recreated = await settleDependents(engine, context, dependents, apiVersion);
    const rest = recreated === null ? plan : { ...plan, dependents: [] };
    const reached = { nextId, downtimeMs };
    const result = await completeReplacement(engine, request, context, rest, reached);
    return recreated === null ? result : { ...result, recreatedDependents: recreated };
  } catch (error) {
    const sentence = `The interrupted deploy of ${exchange.name} could not be finished`;
    const failure = failureToUndo(engine, error, "engine_error", sentence);
    throw await undoReplacement(engine, context, { ...prepared, nextId, apiVersion }, failure);
  }
}

/** What is still to be done, and what the result has to say of what was done. */
async function planOfRest(
  engine: Engine,
  request: ReplacementRequest,
  { prepared }: RunJournal,
  next: ContainerInspection,
  apiVersion: string,
): Promise<ReplacementPlan> {
  const { exchange, dependents } = prepared;
  const [newImage, survey, previous] = await Promise.all([
    imageOf(engine, request.reference),
    surveyContainers(engine),
    exchange.previous === null ? null : inspectContainer(engine, exchange.previous.id),
  ]);
  // Without the previous container, the new one tells the same, but for what has changed.
  const source = armed(previous ?? next, exchange);
  const names = new Map(survey.names);
  if (exchange.previous !== null) names.set(exchange.previous.id, exchange.name);
  names.set(exchange.keptName, exchange.name);
  const config =
    (request.goesBack ? await configOfSpec(engine, request, newImage) : null) ??
    (await configOfSuccessor(engine, source, await inspectImage(engine, source.Image), newImage, {
      reference: request.reference,
      apiVersion,
      names,
    }));
  const { order, starts } = prepared;
  const rest = { order, starts, platform: null, closely: false };
  return { exchange, config, newImage, apiVersion, dependents, survey, ...rest };
}

/** As it was before the engine was kept from starting it again. */
function armed(container: ContainerInspection, { previous }: Exchange): ContainerInspection {
  if (previous === null) return container;
  const { restartPolicy: RestartPolicy } = previous;
  return { ...container, HostConfig: { ...container.HostConfig, RestartPolicy } };
}

/** From the end of the old container to the start of the new one, by the engine's own clock. */
async function downtimeByEngine(
  engine: Engine,
  { prepared: { exchange } }: RunJournal,
  nextId: string,
): Promise<number | null> {
  if (!exchange.previous?.running) return null;
  const [previous, next] = await Promise.all([
    inspectContainer(engine, exchange.previous.id),
    inspectContainer(engine, nextId),
  ]);
  if (previous === null || next === null) return null;
  const gap = Date.parse(next.State.StartedAt) - Date.parse(previous.State.FinishedAt);
  return Number.isFinite(gap) ? Math.max(gap, 0) : null;
}
