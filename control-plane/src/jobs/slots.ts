import type { WorkerEvents } from "graphile-worker";

/**
 * Lets a kind of job have so many of a process's workers and no more, so that slow jobs leave room
 * for others. What is full is named as a flag of jobs that are left alone. Workers look for jobs
 * one after the other: two that look at once would both see the last free place.
 */
export class JobSlots {
  readonly #most: ReadonlyMap<string, number>;
  readonly #active = new Map<string, number>();
  #turn = Promise.resolve();
  #endTurn = () => {};

  /** @param most how many at once, by the name of the task */
  constructor(most: ReadonlyMap<string, number>) {
    this.#most = most;
  }

  /** Waits for this worker's turn to look. @returns the tasks that have no place left */
  async full(): Promise<string[]> {
    const before = this.#turn;
    let end = () => {};
    this.#turn = new Promise((resolve) => {
      end = resolve;
    });
    await before;
    this.#endTurn = end;
    return [...this.#most].flatMap(([task, most]) =>
      (this.#active.get(task) ?? 0) >= most ? [task] : [],
    );
  }

  /** Follows what workers take and finish. */
  follow(events: WorkerEvents): void {
    events.on("job:start", ({ job }) => {
      this.#count(job.task_identifier, 1);
      this.#endTurn();
    });
    events.on("job:complete", ({ job }) => this.#count(job.task_identifier, -1));
    events.on("worker:getJob:empty", () => this.#endTurn());
    events.on("worker:getJob:error", () => this.#endTurn());
  }

  #count(task: string, by: 1 | -1): void {
    this.#active.set(task, (this.#active.get(task) ?? 0) + by);
  }
}
