import {
  keptName,
  type Observation,
  type RollbackCommand,
  type RollbackResult,
  undoneName,
} from "@bridgeport/proto";
import { type CommandContext, CommandFailure, keptAfterAckMs } from "../../command.ts";
import type { Engine } from "../client.ts";
import { removeContainer, stopContainer } from "../container/steps.ts";
import { dependentsOf, referencesOf, surveyContainers } from "../container/survey.ts";
import { failureOf } from "../failure.ts";
import { apiVersionOf } from "../host.ts";
import { moveComposeTag } from "../images/compose-tag.ts";
import { type ContainerInspection, inspectContainer, inspectNamed } from "../inspection.ts";
import type { IsSelf } from "../self.ts";
import { restartDependents } from "./dependents.ts";
import { type Exchange, isRestored, putBack } from "./exchange.ts";
import { observationOf, withObservations } from "./observation.ts";
import {
  enter,
  type Prepared,
  type Progress,
  type RollbackNames,
  readPhases,
  readProgress,
} from "./phases.ts";
import { previousContainer } from "./plan.ts";
import {
  recoverRecreation,
  recreatePrevious,
  removeUndone,
  unchanged,
} from "./recreate-previous.ts";
import { refuseDependents } from "./refusals.ts";
import { carryOut, type ExchangeOptions, type ExchangeResult, recover } from "./transaction.ts";

/** How a run is undone, and the service's container as it was before. */
type RollbackPlan = RollbackAction & { before: Observation | null };

type RollbackAction =
  /** there is nothing to undo */
  | { kind: "unchanged"; current: ContainerInspection | null }
  /** the run created the service's first container, which is removed */
  | { kind: "remove"; id: string }
  /** the run was undone, but not completely: the previous container has its name, but is not as it was */
  | { kind: "complete undo"; run: Progress; container: ContainerInspection }
  /** the previous container is kept, and replaces the current one */
  | { kind: "restore"; prepared: Prepared }
  /** the previous container is gone: one of the recorded specification and digest is created */
  | { kind: "re-create" };

/**
 * Undoes a run: restores the container that it replaced, where that is still kept; otherwise creates one
 * of the recorded specification and digest. May be repeated at any point.
 */
export async function rollBack(
  engine: Engine,
  command: RollbackCommand,
  context: CommandContext,
  isSelf: IsSelf,
): Promise<RollbackResult> {
  const { containerName: name } = command;
  let before: Observation | null = null;
  try {
    const plan = await context.holding(
      () => planRollback(engine, command, context, isSelf),
      (found) => [name, ...dependentsIn(found).map((dependent) => dependent.name)],
    );
    before = plan.before;
    switch (plan.kind) {
      case "unchanged":
        return unchanged(plan.current);
      case "remove":
        await enter(context, { name: "remove", id: plan.id });
        return { ...(await removeCreated(engine, plan.id)), before };
      case "complete undo":
        return { ...(await completeUndo(engine, name, plan.run, plan.container)), before };
      case "restore": {
        const apiVersion = await apiVersionOf(engine);
        const options = optionsForKept(command, apiVersion);
        const exchanged = await carryOut(engine, context, plan.prepared, options);
        const result = await finishRestore(
          engine,
          command,
          context,
          plan.prepared.exchange,
          exchanged,
        );
        return { ...result, before };
      }
      case "re-create":
        return await recreatePrevious(engine, command, context, isSelf);
    }
  } catch (error) {
    const failure = failureOf(engine, error, "engine_error", `${name} could not be rolled back`);
    throw await withObservations(engine, name, before, failure);
  }
}

