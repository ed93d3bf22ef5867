import type { Digest } from "$lib/api/model.ts";
import { PlanDraft } from "../plans/plan-draft.svelte.ts";
import { RolloutDraft } from "../plans/rollout-draft.svelte.ts";

/** What is to be deployed: a known digest, or a tag that the server resolves first. */
export type Version = { digest: Digest } | { tag: string };

/** One deployment of an image, from what is chosen to a running plan. */
export class Deployment {
  readonly #environmentId: string;
  readonly #imageId: string;
  readonly draft = new PlanDraft();
  readonly rollout = new RolloutDraft();
  version = $state.raw<Version | null>(null);
  serviceIds = $state<string[]>([]);
  /** the services were chosen one by one; otherwise the plan takes those of the image that are there */
  named = $state(false);
  /** among the chosen ones are such whose container is gone: it is created again */
  create = $state(false);
  autoRollback = $state(true);
  parallel = $state(false);

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

  async build(): Promise<void> {
    const { version } = this;
    const rollout = this.rollout.body;
    if (version === null) return;
    await this.draft.build(this.#environmentId, {
      containerImageId: this.#imageId,
      ...(this.named ? { serviceIds: [...this.serviceIds] } : {}),
      ...(this.create ? { create: true } : {}),
      ...("tag" in version ? { tag: version.tag } : { imageDigestId: version.digest.id }),
      autoRollback: this.autoRollback,
      parallelExecution: this.parallel,
      ...(rollout === null ? {} : { rollout }),
    });
  }
}
