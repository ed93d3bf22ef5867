import { z } from "zod";
import { success } from "../outcome.ts";
import { type Dialect, type TagDetail, time } from "./dialect.ts";
import { basicAuthorization, pageNumber } from "./vendor-api.ts";

const artifactsShape = z.array(
  z.object({
    digest: z.string(),
    size: z.number().nullish(),
    push_time: z.string().nullish(),
    tags: z.array(z.object({ name: z.string() })).nullish(),
  }),
);
const repositoriesShape = z.array(z.object({ name: z.string() }));

/**
 * Harbor's API on the registry's host, with the registry's user name and password or robot account:
 * digest, size and push time of artifacts, and repositories, which its catalog shows to
 * administrators only. https://goharbor.io/docs/latest/build-customize-contribute/configure-swagger/
 */
export function harborDialect(): Dialect {
  return {
    async tagDetails({ client, credentials, api }, repository) {
      const details = new Map<string, TagDetail>();
      const slash = repository.indexOf("/");
      const project = encodeURIComponent(repository.slice(0, slash));
      // A repository's name with slashes is encoded twice, as Harbor documents it.
      const name = encodeURIComponent(encodeURIComponent(repository.slice(slash + 1)));
      const first = new URL(
        `/api/v2.0/projects/${project}/repositories/${name}/artifacts?with_tag=true&page_size=100&sort=-push_time`,
        client.endpoint.origin,
      );
      const read = await api.pages(
        first,
        basicAuthorization(credentials),
        artifactsShape,
        (artifacts) => {
          for (const artifact of artifacts) {
            for (const tag of artifact.tags ?? []) {
              details.set(tag.name, {
                digest: artifact.digest,
                size: artifact.size ?? null,
                pushedAt: time(artifact.push_time),
              });
            }
          }
        },
      );
      return read.ok ? success(details) : read;
    },

    async repositories({ client, credentials, api, prefix }, next) {
      const project = prefix?.split("/")[0];
      const path =
        project === undefined
          ? "/api/v2.0/repositories"
          : `/api/v2.0/projects/${encodeURIComponent(project)}/repositories`;
      const url = new URL(`${path}?page_size=100`, client.endpoint.origin);
      const page = Number(next ?? 1);
      const answer = await api.ask(
        { url: pageNumber(url, page), authorization: basicAuthorization(credentials) },
        repositoriesShape,
      );
      if (!answer.ok) return answer;
      return success({
        items: answer.value.value.map(({ name }) => name),
        next: answer.value.next === null ? null : String(page + 1),
      });
    },
  };
}
