import { z } from "zod";
import { success } from "../outcome.ts";
import { type Dialect, type DialectContext, type TagDetail, time } from "./dialect.ts";
import { pageNumber } from "./vendor-api.ts";

const tagsShape = z.object({
  has_additional: z.boolean().nullish(),
  tags: z.array(
    z.object({
      name: z.string(),
      manifest_digest: z.string().nullish(),
      size: z.number().nullish(),
      start_ts: z.number().nullish(),
      last_modified: z.string().nullish(),
    }),
  ),
});
const repositoriesShape = z.object({
  next_page: z.string().nullish(),
  repositories: z.array(z.object({ namespace: z.string(), name: z.string() })),
});

/**
 * Quay's API on the registry's host. It takes an application's OAuth token; a robot account cannot
 * use it, so that only what is public has details then. https://docs.quay.io/api/
 */
export function quayDialect(): Dialect {
  const authorization = ({ login }: DialectContext) =>
    login.token === null ? null : `Bearer ${login.token}`;

  return {
    async tagDetails(context, repository) {
      const details = new Map<string, TagDetail>();
      const first = new URL(
        `/api/v1/repository/${repository}/tag/?onlyActiveTags=true&limit=100`,
        context.client.endpoint.origin,
      );
      const read = await context.api.pages(
        first,
        authorization(context),
        tagsShape,
        ({ tags }) => {
          for (const tag of tags) {
            details.set(tag.name, {
              digest: tag.manifest_digest ?? null,
              size: tag.size ?? null,
              pushedAt: tag.start_ts ? tag.start_ts * 1000 : time(tag.last_modified),
            });
          }
        },
        (value, _link, page) => (value.has_additional ? pageNumber(first, page + 1) : null),
      );
      return read.ok ? success(details) : read;
    },

    async repositories(context, next) {
      const namespace = context.prefix?.split("/")[0];
      if (namespace === undefined) return null;
      const url = new URL("/api/v1/repository", context.client.endpoint.origin);
      url.searchParams.set("namespace", namespace);
      if (next !== null) url.searchParams.set("next_page", next);
      const answer = await context.api.ask(
        { url, authorization: authorization(context) },
        repositoriesShape,
      );
      if (!answer.ok) return answer;
      const { repositories, next_page: more } = answer.value.value;
      return success({
        items: repositories.map((row) => `${row.namespace}/${row.name}`),
        next: more ?? null,
      });
    },
  };
}
