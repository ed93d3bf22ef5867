import { api } from "$lib/api/client.ts";
import type { Digest, DryRun } from "$lib/api/model.ts";
import { Action } from "$lib/components/action.svelte.ts";

/** What is to be deployed: a known digest, or a tag that the server resolves first. */
export type Version = { digest: Digest } | { tag: string };

/**
 * One deployment on its way from a choice to a running plan:
 *
 *   choosing ──preview──▶ previewed ──confirm──▶ started
 *       ▲───────back / close──────┘ (the pending plan is cancelled)
 */
export class Deployment {
  readonly #environmentId: string;
  readonly #imageId: string;
  version = $state.raw<Version | null>(null);
  serviceIds = $state<string[]>([]);
  /** the services were chosen one by one; otherwise the plan takes those of the image that are there */
  named = $state(false);
  /** among the chosen ones are such whose container is gone: it is created again */
  create = $state(false);
  autoRollback = $state(true);
  parallel = $state(false);
  /** the plan that was built, with what it would do */
  preview = $state.raw<DryRun | null>(null);
  readonly building = new Action();
  readonly starting = new Action();

  constructor(
    environmentId: string,
    imageId: string,
    version: Version | null,
    serviceIds: string[],
  ) {
    this.#environmentId = environmentId;
    this.#imageId = imageId;
    this.version = version;
    this.serviceIds = serviceIds;
  }

  /** Builds the plan, pending, and asks every server what it would change. */
  async build(): Promise<void> {
    const { version } = this;
    if (version === null) return;
    await this.building.run(async () => {
      const { plan } = await api.post("/api/environments/{envId}/deployment-plans", {
        path: { envId: this.#environmentId },
        body: {
          containerImageId: this.#imageId,
          ...(this.named ? { serviceIds: [...this.serviceIds] } : {}),
          ...(this.create ? { create: true } : {}),
          ...("tag" in version ? { tag: version.tag } : { imageDigestId: version.digest.id }),
          autoRollback: this.autoRollback,
          parallelExecution: this.parallel,
        },
      });
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