/** Finishes or undoes a rollback that was interrupted. */
export async function recoverRollback(
  engine: Engine,
  command: RollbackCommand,
  context: CommandContext,
  isSelf: IsSelf,
): Promise<RollbackResult> {
  const { containerName: name, reference } = command;
  const names: RollbackNames = {
    service: name,
    kept: keptName(name, command.runCommandId),
    undone: undoneName(name, context.commandId),
  };
  const removing = readPhases(context.phases, names).findLast((phase) => phase.name === "remove");
  try {
    if (removing !== undefined) return await removeCreated(engine, removing.id);
    const progress = readProgress(context.phases, names);
    if (progress === null) return await rollBack(engine, command, context, isSelf);
    const { exchange } = progress.prepared;
    if (exchange.next.from === "created" && reference !== null) {
      return await recoverRecreation(engine, { ...command, reference }, context, isSelf);
    }
    const apiVersion = await apiVersionOf(engine);
    const exchanged = await recover(engine, context, progress, apiVersion, async () =>
      optionsForKept(command, apiVersion),
    );
    return exchanged === null
      ? await rollBack(engine, command, context, isSelf)
      : await finishRestore(engine, command, context, exchange, exchanged);
  } catch (error) {
    const failure = failureOf(engine, error, "engine_error", `${name} could not be rolled back`);
    throw await withObservations(engine, name, null, failure);
  }
}

function dependentsIn(plan: RollbackPlan) {
  if (plan.kind === "restore") return plan.prepared.dependents;
  return plan.kind === "complete undo" ? plan.run.prepared.dependents : [];
}

/** Decides how the run is undone, and throws a failure where that is not allowed. Changes nothing. */
async function planRollback(
  engine: Engine,
  command: RollbackCommand,
  context: CommandContext,
  isSelf: IsSelf,
): Promise<RollbackPlan> {
  const current = await inspectNamed(engine, command.containerName);
  const action = await findAction(engine, command, context, current, isSelf);
  return { ...action, before: current && observationOf(current) };
}

async function findAction(
  engine: Engine,
  command: RollbackCommand,
  context: CommandContext,
  current: ContainerInspection | null,
  isSelf: IsSelf,
): Promise<RollbackAction> {
  const { containerName: name } = command;
  const entry = await context.journalOf(command.runCommandId);
  const run = entry === null ? null : readProgress(entry.phases);
  if (run !== null && run.prepared.exchange.name !== name) {
    throw new CommandFailure(
      "refused",
      `That deploy was of ${run.prepared.exchange.name} and not of ${name}, so it cannot be undone for ${name}: roll back ${run.prepared.exchange.name}.`,
    );
  }
  if (run !== null && run.prepared.exchange.previous === null) {
    return actionForCreated(name, run, current);
  }
  if (entry !== null && run === null) return { kind: "unchanged", current };
  const kept = await findKept(engine, command, run);
  if (kept !== null) {
    if (kept.Name === `/${name}`) return actionForReturned(name, run, kept);
    const prepared = await prepareRestore(engine, command, context, { run, current, kept });
    if (prepared !== null) {
      refuseDependents(name, prepared.dependents, context, isSelf);
      return { kind: "restore", prepared };
    }
  }
  if (run !== null || command.reference !== null) return { kind: "re-create" };
  if (current !== null && isForgotten(command.runCommandId)) {
    throw new CommandFailure(
      "not_found",
      `The agent no longer knows what that deploy did to ${name}, nor what ran before it: deploy the image that you want instead.`,
    );
  }
  return { kind: "unchanged", current };
}

function actionForCreated(
  name: string,
  run: Progress,
  current: ContainerInspection | null,
): RollbackAction {
  const { nextId, undone } = run;
  if (nextId === null || current === null) return { kind: "unchanged", current };
  if (current.Id === nextId) return { kind: "remove", id: nextId };
  if (undone !== null) return { kind: "unchanged", current };
  throw new CommandFailure(
    "refused",
    `${name} is not the container that this deploy created (${nextId.slice(0, 12)}), but a later one (${current.Id.slice(0, 12)}), so nothing was changed: remove that container on its server, or deploy the image that it should run.`,
  );
}

/** The run was undone already, but perhaps not completely. */
function actionForReturned(
  name: string,
  run: Progress | null,
  container: ContainerInspection,
): RollbackAction {
  const previous = run?.prepared.exchange.previous ?? null;
  if (run === null || previous === null || isRestored({ name }, previous, container)) {
    return { kind: "unchanged", current: container };
  }
  return { kind: "complete undo", run, container };
}

/**
 * Whether the command is so old that its journal entry has been removed: its id, a UUIDv7, begins with its
 * time.
 */
function isForgotten(commandId: string): boolean {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(commandId)) return false;
  return Date.now() - Number.parseInt(commandId.replace("-", "").slice(0, 12), 16) > keptAfterAckMs;
}

