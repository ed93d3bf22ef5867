import { z } from "zod";
import { type Outcome, success } from "../outcome.ts";
import { type Dialect, type DialectContext, type TagDetail, time } from "./dialect.ts";
import type { ApiAnswer } from "./vendor-api.ts";

const versionsShape = z.array(
  z.object({
    // a version's name is its digest
    name: z.string(),
    created_at: z.string().nullish(),
    metadata: z.object({ container: z.object({ tags: z.array(z.string()) }).nullish() }).nullish(),
  }),
);
const packagesShape = z.array(z.object({ name: z.string() }));

/**
 * GitHub's packages API beside ghcr.io: when each digest was pushed, and an owner's packages. It
 * needs a token with `read:packages`.
 * https://docs.github.com/rest/packages/packages
 */
export function ghcrDialect(api = "https://api.github.com"): Dialect {
  const usable = ({ client, credentials }: DialectContext) =>
    client.endpoint.domain === "ghcr.io" && credentials !== null;
  const authorization = ({ credentials }: DialectContext) =>
    credentials === null ? null : `Bearer ${credentials.password}`;

  /** An owner is an organisation or a user; the API has a path for each. */
  async function ofOwner<T>(
    context: DialectContext,
    owner: string,
    rest: string,
    shape: z.ZodType<T>,
  ): Promise<Outcome<ApiAnswer<T> & { url: URL }>> {
    for (const kind of ["orgs", "users"]) {
      const url = new URL(`/${kind}/${encodeURIComponent(owner)}/${rest}`, api);
      const answer = await context.api.ask({ url, authorization: authorization(context) }, shape);
      if (answer.ok) return success({ ...answer.value, url });
      if (answer.kind !== "not_found" || kind === "users") return answer;
    }
    throw new Error("every kind of owner was tried");
  }

  return {
    async tagDetails(context, repository) {
      const details = new Map<string, TagDetail>();
      if (!usable(context)) return success(details);
      const slash = repository.indexOf("/");
      const owner = repository.slice(0, slash);
      const name = encodeURIComponent(repository.slice(slash + 1));
      const keep = (versions: z.infer<typeof versionsShape>) => {
        for (const version of versions) {
          for (const tag of version.metadata?.container?.tags ?? []) {
            details.set(tag, {
              digest: version.name,
              size: null,
              pushedAt: time(version.created_at),
            });
          }
        }
      };
      const rest = `packages/container/${name}/versions?per_page=100`;
      const first = await ofOwner(context, owner, rest, versionsShape);
      if (!first.ok) return first;
      keep(first.value.value);
      if (first.value.next !== null) {
        await context.api.pages(first.value.next, authorization(context), versionsShape, keep);
      }
      return success(details);
    },

    async repositories(context, next) {
      const owner = context.prefix?.split("/")[0] ?? context.login.username;
      if (!usable(context) || !owner) return null;
      const page = Number(next ?? 1);
      const rest = `packages?package_type=container&per_page=100&page=${page}`;
      const answer = await ofOwner(context, owner, rest, packagesShape);
      if (!answer.ok) return answer;
      return success({
        items: answer.value.value.map(({ name }) => `${owner.toLowerCase()}/${name}`),
        next: answer.value.next === null ? null : String(page + 1),
      });
    },
  };
}
