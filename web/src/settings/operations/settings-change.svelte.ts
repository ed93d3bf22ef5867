import type { OperationsSettings } from "$lib/api/model.ts";
import { Action } from "$lib/components/action.svelte.ts";

type Changes = Partial<OperationsSettings>;

/** Settings of an environment, each of which is saved when it is changed; one change at a time. */
export class SettingsChange {
  readonly #send: (changes: Changes) => Promise<unknown>;
  readonly #saved: () => void;
  readonly #action = new Action();

  /**
   * @param send saves changes, and shows what is stored then
   * @param saved is called after each that was saved
   */
  constructor(send: (changes: Changes) => Promise<unknown>, saved: () => void) {
    this.#send = send;
    this.#saved = saved;
  }

  get running(): boolean {
    return this.#action.running;
  }

  /** Why the last change was not saved. */
  get error(): string | null {
    return this.#action.error;
  }

  async make(changes: Changes): Promise<void> {
    if (await this.#action.run(() => this.#send(changes))) this.#saved();
  }
}
