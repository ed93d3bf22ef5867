import type { Observation } from "@bridgeport/proto";
import { CommandFailure } from "../../command.ts";
import type { Engine } from "../client.ts";
import { type ContainerInspection, healthOf, inspectNamed } from "../inspection.ts";

/** A container as the engine describes it at this moment, for results. */
export function observationOf(container: ContainerInspection): Observation {
  const { State: state } = container;
  const ended = !state.Running && Date.parse(state.StartedAt) > 0;
  return {
    containerId: container.Id,
    imageId: container.Image,
    running: state.Running,
    health: healthOf(container),
    name: container.Name.replace(/^\//, ""),
    exitCode: ended ? state.ExitCode : null,
  };
}

/** The same error; a failure also gets the service's container before the change and at this moment. */
export async function withObservations(
  engine: Engine,
  name: string,
  before: Observation | null,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof CommandFailure) || error.code === "engine_unavailable") return error;
  try {
    const container = await inspectNamed(engine, name);
    error.observed = { before, after: container === null ? null : observationOf(container) };
  } catch {
    // The failure has to be reported even if the container cannot be inspected.
  }
  return error;
}
