import { z } from "zod";
import type { Extension } from "../client.ts";
import { type Outcome, success } from "../outcome.ts";
import { type Dialect, type TagDetail, time } from "./dialect.ts";
import { maxPages } from "./vendor-api.ts";

const tagsShape = z.array(
  z.object({
    name: z.string(),
    digest: z.string().nullish(),
    size_bytes: z.number().nullish(),
    created_at: z.string().nullish(),
    updated_at: z.string().nullish(),
    published_at: z.string().nullish(),
  }),
);

type Tags = z.infer<typeof tagsShape>;

/**
 * GitLab's registry has an API of its own on the registry's host, with the registry's tokens:
 * digest, size and times of tags. A registry without its metadata database answers 404.
 * https://gitlab.com/gitlab-org/container-registry, docs-gitlab/api.md
 */
export function gitlabDialect(): Dialect {
  return {
    async tagDetails({ client }, repository) {
      const details = new Map<string, TagDetail>();
      let path: string | null =
        `/gitlab/v1/repositories/${repository}/tags/list/?n=100&sort=-published_at`;
      for (let page = 1; path !== null && page <= maxPages; page++) {
        const answer: Outcome<Extension<Tags>> = await client.extension(
          path,
          `repository:${repository}:pull`,
          tagsShape,
        );
        if (!answer.ok) {
          if (page > 1) break;
          return answer.kind === "not_found" ? success(details) : answer;
        }
        for (const tag of answer.value.value) {
          details.set(tag.name, {
            digest: tag.digest ?? null,
            size: tag.size_bytes ?? null,
            pushedAt: time(tag.published_at) ?? time(tag.updated_at) ?? time(tag.created_at),
          });
        }
        path = answer.value.next;
      }
      return success(details);
    },
  };
}
