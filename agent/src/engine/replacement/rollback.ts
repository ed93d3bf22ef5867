import type { Observation, RollbackCommand, RollbackResult } from "@bridgeport/proto";
import { type CommandContext, CommandFailure, keptAfterAckMs } from "../../command.ts";
import type { Engine } from "../client.ts";
import { removeContainer, stopContainer } from "../container/steps.ts";
import { dependentsOf, referencesOf, surveyContainers } from "../container/survey.ts";
import { failureOf } from "../failure.ts";
import { engineVersion } from "../host.ts";
import { moveComposeTag } from "../images/compose-tag.ts";
import { type ContainerInspection, inspectContainer, inspectNamed } from "../inspection.ts";
import { keptName, undoneName } from "../names.ts";
import type { IsSelf } from "../self.ts";
import { rejoinDependents } from "./dependents.ts";
import { type Exchange, isBack, putBack } from "./exchange.ts";
import { observationOf, withObservations } from "./observation.ts";
import {
  enter,
  type Prepared,
  type Progress,
  type RollbackNames,
  readPhases,
  readProgress,
} from "./phases.ts";
import { previousContainer, refuseDependents } from "./plan.ts";
import {
  recoverRecreation,
  recreatePrevious,
  removeUndone,
  unchanged,
} from "./recreate-previous.ts";
import { carryOut, type Exchanged, type Means, recover } from "./transaction.ts";

/** What has to be done to take a run back, and what had the service's name when that was found out. */
type Way = Kind & { before: Observation | null };

type Kind =
  /** nothing is to be undone */
  | { kind: "unchanged"; current: ContainerInspection | null }
  /** the run created the service's first container: it goes, and nothing takes its place */
  | { kind: "remove"; id: string }
  /** the previous container has its name again already, but is not as it was */
  | { kind: "stand up"; run: Progress; container: ContainerInspection }
  /** the previous container is kept: it takes its place again */
  | { kind: "restore"; prepared: Prepared }
  /** the previous container is gone: one of the recorded specification and digest takes its place */
  | { kind: "re-create" };

/**
 * Takes a run back: the very container that it replaced, where that is still kept; otherwise a new
 * one of the recorded specification and digest. May be repeated at any point.
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
    const way = await context.holding(
      () => findWay(engine, command, context, isSelf),
      (found) => [name, ...dependentsIn(found).map((dependent) => dependent.name)],
    );
    before = way.before;
    switch (way.kind) {
      case "unchanged":
        return unchanged(way.current);
      case "remove":
        await enter(context, { name: "remove", id: way.id });
        return { ...(await removeCreated(engine, way.id)), before };
      case "stand up":
        return { ...(await standUp(engine, name, way.run, way.container)), before };
      case "restore": {
        const { ApiVersion: apiVersion } = await engineVersion(engine);
        const means = meansOfKept(command, apiVersion);
        const exchanged = await carryOut(engine, context, way.prepared, means);
        const result = await restored(engine, command, context, way.prepared.exchange, exchanged);
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

/** Goes on with a rollback that was cut off. */
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
    const { ApiVersion: apiVersion } = await engineVersion(engine);
    const exchanged = await recover(engine, context, progress, apiVersion, async () =>
      meansOfKept(command, apiVersion),
    );
    return exchanged === null
      ? await rollBack(engine, command, context, isSelf)
      : await restored(engine, command, context, exchange, exchanged);
  } catch (error) {
    const failure = failureOf(engine, error, "engine_error", `${name} could not be rolled back`);
    throw await withObservations(engine, name, null, failure);
  }
}

function dependentsIn(way: Way) {
  if (way.kind === "restore") return way.prepared.dependents;
  return way.kind === "stand up" ? way.run.prepared.dependents : [];
}

/** Finds out how the run is taken back, and refuses what must not be done. Changes nothing. */
async function findWay(
  engine: Engine,
  command: RollbackCommand,
  context: CommandContext,
  isSelf: IsSelf,
): Promise<Way> {
  const current = await inspectNamed(engine, command.containerName);
  const kind = await findKind(engine, command, context, current, isSelf);
  return { ...kind, before: current && observationOf(current) };
}

