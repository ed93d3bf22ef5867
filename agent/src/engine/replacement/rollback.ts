import type { RollbackCommand, RollbackResult } from "@bridgeport/proto";
import { type CommandContext, CommandFailure, keptAfterAckMs } from "../../command.ts";
import type { Engine } from "../client.ts";
import {
  pauseContainer,
  removeContainer,
  rename,
  renameAway,
  startContainer,
  stopContainer,
} from "../container/steps.ts";
import { dependentsOf, referencesOf, surveyContainers } from "../container/survey.ts";
import { failureOf, failureToUndo } from "../failure.ts";
import { engineVersion } from "../host.ts";
import { moveComposeTag } from "../images/compose-tag.ts";
import {
  type ContainerInspection,
  inspectContainer,
  inspectNamed,
  type RestartPolicy,
} from "../inspection.ts";
import { keptName, undoneName } from "../names.ts";
import type { IsSelf } from "../self.ts";
import { recreateDependents, rejoinDependents, settleDependents } from "./dependents.ts";
import { isBack, putBack, undoFailure } from "./exchange.ts";
import { type Dependent, refuseDependents } from "./plan.ts";
import {
  recoverRecreation,
  recreatePrevious,
  removeUndone,
  unchanged,
} from "./recreate-previous.ts";
import { type RunJournal, readDependents, readRunJournal } from "./run-journal.ts";
import { takeTurns, turnsOf } from "./turns.ts";

/** What the journal holds while a kept container is put back. */
interface RestoreData {
  /** the container that goes; `ours`: the very one that the run made */
  undone: { id: string; running: boolean; ours: boolean } | null;
  kept: { id: string; running: boolean; paused: boolean; restartPolicy: RestartPolicy };
  dependents: Dependent[];
}

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
  const begun = context.phases.findLast((phase) => phase.name === "restore");
  const data = begun?.data as unknown as RestoreData | undefined;
  let names = namesIn(name, data?.dependents ?? []);
  for (;;) {
    // What is half done cannot be called off any more.
    const release = await (context.phases.length > 0
      ? turnsOf(engine).take(names)
      : takeTurns(engine, names, context, `The rollback of ${name}`));
    try {
      const answer =
        data === undefined
          ? await takeBack(engine, command, context, names, isSelf)
          : await restore(engine, command, context, data);
      if (answer === "recreate") break;
      if (!Array.isArray(answer)) return answer;
      names = answer;
    } catch (error) {
      throw failureOf(engine, error, "engine_error", `${name} could not be rolled back`);
    } finally {
      release();
    }
  }
  return await recreatePrevious(engine, command, context, isSelf);
}

function namesIn(name: string, dependents: readonly Dependent[]): string[] {
  return [name, ...dependents.map((dependent) => dependent.name)];
}

/**
 * Takes back what the run did, unless the container has to be made anew for that. Returns the names of
 * all containers that it changes where it has not the turns of them all: then nothing has changed yet.
 */
