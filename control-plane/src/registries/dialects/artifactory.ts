import { z } from "zod";
import { success } from "../outcome.ts";
import type { Dialect } from "./dialect.ts";
import { basicAuthorization } from "./vendor-api.ts";

const catalogShape = z.object({ repositories: z.array(z.string()) });

/**
 * Artifactory keeps images in repositories of its own, and has a catalogue for each of them only.
 * Where that repository is the first part of an image's path, it is the first part of the
 * connection's prefix too; where it has a host or a port of its own, the protocol's catalogue is its
 * catalogue. https://jfrog.com/help/r/jfrog-rest-apis/list-docker-repositories
 */
export function artifactoryDialect(): Dialect {
  return {
    async repositories({ client, credentials, api, prefix }, next) {
      const key = prefix?.split("/")[0];
      if (key === undefined) return null;
      const url = new URL(
        `/artifactory/api/docker/${encodeURIComponent(key)}/v2/_catalog?n=100`,
        client.endpoint.origin,
      );
      if (next !== null) url.searchParams.set("last", next);
      const answer = await api.ask(
        { url, authorization: basicAuthorization(credentials) },
        catalogShape,
      );
      if (!answer.ok) return next === null ? null : answer;
      return success({
        items: answer.value.value.repositories.map((name) => `${key}/${name}`),
        next: answer.value.next?.searchParams.get("last") ?? null,
      });
    },
  };
}
