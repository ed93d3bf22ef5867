import { CommandFailure, type Permission } from "../command.ts";

/** What is known of commands: whether one has succeeded, and null while it has no outcome. */
export interface Outcomes {
  succeeded(commandId: string): boolean | null;
}

/**
 * Lets commands wait for others of this agent: those that have to succeed before a command may change
 * anything that runs. They need not have been delivered yet.
 */
export class Permissions {
  readonly #outcomes: Outcomes;
  /** what to do when one of the commands that are waited for ends */
  readonly #waiting = new Set<() => void>();
  /** commands that need not wait any longer */
  readonly #given = new Set<string>();

  constructor(outcomes: Outcomes) {
    this.#outcomes = outcomes;
  }

  /** To be called whenever a command has got its outcome. */
  ended(commandId: string): void {
    this.#given.delete(commandId);
    this.#look();
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** The control plane knows that all that this command waits for has succeeded. */
  give(commandId: string): void {
    this.#given.add(commandId);
    this.#look();
  }

  /** The permission of a command that comes after these; null where it need not wait for any. */
  of(commandId: string, after: readonly string[]): Permission | null {
    if (after.length === 0) return null;
    const state = (): boolean | null => {
      if (this.#given.has(commandId)) return true;
      const outcomes = after.map((id) => this.#outcomes.succeeded(id));
      if (outcomes.includes(false)) return false;
      return outcomes.includes(null) ? null : true;
    };
    return {
      get given() {
        return state() === true;
      },
      wait: (signal) =>
        new Promise((resolve, reject) => {
          const end = (settle: () => void): void => {
            this.#waiting.delete(look);
            signal.removeEventListener("abort", abort);
            settle();
          };
          const look = (): void => {
            const given = state();
            if (given === true) end(resolve);
            if (given === false) end(() => reject(refusal()));
          };
          const abort = (): void => end(() => reject(signal.reason));
          this.#waiting.add(look);
          signal.addEventListener("abort", abort, { once: true });
          if (signal.aborted) abort();
          else look();
        }),
    };
  }
}

function refusal(): CommandFailure {
  return new CommandFailure(
    "cancelled",
    "What this had to wait for has failed, so nothing was changed.",
  );
}
