import { type Engine, Memory } from "../client.ts";
import type { ContainerInspection } from "../inspection.ts";

/** One run of a container: from a start to the end that follows. */
interface Run {
  /** the engine's own time of the start, which tells one run from another */
  startedAt: string;
  /** when the agent first saw it, by its monotonic clock */
  seenAt: number;
}

/** by container id */
const runs = new Memory(() => new Map<string, Run>());

/**
 * How long a container has run without a stop, as far as this agent has seen it: the time since it
 * first saw this very run. The engine's clock is not compared with the agent's, which may differ.
 * 0 for one that does not run.
 */
export function runningForMs(
  engine: Engine,
  { Id: id, State: state }: Pick<ContainerInspection, "Id" | "State">,
): number {
  const seen = engine.recall(runs);
  if (!state.Running) {
    seen.delete(id);
    return 0;
  }
  const now = performance.now();
  const known = seen.get(id);
  if (known?.startedAt === state.StartedAt) return now - known.seenAt;
  seen.set(id, { startedAt: state.StartedAt, seenAt: now });
  return 0;
}

/** The container is gone. */
export function forgetRun(engine: Engine, id: string): void {
  engine.recall(runs).delete(id);
}
