import type { LifecycleAction, LifecycleCommand, LifecycleResult } from "@bridgeport/proto";
import { type CommandContext, CommandFailure } from "../../command.ts";
import type { Engine } from "../client.ts";
import { startContainer, stopContainer } from "../container/steps.ts";
import { lodgersOf, surveyContainers } from "../container/survey.ts";
import { endOf, existingContainer, failureOf } from "../failure.ts";
import { type ContainerInspection, inspectContainer, stateOf } from "../inspection.ts";
import { exitFailure } from "../logs/exit-failure.ts";
import type { IsSelf } from "../self.ts";
import { rejoinDependents } from "./dependents.ts";
import { type Dependent, refuseDependents } from "./plan.ts";
import { takeTurns } from "./turns.ts";

/**
 * Starts, stops or restarts a container, with its own stop signal and timeout. A restart that was
 * cut off is not done a second time if it has taken place. Containers that live in its namespaces
 * have lost them when it has started: those that ran are started again as well.
 */
export async function changeLifecycle(
  engine: Engine,
  { containerName: name, action }: LifecycleCommand,
  context: CommandContext,
  isSelf: IsSelf,
): Promise<LifecycleResult> {
  let names = [name];
  for (;;) {
    const release = await takeTurns(engine, names, context, `The ${action} of ${name}`);
    try {
      const container = await existingContainer(engine, name);
      if (isSelf(container.Id) && action !== "start") {
        throw new CommandFailure(
          "refused",
          `${name} is the container that the agent itself runs in: ${action} it on its server.`,
        );
      }
      const halfDone = beginning(context, action);
      const begun = halfDone ?? (await look(engine, container, action));
      if (halfDone === null) refuseDependents(name, begun.lodgers, context, isSelf);
      const needed = [name, ...begun.lodgers.map((lodger) => lodger.name)];
      if (!needed.every((one) => names.includes(one))) {
        names = needed;
        continue;
      }
      if (halfDone === null) await context.phase(action, { ...begun });
      await carryOut(engine, container, action, begun);
      const after = await existingContainer(engine, name, container.Id);
      if (after.State.StartedAt !== begun.startedAt) {
        await rejoinDependents(engine, begun.lodgers, after.State.StartedAt, (lodger, error) => {
          const sentence = `${name} runs, but ${lodger}, which lives in its namespaces, does not start again`;
          throw failureOf(engine, error, "start_failed", sentence);
        });
      }
      return { kind: "lifecycle", state: stateOf(after) };
    } catch (error) {
      throw failureOf(engine, error, "engine_error", `The ${action} of ${name} failed`);
    } finally {
      release();
    }
  }
}

/** What the journal holds from the first change on. */
interface Beginning {
  /** when the container had been started, as the engine says it */
  startedAt: string;
  /** containers in its namespaces that are to run again after it has started */
  lodgers: Dependent[];
}

function beginning(context: CommandContext, action: LifecycleAction): Beginning | null {
  const phase = context.phases.findLast(({ name }) => name === action);
  if (phase === undefined) return null;
  const data = phase.data as unknown as Beginning & { lodgers?: Dependent[] };
  // None in what was journaled before they were looked for.
  return { ...data, lodgers: data.lodgers ?? [] };
}

async function look(
  engine: Engine,
  { Id: id, State: state }: ContainerInspection,
  action: LifecycleAction,
): Promise<Beginning> {
  const starts = action === "restart" || (action === "start" && !state.Running);
  const lodgers = starts ? lodgersOf(await surveyContainers(engine), id) : [];
  return {
    startedAt: state.StartedAt,
    lodgers: lodgers
      .filter(({ running }) => running)
      .map((lodger) => ({ id: lodger.id, name: lodger.name, running: true })),
  };
}

async function carryOut(
  engine: Engine,
  container: ContainerInspection,
  action: LifecycleAction,
  { startedAt }: Beginning,
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

/** The engine's own restart, which ends a pause and keeps it from removing a `--rm` container in between. */
async function restart(engine: Engine, container: ContainerInspection): Promise<void> {
  const name = container.Name.slice(1);
  try {
    await engine.docker.getContainer(container.Id).restart();
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
