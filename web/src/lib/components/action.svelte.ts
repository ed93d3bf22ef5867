import { sentence } from "../api/problem.ts";

/**
 * Something a person starts: it cannot be sent twice, `busy` shows only where it takes
 * longer than 300 ms, and the error of the last attempt stays until the next.
 */
export class Action {
  /** from the start to the end: refuse a second press */
  running = $state(false);
  /** worth showing */
  busy = $state(false);
  /** what was thrown, for the fields that it names */
  problem = $state.raw<unknown>(null);
  readonly error = $derived(this.problem === null ? null : sentence(this.problem));

  /** Runs `work` unless it runs already; true if it succeeded. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    if (this.running) return false;
    this.running = true;
    this.problem = null;
    const timer = setTimeout(() => {
      this.busy = true;
    }, 300);
    try {
      await work();
      return true;
    } catch (error) {
      this.problem = error;
      return false;
    } finally {
      clearTimeout(timer);
      this.running = false;
      this.busy = false;
    }
  }

  clear(): void {
    this.problem = null;
  }
}
