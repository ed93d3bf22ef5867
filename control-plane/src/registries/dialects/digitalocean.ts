import { z } from "zod";
import { success } from "../outcome.ts";
import { type Dialect, type DialectContext, type TagDetail, time } from "./dialect.ts";
import { pageNumber } from "./vendor-api.ts";

const links = z.object({ pages: z.object({ next: z.string().nullish() }).nullish() }).nullish();
const tagsShape = z.object({
  tags: z
    .array(
      z.object({
        tag: z.string(),
        manifest_digest: z.string().nullish(),
        compressed_size_bytes: z.number().nullish(),
        updated_at: z.string().nullish(),
      }),
    )
    .nullish(),
  links,
});
const repositoriesShape = z.object({
  repositories: z.array(z.object({ name: z.string() })).nullish(),
  links,
});

/**
 * DigitalOcean's API beside its registry: push times, sizes and repositories. The registry's token
 * is the API's. https://docs.digitalocean.com/reference/api/digitalocean/#tag/Container-Registry
 */
export function digitaloceanDialect(api = "https://api.digitalocean.com"): Dialect {
  const usable = ({ client, credentials }: DialectContext) =>
    client.endpoint.domain === "registry.digitalocean.com" && credentials !== null;
  const authorization = ({ credentials }: DialectContext) =>
    credentials === null ? null : `Bearer ${credentials.password}`;

  return {
    async tagDetails(context, repository) {
      const details = new Map<string, TagDetail>();
      if (!usable(context)) return success(details);
      const slash = repository.indexOf("/");
      const registry = repository.slice(0, slash);
      const name = encodeURIComponent(repository.slice(slash + 1));
      const first = new URL(`/v2/registry/${registry}/repositories/${name}/tags?per_page=100`, api);
      const read = await context.api.pages(
        first,
        authorization(context),
        tagsShape,
        ({ tags }) => {
          for (const tag of tags ?? []) {
            details.set(tag.tag, {
              digest: tag.manifest_digest ?? null,
              size: tag.compressed_size_bytes ?? null,
              pushedAt: time(tag.updated_at),
            });
          }
        },
        (value, _link, page) => (value.links?.pages?.next ? pageNumber(first, page + 1) : null),
      );
      return read.ok ? success(details) : read;
    },

    async repositories(context, next) {
      const registry = context.prefix?.split("/")[0];
      if (!usable(context) || registry === undefined) return null;
      const page = Number(next ?? 1);
      const url = new URL(`/v2/registry/${registry}/repositoriesV2?per_page=100`, api);
      const answer = await context.api.ask(
        { url: pageNumber(url, page), authorization: authorization(context) },
        repositoriesShape,
      );
      if (!answer.ok) return answer;
      const { repositories, links: more } = answer.value.value;
      return success({
        items: (repositories ?? []).map(({ name }) => `${registry}/${name}`),
        next: more?.pages?.next ? String(page + 1) : null,
      });
    },
  };
}
