import type { LifecycleAction, LifecycleCommand, LifecycleResult } from "@bridgeport/proto";
import { type CommandContext, CommandFailure } from "../../command.ts";
import type { Engine } from "../client.ts";
import { endingPause, startContainer, stopContainer } from "../container/steps.ts";
import { namespaceDependentsOf, referencesOf, surveyContainers } from "../container/survey.ts";
import { endOf, existingContainer, failureOf } from "../failure.ts";
import { type ContainerInspection, inspectContainer, stateOf } from "../inspection.ts";
import { exitFailure } from "../logs/exit-failure.ts";
import type { IsSelf } from "../self.ts";
import { restartDependents } from "./dependents.ts";
import { enter, type LifecycleBegun, type Phase, readPhases } from "./phases.ts";
import { refuseMissingProviders } from "./providers.ts";
import { refuseDependents } from "./refusals.ts";

/**
 * Starts, stops or restarts a container, with its own stop signal and timeout. A restart that was
 * interrupted is not repeated if it has been done. When the container starts, containers that live in its
 * namespaces lose them: those that ran are restarted, too.
 */
export async function changeLifecycle(
  engine: Engine,
  { containerName: name, action }: LifecycleCommand,
  context: CommandContext,
  isSelf: IsSelf,
): Promise<LifecycleResult> {
  try {
    const { container, halfDone, begun } = await context.holding(
      () => look(engine, name, action, context, isSelf),
      (found) => [name, ...found.begun.dependents.map((dependent) => dependent.name)],
    );
    if (!halfDone) await enter(context, { name: action, ...begun });
    await carryOut(engine, container, action, begun);
    const after = await existingContainer(engine, name, container.Id);
    if (after.State.StartedAt !== begun.startedAt) {
      const { StartedAt: startedAt } = after.State;
      await restartDependents(engine, begun.dependents, startedAt, (dependent, error) => {
        const sentence = `${name} runs, but ${dependent}, which lives in its namespaces, does not start again`;
        throw failureOf(engine, error, "start_failed", sentence);
      });
    }
    return { kind: "lifecycle", state: stateOf(after) };
  } catch (error) {
    throw failureOf(engine, error, "engine_error", `The ${action} of ${name} failed`);
  }
}

interface Look {
  container: ContainerInspection;
  /** it was interrupted, and is continued */
  halfDone: boolean;
  begun: LifecycleBegun;
}

/** Finds out what has to be changed, and throws a failure where that is not allowed. Changes nothing. */
async function look(
  engine: Engine,
  name: string,
  action: LifecycleAction,
  context: CommandContext,
  isSelf: IsSelf,
): Promise<Look> {
  const container = await existingContainer(engine, name);
  if (isSelf(container.Id) && action !== "start") {
    throw new CommandFailure(
      "refused",
      `${name} is the container that the agent itself runs in: ${action} it on its server.`,
    );
  }
  const before = readPhases(context.phases).findLast(
    (phase): phase is Phase & LifecycleBegun => phase.name === action,
  );
  if (before !== undefined) return { container, halfDone: true, begun: before };
  const { StartedAt: startedAt, Running: runs } = container.State;
  const starts = action === "restart" || (action === "start" && !runs);
  if (!starts) return { container, halfDone: false, begun: { startedAt, dependents: [] } };
  const survey = await surveyContainers(engine);
  const check = { name, references: referencesOf(container), exists: runs, starts: true };
  refuseMissingProviders(check, survey, `${action} it`);
  const dependents = namespaceDependentsOf(survey, container.Id)
    .filter(({ running }) => running)
    .map(({ id, name: dependent }) => ({ id, name: dependent, running: true }));
  refuseDependents(name, dependents, context, isSelf);
  return { container, halfDone: false, begun: { startedAt, dependents } };
}

async function carryOut(
  engine: Engine,
  container: ContainerInspection,
  action: LifecycleAction,
  { startedAt }: LifecycleBegun,
): Promise<void> {
  const restarted = startedAt !== container.State.StartedAt;
  if (action === "stop") await stop(engine, container);
  else if (action === "restart" && !restarted) await restart(engine, container);
  else if (!(restarted && container.State.Running)) await start(engine, container);
}

async function stop(engine: Engine, container: ContainerInspection): Promise<void> {
  try {
    await stopContainer(engine, container.Id);
  } catch (error) {
    throw failureOf(engine, error, "stop_failed", `${container.Name.slice(1)} does not stop`);
  }
}

/**
 * Uses the engine's own restart, which also ends a pause, and does not remove a `--rm` container in
 * between.
 */
async function restart(engine: Engine, container: ContainerInspection): Promise<void> {
  const name = container.Name.slice(1);
  try {
    const again = engine.docker.getContainer(container.Id);
    await endingPause(engine, container.Id, () => again.restart());
  } catch (error) {
    const after = await inspectContainer(engine, container.Id).catch(() => null);
    if (after?.State.Running) {
      throw failureOf(engine, error, "stop_failed", `${name} does not stop`);
    }
    const failure = failureOf(engine, error, "start_failed", `${name} does not start again`);
    if (failure.code !== "start_failed" || after === null) throw failure;
    throw await exitFailure(engine, after, failure.code, failure.message);
  }
}

async function start(engine: Engine, container: ContainerInspection): Promise<void> {
  const name = container.Name.slice(1);
  try {
    if (container.State.Paused) await engine.docker.getContainer(container.Id).unpause();
    else await startContainer(engine, container.Id);
  } catch (error) {
    const failure = failureOf(engine, error, "start_failed", `${name} does not start`);
    if (failure.code !== "start_failed") throw failure;
    throw await exitFailure(
      engine,
      container,
      "start_failed",
      `${failure.message} (before, it ${endOf(container)})`,
    );
  }
}
