import { api } from "$lib/api/client.ts";
import type { DryRun } from "$lib/api/model.ts";
import { Action } from "$lib/components/action.svelte.ts";

/** What is asked for, as the API takes it. */
export type PlanBody = NonNullable<
  Parameters<typeof api.post<"/api/environments/{envId}/deployment-plans">>[1]["body"]
>;

/**
 * A plan on its way from a choice to its start:
 *
 *   choosing ──build──▶ previewed ──confirm──▶ started
 *       ▲──────back / close─────┘ (the pending plan is cancelled)
 */
export class PlanDraft {
  /** the plan that was built, with what it would do */
  preview = $state.raw<DryRun | null>(null);
  readonly building = new Action();
  readonly starting = new Action();

  /** Builds the plan, pending, and asks every server what it would change. */
  async build(environmentId: string, body: PlanBody): Promise<void> {
    const path = { envId: environmentId };
    await this.buildBy(() =>
      api.post("/api/environments/{envId}/deployment-plans", { path, body }),
    );
  }

  /** @param make builds a plan, pending */
  async buildBy(make: () => Promise<{ plan: { id: string } }>): Promise<void> {
    await this.building.run(async () => {
      const { plan } = await make();
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