async function completeUndo(
  engine: Engine,
  name: string,
  { prepared: { exchange, dependents } }: Progress,
  container: ContainerInspection,
): Promise<RollbackResult> {
  if (exchange.previous === null) return unchanged(container);
  const { restartedAt } = await putBack(engine, { name }, exchange.previous, container);
  let failure: CommandFailure | null = null;
  await restartDependents(engine, dependents, restartedAt, (dependent, error) => {
    const sentence = `${name} is back, but ${dependent}, which depends on it, does not start again`;
    failure ??= failureOf(engine, error, "start_failed", sentence);
  });
  if (failure !== null) throw failure;
  const after = await inspectContainer(engine, container.Id);
  return { ...unchanged(after), outcome: "restored" };
}

async function findKept(
  engine: Engine,
  { containerName, runCommandId }: RollbackCommand,
  run: Progress | null,
): Promise<ContainerInspection | null> {
  const known = run?.prepared.exchange.previous?.id;
  if (known !== undefined) return await inspectContainer(engine, known);
  return await inspectNamed(engine, keptName(containerName, runCommandId));
}

async function removeCreated(engine: Engine, id: string): Promise<RollbackResult> {
  await stopContainer(engine, id);
  await removeContainer(engine, id);
  return { ...unchanged(null), outcome: "removed" };
}

/** Null where the kept container could not run, because a container whose namespaces it shares is gone. */
async function prepareRestore(
  engine: Engine,
  { containerName: name }: RollbackCommand,
  context: CommandContext,
  found: {
    run: Progress | null;
    current: ContainerInspection | null;
    kept: ContainerInspection;
  },
): Promise<Prepared | null> {
  const { run, current, kept } = found;
  const before = run?.prepared.exchange.previous ?? null;
  const running = before?.running ?? current?.State.Running ?? true;
  if (running && !(await namespaceProvidersRun(engine, kept))) return null;
  const survey = await surveyContainers(engine);
  const apiVersion = await apiVersionOf(engine);
  const dependents = current === null ? [] : dependentsOf(survey, current.Id, false);
  const exchange: Exchange = {
    name,
    next: {
      from: "kept",
      id: kept.Id,
      name: kept.Name.slice(1),
      running,
      paused: before?.paused ?? false,
      restarting: before?.restarting ?? false,
      // The agent set the kept container's policy to `no`; the current container has the same as it had before.
      restartPolicy: before?.restartPolicy ?? current?.HostConfig.RestartPolicy ?? { Name: "no" },
    },
    previousName: undoneName(name, context.commandId),
    previous:
      current === null ? null : await previousContainer(engine, current, null, apiVersion, survey),
  };
  return {
    exchange,
    order: "stop-first",
    starts: running,
    dependents: dependents.map(({ id, name: dependent, running: ran }) => ({
      id,
      name: dependent,
      running: ran,
    })),
  };
}

/** Whether the containers that this one shares namespaces with run. */
async function namespaceProvidersRun(
  engine: Engine,
  container: ContainerInspection,
): Promise<boolean> {
  const providers = referencesOf(container).namespaces.filter((one) => /^[0-9a-f]{64}$/.test(one));
  const found = await Promise.all(providers.map((other) => inspectContainer(engine, other)));
  return found.every((other) => other?.State.Running === true);
}

function optionsForKept({ gate }: RollbackCommand, apiVersion: string): ExchangeOptions {
  // It is known by its id, so its image needs no check.
  return {
    createFrom: null,
    networks: null,
    apiVersion,
    gate,
    startsDuringCleanup: false,
    accept: () => undefined,
  };
}

/** Last steps, after which there is nothing to undo: removes the replaced container and moves Compose's tag. */
async function finishRestore(
  engine: Engine,
  { runCommandId }: RollbackCommand,
  context: CommandContext,
  { previous }: Exchange,
  { container, downtimeMs }: ExchangeResult,
): Promise<RollbackResult> {
  if (previous !== null) {
    const entry = await context.journalOf(runCommandId);
    const run = entry === null ? null : readProgress(entry.phases);
    await removeUndone(engine, context, {
      id: previous.id,
      createdByRun: previous.id === run?.nextId,
    });
  }
  await moveComposeTag(engine, context, container.Config, container.Image);
  return { ...unchanged(container), outcome: "restored", downtimeMs };
}