async function takeBack(
  engine: Engine,
  command: RollbackCommand,
  context: CommandContext,
  held: readonly string[],
  isSelf: IsSelf,
): Promise<RollbackResult | "recreate" | string[]> {
  const { containerName: name } = command;
  const removing = context.phases.findLast((phase) => phase.name === "remove");
  if (removing !== undefined) return await removeCreated(engine, String(removing.data.id));
  const entry = await context.journalOf(command.runCommandId);
  const run = entry === null ? null : readRunJournal(entry.phases);
  const current = await inspectNamed(engine, name);
  if (run !== null && run.prepared.exchange.previous === null) {
    const { nextId, undone } = run;
    if (nextId === null || current === null) return unchanged(current);
    if (current.Id !== nextId) {
      if (undone !== null) return unchanged(current);
      throw new CommandFailure(
        "refused",
        `${name} is not the container that this deploy created (${nextId.slice(0, 12)}), but a later one (${current.Id.slice(0, 12)}), which is left as it is: remove it on its server if it is to go, or deploy the image that it shall run.`,
      );
    }
    await context.phase("remove", { id: nextId });
    return await removeCreated(engine, nextId);
  }
  if (entry !== null && run === null) return unchanged(current);
  const kept = await findKept(engine, command, run);
  if (kept !== null) {
    if (kept.Name === `/${name}`) return await standUp(engine, name, run, kept);
    const data = await restoreData(engine, run, current, kept);
    if (data !== null) {
      refuseDependents(name, data.dependents, context, isSelf);
      const needed = namesIn(name, data.dependents);
      if (!needed.every((one) => held.includes(one))) return needed;
      await context.phase("restore", { ...data });
      return await restore(engine, command, context, data);
    }
  }
  if (run !== null || command.reference !== null) return "recreate";
  if (current !== null && isForgotten(command.runCommandId)) {
    throw new CommandFailure(
      "not_found",
      `It is not known any more what that deploy did to ${name}, nor what ran before it: deploy the image that you want instead.`,
    );
  }
  return unchanged(current);
}

/** Whether the journal would not know the command any more: its id, a UUIDv7, begins with its time. */
function isForgotten(commandId: string): boolean {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(commandId)) return false;
  return Date.now() - Number.parseInt(commandId.replace("-", "").slice(0, 12), 16) > keptAfterAckMs;
}

/** The run was taken back already, but perhaps not to the end: then it runs again now. */
async function standUp(
  engine: Engine,
  name: string,
  run: RunJournal | null,
  container: ContainerInspection,
): Promise<RollbackResult> {
  const previous = run?.prepared.exchange.previous ?? null;
  if (run === null || previous === null || isBack({ name }, previous, container)) {
    return unchanged(container);
  }
  const { restartedAt } = await putBack(engine, { name }, previous, container);
  let failure: CommandFailure | null = null;
  await rejoinDependents(engine, run.prepared.dependents, restartedAt, (dependent, error) => {
    const sentence = `${name} is back, but ${dependent}, which depends on it, does not start again`;
    failure ??= failureOf(engine, error, "start_failed", sentence);
  });
  if (failure !== null) throw failure;
  return { ...unchanged(container), outcome: "restored" };
}

async function findKept(
  engine: Engine,
  { containerName, runCommandId }: RollbackCommand,
  run: RunJournal | null,
): Promise<ContainerInspection | null> {
  const known = run?.prepared.exchange.previous?.id;
  if (known !== undefined) return await inspectContainer(engine, known);
  return await inspectNamed(engine, keptName(containerName, runCommandId));
}

/** The run had created the service's first container: it goes, and nothing takes its place. */
async function removeCreated(engine: Engine, id: string): Promise<RollbackResult> {
  await stopContainer(engine, id);
  await removeContainer(engine, id);
  return {
    kind: "rollback",
    containerId: null,
    imageId: null,
    outcome: "removed",
    downtimeMs: null,
  };
}

/** Null where the kept container could not run: what it shares namespaces with is gone. */
async function restoreData(
  engine: Engine,
  run: RunJournal | null,
  current: ContainerInspection | null,
  kept: ContainerInspection,
): Promise<RestoreData | null> {
  const previous = run?.prepared.exchange.previous ?? null;
  const running = previous?.running ?? current?.State.Running ?? true;
  if (running && !(await canJoin(engine, kept))) return null;
  const survey = await surveyContainers(engine);
  const dependents = current === null ? [] : dependentsOf(survey, current.Id, false);
  return {
    undone:
      current === null
        ? null
        : { id: current.Id, running: current.State.Running, ours: current.Id === run?.nextId },
    kept: {
      id: kept.Id,
      running,
      paused: previous?.paused ?? false,
      // The agent took the kept one's away, and gave the same to its successor.
      restartPolicy: previous?.restartPolicy ?? current?.HostConfig.RestartPolicy ?? { Name: "no" },
    },
    dependents: dependents.map(({ id, name, running: ran }) => ({ id, name, running: ran })),
  };
}

