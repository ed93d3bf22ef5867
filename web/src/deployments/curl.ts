import { curl } from "$lib/api/curl.ts";
import type { RolloutBody } from "../plans/rollout-draft.svelte.ts";
import type { Version } from "./deployment.svelte.ts";

interface Options {
  autoRollback: boolean;
  parallelExecution: boolean;
  /** null: all of the image's */
  serviceIds: string[] | null;
  /** create the containers of those that have none */
  create?: boolean;
  /** null: all in one go */
  rollout?: RolloutBody | null;
}

/** The request that deploys the same, for a shell or a pipeline. */
export function curlDeploy(
  origin: string,
  imageId: string,
  version: Version,
  { autoRollback, parallelExecution, serviceIds, create = false, rollout = null }: Options,
): string {
  const body = {
    ...("tag" in version ? { tag: version.tag } : { imageDigestId: version.digest.id }),
    autoRollback,
    ...(parallelExecution ? { parallelExecution } : {}),
    ...(serviceIds === null ? {} : { serviceIds }),
    ...(create ? { create } : {}),
    ...(rollout === null ? {} : { rollout }),
  };
  return curl("POST", `${origin}/api/container-images/${imageId}/deploy`, body);
}
