import type { CommandContext } from "../../command.ts";
import type { Engine } from "../client.ts";
import { abortFailure } from "../failure.ts";

/**
 * Containers that depend on one another are replaced together, which the order of commands cannot
 * know beforehand: here each change of containers waits for its turn, by name. All that a change
 * needs is given to it at once, and who waits holds nothing, so nobody waits in a circle.
 */
export class Turns {
  readonly #held = new Set<string>();
  /** in the order they came */
  readonly #waiting: Waiting[] = [];

  /**
   * Resolves when all `names` are the caller's; they are until the returned function is called, and
   * until then the caller takes no more. Rejects with the signal's reason if that comes first.
   */
  take(names: readonly string[], signal?: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal?.reason);
        this.#give();
      };
      const waiting: Waiting = {
        names,
        begin: () => {
          signal?.removeEventListener("abort", giveUp);
          resolve(() => {
            for (const name of names) this.#held.delete(name);
            this.#give();
          });
        },
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#waiting.push(waiting);
      this.#give();
    });
  }

  #give(): void {
    const taken = new Set(this.#held);
    for (const waiting of [...this.#waiting]) {
      const isFree = waiting.names.every((name) => !taken.has(name));
      // Also for one that waits: nobody who came later may overtake it on its containers.
      for (const name of waiting.names) taken.add(name);
      if (!isFree) continue;
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      for (const name of waiting.names) this.#held.add(name);
      waiting.begin();
    }
  }
}

interface Waiting {
  names: readonly string[];
  begin(): void;
}

const byEngine = new WeakMap<Engine, Turns>();

/** The turns of one engine's containers. */
export function turnsOf(engine: Engine): Turns {
  let turns = byEngine.get(engine);
  if (turns === undefined) {
    turns = new Turns();
    byEngine.set(engine, turns);
  }
  return turns;
}

/**
 * Takes the turns of a command that has changed nothing so far: it may still be cancelled, or run out
 * of time. `what` begins the sentence of that failure, such as "The deploy of web".
 */
export async function takeTurns(
  engine: Engine,
  names: readonly string[],
  { signal, deadlineAt }: Pick<CommandContext, "signal" | "deadlineAt">,
  what: string,
): Promise<() => void> {
  try {
    return await turnsOf(engine).take(names, signal);
  } catch {
    throw abortFailure(signal, deadlineAt, what);
  }
}
