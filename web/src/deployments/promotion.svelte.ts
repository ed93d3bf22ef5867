import { api } from "$lib/api/client.ts";
import type { DryRun } from "$lib/api/model.ts";
import { Action } from "$lib/components/action.svelte.ts";

/** An image of the other environment that is not part of the plan, and why. */
export interface NotPromoted {
  image: { id: string; name: string; imageName: string };
  reason: string;
}

/**
 * What another environment runs, on its way here:
 *
 *   choosing ──preview──▶ previewed ──confirm──▶ started
 *       ▲───────back / close──────┘ (the pending plan is cancelled)
 */
export class Promotion {
  readonly #environmentId: string;
  fromEnvironmentId = $state("");
  /** in minutes; null: it is not asked whether it was healthy there */
  healthyMinutes = $state<number | null>(null);
  preview = $state.raw<DryRun | null>(null);
  leftOut = $state.raw<NotPromoted[]>([]);
  readonly building = new Action();
  readonly starting = new Action();

  constructor(environmentId: string) {
    this.#environmentId = environmentId;
  }

  /** Makes the plan, pending, and asks every server what it would change. */
  async build(): Promise<void> {
    await this.building.run(async () => {
      const { plan, leftOut } = await api.post("/api/environments/{envId}/promote", {
        path: { envId: this.#environmentId },
        body: {
          fromEnvironmentId: this.fromEnvironmentId,
          ...(this.healthyMinutes === null ? {} : { healthyForMs: this.healthyMinutes * 60_000 }),
          execute: false,
        },
      });
      this.leftOut = leftOut;
      try {
        this.preview = await api.post("/api/deployment-plans/{id}/execute", {
          path: { id: plan.id },
          query: { dryRun: "true" },
        });
      } catch (error) {
        await cancel(plan.id);
        throw error;
      }
    });
  }

  /** Starts the plan that was shown; its id if it started. */
  async confirm(): Promise<string | null> {
    const id = this.preview?.plan.id;
    if (id === undefined) return null;
    const started = await this.starting.run(() =>
      api.post("/api/deployment-plans/{id}/execute", { path: { id } }),
    );
    return started ? id : null;
  }

  /** Gives the shown plan up. */
  discard(): void {
    const id = this.preview?.plan.id;
    this.preview = null;
    this.starting.clear();
    if (id !== undefined) void cancel(id);
  }
}

/** A preview that is no longer wanted is only untidy: that it could not be cancelled is no news. */
async function cancel(id: string): Promise<void> {
  try {
    await api.post("/api/deployment-plans/{id}/cancel", { path: { id } });
  } catch {
    // it has ended otherwise
  }
}