/** Whether the containers that this one shares namespaces with are there, and run. */
async function canJoin(engine: Engine, container: ContainerInspection): Promise<boolean> {
  const hosts = referencesOf(container).namespaces.filter((one) => /^[0-9a-f]{64}$/.test(one));
  const found = await Promise.all(hosts.map((other) => inspectContainer(engine, other)));
  return found.every((other) => other?.State.Running === true);
}

/** The names change hands before the stop, as in a deploy; only then does the service go down. */
async function restore(
  engine: Engine,
  { containerName: name, runCommandId }: RollbackCommand,
  context: CommandContext,
  { undone, kept, dependents }: RestoreData,
): Promise<RollbackResult> {
  let current: ContainerInspection | null = null;
  let downtimeMs: number | null = null;
  try {
    current = undone === null ? null : await inspectContainer(engine, undone.id);
    if (current !== null) await renameAway(engine, current.Id, undoneName(name, context.commandId));
    await rename(engine, kept.id, name);
    // Before its start: it may end at once, and be started again for its policy's sake alone.
    await engine.docker.getContainer(kept.id).update({ RestartPolicy: kept.restartPolicy });
    const stoppedAt = performance.now();
    if (current?.State.Running) await stopContainer(engine, current.Id);
    if (kept.running) await startContainer(engine, kept.id);
    if (kept.running && current?.State.Running)
      downtimeMs = Math.round(performance.now() - stoppedAt);
    if (kept.paused) await pauseContainer(engine, kept.id);
  } catch (error) {
    const failure = failureToUndo(
      engine,
      error,
      "start_failed",
      `The previous container of ${name} could not be put back`,
    );
    // Without the container that was to go, the kept one is all there is.
    if (failure.code === "engine_unavailable" || undone === null || current === null) throw failure;
    throw await undoRestore(engine, name, runCommandId, { undone, kept }, failure);
  }
  const { ApiVersion: apiVersion } = await engineVersion(engine);
  const cutOff = readDependents(context.phases);
  if ((await settleDependents(engine, context, cutOff, apiVersion)) === null) {
    await recreateDependents(engine, context, dependents, apiVersion);
  }
  if (undone !== null) await removeUndone(engine, context, undone);
  const container = await inspectContainer(engine, kept.id);
  if (container !== null) {
    await moveComposeTag(engine, context, container.Config, container.Image);
  }
  return {
    kind: "rollback",
    containerId: kept.id,
    imageId: container?.Image ?? null,
    outcome: "restored",
    downtimeMs,
  };
}

/** Better the container that was to go than none. */
async function undoRestore(
  engine: Engine,
  name: string,
  runCommandId: string,
  { undone, kept }: Pick<RestoreData, "kept"> & { undone: { id: string; running: boolean } },
  cause: CommandFailure,
): Promise<CommandFailure> {
  try {
    await stopContainer(engine, kept.id);
    await rename(engine, kept.id, keptName(name, runCommandId));
    await rename(engine, undone.id, name);
    if (undone.running) await startContainer(engine, undone.id);
    const RestartPolicy = { Name: "no", MaximumRetryCount: 0 };
    await engine.docker.getContainer(kept.id).update({ RestartPolicy });
    return cause;
  } catch (error) {
    return undoFailure(cause, error, name);
  }
}

/** Goes on with a rollback that was cut off. */
export async function recoverRollback(
  engine: Engine,
  command: RollbackCommand,
  context: CommandContext,
  isSelf: IsSelf,
): Promise<RollbackResult> {
  const { reference } = command;
  if (reference === null || readRunJournal(context.phases) === null) {
    return await rollBack(engine, command, context, isSelf);
  }
  return await recoverRecreation(engine, { ...command, reference }, context, isSelf);
}
