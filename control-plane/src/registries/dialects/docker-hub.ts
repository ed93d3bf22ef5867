import { createHash } from "node:crypto";
import { z } from "zod";
import { type Outcome, success } from "../outcome.ts";
import { dockerHub } from "../reference.ts";
import { type Dialect, type DialectContext, type TagDetail, time } from "./dialect.ts";
import { pageNumber } from "./vendor-api.ts";

const tagsShape = z.object({
  next: z.string().nullish(),
  results: z.array(
    z.object({
      name: z.string(),
      digest: z.string().nullish(),
      full_size: z.number().nullish(),
      tag_last_pushed: z.string().nullish(),
      last_updated: z.string().nullish(),
    }),
  ),
});
const repositoriesShape = z.object({
  next: z.string().nullish(),
  results: z.array(z.object({ name: z.string(), namespace: z.string().nullish() })),
});
const tokenShape = z.object({ access_token: z.string() });

const tokenLifetimeMs = 5 * 60_000;

/**
 * Docker Hub's own API beside its registry: push times and sizes, the tags pushed last first, and
 * an account's repositories. https://docs.docker.com/reference/api/hub/latest/
 */
export function dockerHubDialect(api = "https://hub.docker.com"): Dialect {
  /** null: anonymous, which is enough for what is public */
  async function authorization(context: DialectContext): Promise<Outcome<string | null>> {
    const { credentials } = context;
    if (credentials === null) return success(null);
    const key = `${api} ${createHash("sha256").update(JSON.stringify(credentials)).digest("hex")}`;
    const token = await context.api.token(key, async () => {
      const answer = await context.api.ask(
        {
          method: "POST",
          url: new URL("/v2/auth/token", api),
          authorization: null,
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ identifier: credentials.username, secret: credentials.password }),
        },
        tokenShape,
      );
      if (!answer.ok) return answer;
      return success({
        value: answer.value.value.access_token,
        expiresAt: Date.now() + tokenLifetimeMs,
      });
    });
    return token.ok ? success(`Bearer ${token.value}`) : token;
  }

  const serves = (context: DialectContext) => context.client.endpoint.domain === dockerHub;

  return {
    async tagDetails(context, repository) {
      const details = new Map<string, TagDetail>();
      const [namespace = "", name = ""] = repository.split("/");
      if (!serves(context)) return success(details);
      const authorized = await authorization(context);
      if (!authorized.ok) return authorized;
      const first = new URL(`/v2/namespaces/${namespace}/repositories/${name}/tags`, api);
      first.searchParams.set("page_size", "100");
      const read = await context.api.pages(
        first,
        authorized.value,
        tagsShape,
        ({ results }) => {
          for (const tag of results) {
            details.set(tag.name, {
              digest: tag.digest ?? null,
              size: tag.full_size ?? null,
              pushedAt: time(tag.tag_last_pushed) ?? time(tag.last_updated),
            });
          }
        },
        ({ next }, _link, page) => (next ? pageNumber(first, page + 1) : null),
      );
      return read.ok ? success(details) : read;
    },

    async repositories(context, next) {
      const namespace = context.prefix?.split("/")[0] ?? context.credentials?.username;
      if (!serves(context) || namespace === undefined) return null;
      const authorized = await authorization(context);
      if (!authorized.ok) return authorized;
      const url = new URL(`/v2/namespaces/${encodeURIComponent(namespace)}/repositories`, api);
      url.searchParams.set("page_size", "100");
      const page = Number(next ?? 1);
      const answer = await context.api.ask(
        { url: pageNumber(url, page), authorization: authorized.value },
        repositoriesShape,
      );
      if (!answer.ok) return answer;
      const { results, next: more } = answer.value.value;
      return success({
        items: results.map((row) => `${row.namespace ?? namespace}/${row.name}`),
        next: more ? String(page + 1) : null,
      });
    },
  };
}