async function findKind(
  engine: Engine,
  command: RollbackCommand,
  context: CommandContext,
  current: ContainerInspection | null,
  isSelf: IsSelf,
): Promise<Kind> {
  const { containerName: name } = command;
  const entry = await context.journalOf(command.runCommandId);
  const run = entry === null ? null : readProgress(entry.phases);
  if (run !== null && run.prepared.exchange.previous === null) {
    return wayOfCreated(name, run, current);
  }
  if (entry !== null && run === null) return { kind: "unchanged", current };
  const kept = await findKept(engine, command, run);
  if (kept !== null) {
    if (kept.Name === `/${name}`) return wayOfReturned(name, run, kept);
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

function wayOfCreated(name: string, run: Progress, current: ContainerInspection | null): Kind {
  const { nextId, undone } = run;
  if (nextId === null || current === null) return { kind: "unchanged", current };
  if (current.Id === nextId) return { kind: "remove", id: nextId };
  if (undone !== null) return { kind: "unchanged", current };
  throw new CommandFailure(
    "refused",
    `${name} is not the container that this deploy created (${nextId.slice(0, 12)}), but a later one (${current.Id.slice(0, 12)}), which is left as it is: remove it on its server if it is to go, or deploy the image that it shall run.`,
  );
}

/** The run was taken back already, but perhaps not to the end. */
function wayOfReturned(name: string, run: Progress | null, container: ContainerInspection): Kind {
  const previous = run?.prepared.exchange.previous ?? null;
  if (run === null || previous === null || isBack({ name }, previous, container)) {
    return { kind: "unchanged", current: container };
  }
  return { kind: "stand up", run, container };
}

/** Whether the journal would no longer know the command: its id, a UUIDv7, begins with its time. */
function isForgotten(commandId: string): boolean {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(commandId)) return false;
  return Date.now() - Number.parseInt(commandId.replace("-", "").slice(0, 12), 16) > keptAfterAckMs;
}

async function standUp(
  engine: Engine,
  name: string,
  { prepared: { exchange, dependents } }: Progress,
  container: ContainerInspection,
): Promise<RollbackResult> {
  if (exchange.previous === null) return unchanged(container);
  const { restartedAt } = await putBack(engine, { name }, exchange.previous, container);
  let failure: CommandFailure | null = null;
  await rejoinDependents(engine, dependents, restartedAt, (dependent, error) => {
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

/** Null where the kept container could not run: what it shares namespaces with is gone. */
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
  if (running && !(await canJoin(engine, kept))) return null;
  const survey = await surveyContainers(engine);
  const { ApiVersion: apiVersion } = await engineVersion(engine);
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
      // The agent took the kept one's away, and gave the same to its successor.
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

/** Whether the containers that this one shares namespaces with are there, and run. */
async function canJoin(engine: Engine, container: ContainerInspection): Promise<boolean> {
  const hosts = referencesOf(container).namespaces.filter((one) => /^[0-9a-f]{64}$/.test(one));
  const found = await Promise.all(hosts.map((other) => inspectContainer(engine, other)));
  return found.every((other) => other?.State.Running === true);
}

function meansOfKept({ gate }: RollbackCommand, apiVersion: string): Means {
  // It is the very container, known by its id.
  return { make: null, apiVersion, gate, closely: false, accept: () => undefined };
}

/** From here on there is nothing to be undone. */
async function restored(
  engine: Engine,
  { runCommandId }: RollbackCommand,
  context: CommandContext,
  { previous }: Exchange,
  { container, downtimeMs }: Exchanged,
): Promise<RollbackResult> {
  if (previous !== null) {
    const entry = await context.journalOf(runCommandId);
    const run = entry === null ? null : readProgress(entry.phases);
    await removeUndone(engine, context, { id: previous.id, ours: previous.id === run?.nextId });
  }
  await moveComposeTag(engine, context, container.Config, container.Image);
  return { ...unchanged(container), outcome: "restored", downtimeMs };
}
