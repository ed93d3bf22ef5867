import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Database } from "../database/connection.ts";
import { type AppEnv, answers, id, idParam, iso, needs, router } from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { Problem } from "../problem.ts";
import { type Registry, repositoryOf } from "../registries/connections.ts";
import { defaultPlatform } from "../registries/describe-image.ts";
import { parseRegistryUrl } from "../registries/endpoint.ts";
import { parseReference } from "../registries/reference.ts";
import type { RegistryRow } from "../registries/registries.store.ts";
import { registryEntry, registryFor } from "../registries/registry-for.ts";
import { registryProblem } from "../registries/registry-problem.ts";
import { cursorsOf, listRepositories } from "../registries/repositories.ts";
import { testConnection } from "../registries/test-connection.ts";
import type { Secrets } from "../secrets.ts";
import { digestSchema } from "./image-json.ts";
import { browsedTagSchema } from "./image-updates.routes.ts";
import { imagesOfRegistry } from "./images.store.ts";
import type { ImageSources } from "./sources.ts";
import { checkedJson } from "./sync-json.ts";
import { storedTagFilter } from "./tag-filter.ts";

const tag = "Registries";
const cursorQuery = z.object({ cursor: z.string().max(4000).optional() });

/** What a registry connection can be asked: whether it works, what it holds, what is new. */
export function registryBrowseRoutes({
  database,
  secrets,
  images,
}: {
  database: Database;
  secrets: Secrets;
  images: ImageSources;
}): OpenAPIHono<AppEnv> {
  const app = router();

  async function opened(row: RegistryRow): Promise<Registry> {
    const registry = await images.registries.open(row);
    if (!registry.ok) throw registryProblem(registry);
    return registry.value;
  }

  app.openapi(
    createRoute({
      method: "post",
      path: "/registries/{id}/test",
      ...needs(
        "operator",
        tag,
        "Try out a registry connection",
        "Step by step; a connection that does not work is an answer, not an error.",
      ),
      request: { params: idParam },
      responses: answers(
        z.object({
          ok: z.boolean(),
          message: z.string(),
          latencyMs: z.number(),
          failedStep: z.enum(["credentials", "connect", "login", "read"]).nullable(),
        }),
      ),
    }),
    async (c) => {
      const actor = c.get("actor");
      const registry = await registryFor(database, actor, c.req.valid("param").id);
      const [image] = await imagesOfRegistry(database, registry.id);
      const endpoint = parseRegistryUrl(registry.registryUrl);
      const name = image === undefined ? null : parseReference(image.normalizedName);
      const repository =
        endpoint.ok && name?.ok ? repositoryOf(endpoint.endpoint, name.reference) : null;
      const tested = await testConnection(images.registries, registry, repository);
      await audit(database, actor, registryEntry("test_registry", registry, { ok: tested.ok }));
      return c.json(tested, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/registries/{id}/repositories",
      ...needs("viewer", tag, "Browse a registry's repositories", "Those below its prefix."),
      request: { params: idParam, query: cursorQuery },
      responses: answers(
        z.object({
          repositories: z.array(z.object({ name: z.string(), imageName: z.string() })),
          nextCursor: z.string().nullable(),
        }),
      ),
    }),
    async (c) => {
      const registry = await registryFor(database, c.get("actor"), c.req.valid("param").id);
      const page = await listRepositories(
        await opened(registry),
        registry.repositoryPrefix,
        c.req.valid("query").cursor ?? null,
        cursorsOf(secrets, registry.id),
      );
      if (!page.ok) throw registryProblem(page);
      return c.json(page.value, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/registries/{id}/repositories/{repo}/tags",
      ...needs(
        "viewer",
        tag,
        "Browse a repository's tags",
        "Slashes in the repository's name are written as %2F.",
      ),
      request: { params: z.object({ id, repo: z.string() }), query: cursorQuery },
      responses: answers(
        z.object({ tags: z.array(browsedTagSchema), nextCursor: z.string().nullable() }),
      ),
    }),
    async (c) => {
      const params = c.req.valid("param");
      const registry = await opened(await registryFor(database, c.get("actor"), params.id));
      const name = parseReference(`${registry.client.endpoint.domain}/${params.repo}`);
      if (!name.ok || name.reference.tag !== null || name.reference.digest !== null) {
        throw new Problem(
          "invalid",
          "bad_repository",
          `"${params.repo}" is not the name of a repository, such as team/app.`,
        );
      }
      const page = await images.browser.page(registry, name.reference.path, {
        cursor: c.req.valid("query").cursor ?? null,
        filter: storedTagFilter("*"),
        platform: defaultPlatform,
        known: async () => [],
        byName: async () => [],
      });
      if (!page.ok) throw registryProblem(page);
      const { tags, nextCursor } = page.value;
      return c.json(
        { tags: tags.map((row) => ({ ...row, pushedAt: iso(row.pushedAt) })), nextCursor },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/registries/{id}/check-updates",
      ...needs(
        "operator",
        tag,
        "Check all images of a registry for updates",
        "An image that cannot be checked has its error; the others go on.",
      ),
      request: { params: idParam },
      responses: answers(
        z.object({
          results: z.array(
            z.object({
              imageId: z.string(),
              name: z.string(),
              hasUpdate: z.boolean(),
              newestDigest: z.string().nullable(),
              newest: z.union([digestSchema, z.null()]),
              newDigests: z.number(),
              updatedDigests: z.number(),
              error: z.string().nullable(),
            }),
          ),
          summary: z.object({
            checked: z.number(),
            withUpdates: z.number(),
            errors: z.number(),
          }),
        }),
      ),
    }),
    async (c) => {
      const actor = c.get("actor");
      const registry = await registryFor(database, actor, c.req.valid("param").id);
      const results = await checkedJson(database, await images.checkRegistry(registry.id));
      const summary = {
        checked: results.length,
        withUpdates: results.filter(({ hasUpdate }) => hasUpdate).length,
        errors: results.filter(({ error }) => error !== null).length,
      };
      await audit(database, actor, registryEntry("check_updates", registry, summary));
      return c.json({ results, summary }, 200);
    },
  );

  return app;
}
