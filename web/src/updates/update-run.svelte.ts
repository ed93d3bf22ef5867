import type { PlannedUpdate } from "./behind.ts";

/** What became of an update: its plan, or a sentence that says why there is none. */
export type UpdateResult = { planId: string } | { error: string };

/** Starts a plan for each of several updates, one after the other. */
export class UpdateRun {
  running = $state(false);
  #results = $state.raw<ReadonlyMap<string, UpdateResult>>(new Map());
  readonly #updates: readonly PlannedUpdate[];
  readonly #start: (update: PlannedUpdate) => Promise<UpdateResult>;

  /** @param start starts the plan of one; it does not throw */
  constructor(
    updates: readonly PlannedUpdate[],
    start: (update: PlannedUpdate) => Promise<UpdateResult>,
  ) {
    this.#updates = updates;
    this.#start = start;
  }

  /** undefined: not started yet */
  resultOf({ digestId }: PlannedUpdate): UpdateResult | undefined {
    return this.#results.get(digestId);
  }

  /** Whether any of them has begun: what they have in common can no longer be changed. */
  get begun(): boolean {
    return this.running || this.#results.size > 0;
  }

  get done(): boolean {
    return !this.running && this.#results.size === this.#updates.length;
  }

  /** Those that have not been started; nothing while it runs already. */
  async start(): Promise<void> {
    if (this.running) return;
    this.running = true;
    for (const update of this.#updates) {
      if (this.#results.has(update.digestId)) continue;
      this.#results = new Map(this.#results).set(update.digestId, await this.#start(update));
    }
    this.running = false;
  }
}
