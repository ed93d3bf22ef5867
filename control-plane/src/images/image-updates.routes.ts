import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Sql } from "../database/connection.ts";
import { type Database, transaction } from "../database/connection.ts";
import {
  type AppEnv,
  answers,
  id,
  idParam,
  iso,
  needs,
  pageQuery,
  router,
} from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { Problem } from "../problem.ts";
import { registryProblem } from "../registries/registry-problem.ts";
import { serviceEntry, serviceFor } from "../services/service-for.ts";
import { serviceJson, serviceSchema } from "../services/service-json.ts";
import { getBestTag } from "./best-tag.ts";
import { digestsByManifest, findDigests, newestDigests, taggedDigests } from "./digests.store.ts";
import { imageEntry, imageFor } from "./image-for.ts";
import { linkableServices, linkService } from "./image-services.store.ts";
import { findImage, type ImageRow } from "./images.store.ts";
import { repositoryOfImage } from "./resolve-tag.ts";
import type { ImageSources } from "./sources.ts";
import { reportOf, syncJson, syncSchema } from "./sync-json.ts";
import { exactTags } from "./tag-candidates.ts";
import { isWildcard, storedTagFilter } from "./tag-filter.ts";
import { changingServices } from "./updates.store.ts";

const tag = "Container images";

export const browsedTagSchema = z
  .object({
    tag: z.string(),
    digest: z.string().nullable().describe("null: the registry sends none"),
    size: z.number().nullable().describe("Compressed bytes"),
    pushedAt: z.string().nullable(),
    matchesFilter: z.boolean(),
    digestId: z.string().nullable().describe("The digest's id where it is recorded"),
  })
  .openapi("RepositoryTag");

/** What an image gets from its registry, and which services it is linked to. */
export function imageUpdatesRoutes({
  database,
  images,
}: {
  database: Database;
  images: ImageSources;
}): OpenAPIHono<AppEnv> {
  const app = router();

  app.openapi(
    createRoute({
      method: "post",
      path: "/container-images/{id}/check-updates",
      ...needs("operator", tag, "Check the registry for updates"),
      request: { params: idParam },
      responses: answers(syncSchema),
    }),
    async (c) => {
      const actor = c.get("actor");
      const before = await imageFor(database, actor, c.req.valid("param").id);
      const report = reportOf(await images.check(before.id));
      const image = (await findImage(database, before.id)) ?? before;
      await audit(
        database,
        actor,
        imageEntry("check_updates", image, {
          newDigests: report.newDigests,
          updatedDigests: report.updatedDigests,
        }),
      );
      return c.json(await syncJson(database, image, report), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/container-images/{id}/tags",
      ...needs(
        "viewer",
        tag,
        "Browse the repository's tags",
        "All of them, filter or not, those that look newest first. Any of them can be deployed by its name.",
      ),
      request: {
        params: idParam,
        query: z.object({ cursor: z.string().max(1000).optional() }),
      },
      responses: answers(
        z.object({
          tags: z.array(browsedTagSchema),
          nextCursor: z.string().nullable(),
          note: z
            .string()
            .nullable()
            .describe("What is missing, where the registry does not let the account list tags"),
        }),
      ),
    }),
    async (c) => {
      const image = await imageFor(database, c.get("actor"), c.req.valid("param").id);
      const { registry, repository, platform } = await repositoryOfImage(
        { database, registries: images.registries },
        image.id,
      );
      const filter = storedTagFilter(image.tagFilter);
      const page = await images.browser.page(registry, repository, {
        cursor: c.req.valid("query").cursor ?? null,
        filter,
        platform,
        known: (digests) => digestsByManifest(database, image.id, digests),
        byName: async () => {
          const rows = await taggedDigests(database, image.id);
          return [...exactTags(filter), ...rows.flatMap(({ tags }) => tags)];
        },
      });
      if (!page.ok) throw registryProblem(page);
      const { tags, ...rest } = page.value;
      return c.json(
        { tags: tags.map((row) => ({ ...row, pushedAt: iso(row.pushedAt) })), ...rest },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/container-images/{id}/linkable-services",
      ...needs("viewer", tag, "List services that could be linked to an image"),
      request: { params: idParam, query: pageQuery },
      responses: answers(z.object({ services: z.array(serviceSchema), total: z.number() })),
    }),
    async (c) => {
      const image = await imageFor(database, c.get("actor"), c.req.valid("param").id);
      const { services, total } = await linkableServices(database, image, c.req.valid("query"));
      return c.json({ services: services.map((row) => serviceJson(row)), total }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/container-images/{id}/link/{serviceId}",
      ...needs(
        "operator",
        tag,
        "Link a service to an image",
        "The service's tag becomes the image's current one; its container changes with the next deploy.",
      ),
      request: { params: z.object({ id, serviceId: id }) },
      responses: answers(z.object({ service: serviceSchema })),
    }),
    async (c) => {
      const actor = c.get("actor");
      const params = c.req.valid("param");
      const service = await transaction(database, async (sql) => {
        const image = await imageFor(sql, actor, params.id);
        const before = await serviceFor(sql, actor, params.serviceId);
        if (before.environmentId !== image.environmentId) {
          throw new Problem(
            "invalid",
            "other_environment",
            "Service must be in the same environment as the container image",
          );
        }
        const imageTag = await currentTag(sql, image);
        await changingServices(sql, { serviceId: before.id }, () =>
          linkService(sql, before.id, image.id, imageTag),
        );
        await audit(
          sql,
          actor,
          serviceEntry("link_service", before, {
            containerImageId: image.id,
            imageName: image.imageName,
          }),
        );
        return serviceFor(sql, actor, before.id);
      });
      return c.json({ service: serviceJson(service) }, 200);
    },
  );

  return app;
}

/**
 * The tag that stands for an image: the best one of its deployed digest, else of its newest, else
 * the first that its filter names exactly; null: it is not known one.
 */
async function currentTag(sql: Sql, image: ImageRow): Promise<string | null> {
  const { patterns } = storedTagFilter(image.tagFilter);
  const ids = [image.deployedDigestId, image.newestDigestId].filter((one) => one !== null);
  const [named, newest] = await Promise.all([
    findDigests(sql, ids),
    newestDigests(sql, image.id, 1),
  ]);
  for (const row of [...ids.map((one) => named.find((digest) => digest.id === one)), ...newest]) {
    const best = getBestTag(row?.tags ?? [], patterns);
    if (best !== null) return best;
  }
  return patterns.find((pattern) => !isWildcard(pattern)) ?? null;
}
