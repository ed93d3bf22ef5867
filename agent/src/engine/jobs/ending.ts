import { setTimeout as pause } from "node:timers/promises";
import { CommandFailure } from "../../command.ts";
import type { Engine } from "../client.ts";
import { watchContainer } from "../container/watch.ts";
import { type ContainerInspection, inspectContainer } from "../inspection.ts";

export type Ending =
  /** null: it was removed */
  { kind: "ended"; container: ContainerInspection | null } | { kind: "aborted" | "late" };

/** An event that is lost costs this long. */
const lookEveryMs = 30_000;

/**
 * Waits for the end of a container that was started: by the engine's events, and by a look now and then.
 * @param limitMs when to give up waiting, from now; what has ended by then counts as ended
 */
export async function untilEnded(
  engine: Engine,
  id: string,
  signal: AbortSignal,
  limitMs: number,
): Promise<Ending> {
  const over = new AbortController();
  const giveUp = new Promise<"late" | "aborted">((resolve) => {
    const timer = setTimeout(() => resolve("late"), Math.max(limitMs, 0));
    const abort = (): void => resolve("aborted");
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    over.signal.addEventListener("abort", () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    });
  });
  try {
    for (;;) {
      const watch = await watchContainer(engine, id);
      try {
        const container = await inspectContainer(engine, id);
        if (container === null || !container.State.Running) return { kind: "ended", container };
        watch.saw(container);
        const look = pause(lookEveryMs, "look" as const, { signal: over.signal });
        look.catch(() => undefined);
        const first = await Promise.race([watch.verdict, giveUp, look]);
        if (first === "late" || first === "aborted") {
          const now = await inspectContainer(engine, id);
          if (now === null || !now.State.Running) return { kind: "ended", container: now };
          return { kind: first };
        }
        if (first !== "look" && first.kind === "lost") {
          throw new CommandFailure("engine_unavailable", "The Docker Engine stopped answering.");
        }
      } finally {
        watch.close();
      }
    }
  } finally {
    over.abort();
  }
}
