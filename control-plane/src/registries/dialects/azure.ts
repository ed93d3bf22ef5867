import { z } from "zod";
import type { Extension } from "../client.ts";
import { type Outcome, success } from "../outcome.ts";
import { type Dialect, type TagDetail, time } from "./dialect.ts";
import { maxPages } from "./vendor-api.ts";

const tagsShape = z.object({
  tags: z
    .array(
      z.object({
        name: z.string(),
        digest: z.string().nullish(),
        createdTime: z.string().nullish(),
        lastUpdateTime: z.string().nullish(),
      }),
    )
    .nullish(),
});

type Tags = z.infer<typeof tagsShape>;

/**
 * Azure's registry has an API of its own on the registry's host, with the registry's tokens, for
 * the scope `metadata_read`. https://learn.microsoft.com/rest/api/containerregistry/tag/get-list
 */
export function azureDialect(): Dialect {
  return {
    async tagDetails({ client }, repository) {
      const details = new Map<string, TagDetail>();
      let path: string | null = `/acr/v1/${repository}/_tags?n=100&orderby=timedesc`;
      for (let page = 1; path !== null && page <= maxPages; page++) {
        const scope = `repository:${repository}:metadata_read`;
        const answer: Outcome<Extension<Tags>> = await client.extension(path, scope, tagsShape);
        if (!answer.ok) {
          if (page > 1) break;
          return answer;
        }
        for (const tag of answer.value.value.tags ?? []) {
          details.set(tag.name, {
            digest: tag.digest ?? null,
            size: null,
            pushedAt: time(tag.lastUpdateTime) ?? time(tag.createdTime),
          });
        }
        path = answer.value.next;
      }
      return success(details);
    },
  };
}
