import { z } from "zod";
import { success } from "../outcome.ts";
import type { Dialect, TagDetail } from "./dialect.ts";

const listShape = z.object({
  manifest: z
    .record(
      z.string(),
      z.object({
        imageSizeBytes: z.coerce.number().nullish(),
        tag: z.array(z.string()).nullish(),
        timeUploadedMs: z.coerce.number().nullish(),
        timeCreatedMs: z.coerce.number().nullish(),
      }),
    )
    .nullish(),
});

/**
 * Container Registry and Artifact Registry put digests, sizes and upload times into the list of
 * tags itself. https://cloud.google.com/artifact-registry/docs/docker/manage-images
 */
export function googleDialect(): Dialect {
  return {
    async tagDetails({ client }, repository) {
      const details = new Map<string, TagDetail>();
      const answer = await client.extension(
        `/v2/${repository}/tags/list`,
        `repository:${repository}:pull`,
        listShape,
      );
      if (!answer.ok) return answer;
      for (const [digest, manifest] of Object.entries(answer.value.value.manifest ?? {})) {
        for (const tag of manifest.tag ?? []) {
          // A time of 0 is one that was never set.
          const pushedAt = manifest.timeUploadedMs || manifest.timeCreatedMs || null;
          details.set(tag, { digest, size: manifest.imageSizeBytes ?? null, pushedAt });
        }
      }
      return success(details);
    },
  };
}
