import type { Database } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { releaseSyncLease, takeSyncLease } from "./sync.store.ts";

/*
 * One synchronisation of an image at a time. In this process: one runs, and a caller that comes
 * meanwhile shares the one that follows it. Over all replicas: a lease in the database, prolonged
 * while the work goes on; when a replica dies the lease runs out.
 */

const leaseSeconds = 45;
const prolongEveryMs = 15_000;
const lookAgainMs = 250;
const patienceMs = 90_000;

export interface SyncLease {
  owner: string;
  /** aborted when the lease is lost */
  signal: AbortSignal;
}

interface Checks<T> {
  running: Promise<T>;
  /** starts when `running` has ended; shared by all callers that wait */
  next: Promise<T> | null;
}

export class SyncQueue {
  readonly #database: Database;
  readonly #images = new Map<string, Checks<unknown>>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Does the work when the one before it has ended; `busy` when another replica does not come to an end. */
  async run<T>(imageId: string, work: (lease: SyncLease) => Promise<T>): Promise<T | "busy"> {
    const checks = this.#images.get(imageId) as Checks<T | "busy"> | undefined;
    if (checks === undefined) return this.#begin(imageId, work);
    checks.next ??= checks.running.then(
      () => this.#begin(imageId, work),
      () => this.#begin(imageId, work),
    );
    return checks.next;
  }

  #begin<T>(imageId: string, work: (lease: SyncLease) => Promise<T>): Promise<T | "busy"> {
    const running = this.#underLease(imageId, work);
    const checks: Checks<T | "busy"> = { running, next: null };
    this.#images.set(imageId, checks);
    const end = () => {
      if (this.#images.get(imageId) === checks && checks.next === null)
        this.#images.delete(imageId);
    };
    running.then(end, end);
    return running;
  }

  async #underLease<T>(
    imageId: string,
    work: (lease: SyncLease) => Promise<T>,
  ): Promise<T | "busy"> {
    const owner = newId();
    const giveUpAt = Date.now() + patienceMs;
    for (;;) {
      const lease = await takeSyncLease(this.#database, imageId, owner, leaseSeconds);
      // Without an image there is nothing to guard; the work finds that out.
      if (lease !== "held") break;
      if (Date.now() > giveUpAt) return "busy";
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs * (0.5 + Math.random())));
    }
    const lost = new AbortController();
    const prolong = setInterval(() => {
      takeSyncLease(this.#database, imageId, owner, leaseSeconds).then(
        (lease) => {
          if (lease !== "taken") lost.abort();
        },
        // The database is away: the lease is, too, if that lasts.
        () => {},
      );
    }, prolongEveryMs);
    try {
      return await work({ owner, signal: lost.signal });
    } finally {
      clearInterval(prolong);
      await releaseSyncLease(this.#database, imageId, owner);
    }
  }
}
