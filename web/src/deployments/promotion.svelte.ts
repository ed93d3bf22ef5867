import { api } from "$lib/api/client.ts";
import { PlanDraft } from "../plans/plan-draft.svelte.ts";
import { RolloutDraft } from "../plans/rollout-draft.svelte.ts";

/** An image of the other environment that is not part of the plan, and why. */
export interface NotPromoted {
  image: { id: string; name: string; imageName: string };
  reason: string;
}

/** What another environment runs, from what is chosen of it to a running plan here. */
export class Promotion {
  readonly #environmentId: string;
  readonly draft = new PlanDraft();
  readonly rollout = new RolloutDraft();
  fromEnvironmentId = $state("");
  /** in minutes; null: it is not asked whether it was healthy there */
  healthyMinutes = $state<number | null>(null);
  leftOut = $state.raw<NotPromoted[]>([]);

  constructor(environmentId: string) {
    this.#environmentId = environmentId;
  }

  async build(): Promise<void> {
    const rollout = this.rollout.body;
    await this.draft.buildBy(async () => {
      const { plan, leftOut } = await api.post("/api/environments/{envId}/promote", {
        path: { envId: this.#environmentId },
        body: {
          fromEnvironmentId: this.fromEnvironmentId,
          ...(this.healthyMinutes === null ? {} : { healthyForMs: this.healthyMinutes * 60_000 }),
          ...(rollout === null ? {} : { rollout }),
          execute: false,
        },
      });
      this.leftOut = leftOut;
      return { plan };
    });
  }
}
