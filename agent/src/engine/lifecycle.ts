import type { LifecycleCommand, LifecycleResult } from "@bridgeport/proto";
import { type CommandContext, CommandFailure } from "../commands/context.ts";
import type { Engine } from "./client.ts";
import { startContainer, stopContainer } from "./container-steps.ts";
import { endOf, existingContainer, exitFailure, failureOf } from "./failure.ts";
import { type ContainerInspection, inspectContainer, stateOf } from "./inspection.ts";
import type { IsSelf } from "./replacement-plan.ts";
import { takeTurns } from "./turns.ts";

/**
 * Starts, stops or restarts a container, with its own stop signal and timeout. A restart that was
 * cut off is not done a second time if it has taken place.
 */
export async function changeLifecycle(
  engine: Engine,
  { containerName: name, action }: LifecycleCommand,
  context: CommandContext,
  isSelf: IsSelf,
): Promise<LifecycleResult> {
  const release = await takeTurns(engine, [name], context, `The ${action} of ${name}`);
  try {
    const container = await existingContainer(engine, name);
    if (isSelf(container.Id) && action !== "start") {
      throw new CommandFailure(
        "refused",
        `${name} is the container that the agent itself runs in: ${action} it on its server.`,
      );
    }
    const begun = context.phases.findLast((phase) => phase.name === action);
    if (begun === undefined) {
      await context.phase(action, { startedAt: container.State.StartedAt });
    }
    const restarted = begun !== undefined && begun.data.startedAt !== container.State.StartedAt;
    if (action === "stop") await stop(engine, container);
    else if (action === "restart" && !restarted) await restart(engine, container);
    else if (!(restarted && container.State.Running)) await start(engine, container);
    return {
      kind: "lifecycle",
      state: stateOf(await existingContainer(engine, name, container.Id)),
    };
  } catch (error) {
    throw failureOf(engine, error, "engine_error", `The ${action} of ${name} failed`);
  } finally {
    release();
  }
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
