import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type Database, readTogether, transaction } from "../database/connection.ts";
import { environmentFor } from "../environments/environment-for.ts";
import { cursorQuery, nextCursor, nextCursorField, pageOf } from "../http/cursors.ts";
import { derivedFields } from "../http/derived-fields.ts";
import {
  type AppEnv,
  answers,
  emptyAnswer,
  environmentParam,
  idField,
  idParam,
  iso,
  jsonBody,
  nameField,
  needs,
  pageQuery,
  router,
  writtenJson,
} from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { linkedBy } from "../registries/auto-link.ts";
import { parseImageName } from "../registries/reference.ts";
import { autoLinks } from "../registries/registries.store.ts";
import { SharedReads } from "../shared-reads.ts";
import { listDigests } from "./digests.store.ts";
import { imageHistory } from "./history.store.ts";
import {
  checkedTagFilter,
  checkRegistryBelongs,
  fieldProblem,
  imageEntry,
  imageFor,
} from "./image-for.ts";
import {
  derivedImageFields,
  digestJson,
  digestSchema,
  imageJson,
  imageSchema,
  shownDigests,
} from "./image-json.ts";
import { ImageLists, imageText } from "./image-lists.ts";
import { deleteImage, insertImage, listImages, updateImage } from "./images.store.ts";

const tag = "Container images";
const oneImage = answers(z.object({ image: imageSchema }));

const tagFilter = z
  .string()
  .describe(
    "Comma-separated patterns; `*` stands for any run of letters, digits, `.`, `_` and `-`, but not for `-` in a pattern that has a `.` and no `-`",
  );

/** Container images, their digests and their history. */
export function imagesRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();
  const lists = new ImageLists();
  const reads = new SharedReads<Buffer<ArrayBuffer>>();

  app.openapi(
    createRoute({
      method: "get",
      path: "/environments/{envId}/container-images",
      ...needs("viewer", tag, "List container images"),
      request: {
        params: environmentParam,
        query: cursorQuery.extend({
          digests: z.coerce
            .number()
            .int()
            .min(0)
            .max(shownDigests)
            .default(shownDigests)
            .describe("How many of each image's newest digests; 0 is the quickest"),
        }),
      },
      responses: answers(
        z.object({
          images: z.array(imageSchema),
          total: z.number(),
          nextCursor: nextCursorField,
        }),
      ),
    }),
    async (c) => {
      const environment = await environmentFor(
        database,
        c.get("actor"),
        c.req.valid("param").envId,
      );
      const { digests, ...query } = c.req.valid("query");
      const page = pageOf(query, "text");
      const key = JSON.stringify([environment.id, digests, page]);
      const answer = await reads.read(key, () =>
        readTogether(database, async (sql) => {
          const { images, total, last } = await listImages(sql, environment.id, page);
          const listed = await lists.read(sql, images, digests);
          const next = nextCursor(last, { rows: images.length, limit: page.limit });
          return Buffer.from(
            `{"images":[${listed.map(imageText).join(",")}],"total":${total},"nextCursor":${JSON.stringify(next)}}`,
          );
        }),
      );
      return writtenJson(c, answer);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/environments/{envId}/container-images",
      ...needs("operator", tag, "Create a container image"),
      request: {
        params: environmentParam,
        body: jsonBody(
          z.strictObject({
            name: nameField(),
            imageName: z
              .string()
              .trim()
              .describe(
                "The whole name without tag and digest, such as registry.example.com/team/app",
              ),
            tagFilter: tagFilter.nullish().describe("Default: latest"),
            registryConnectionId: idField
              .nullish()
              .describe("Default: the one whose auto-link pattern takes it in; null: none"),
            autoUpdate: z.boolean().nullish().describe("Default: false"),
          }),
        ),
      },
      responses: oneImage,
    }),
    async (c) => {
      const actor = c.get("actor");
      const body = c.req.valid("json");
      const parsed = parseImageName(body.imageName);
      if (!parsed.ok) throw fieldProblem("imageName", parsed.message);
      const image = await transaction(database, async (sql) => {
        const environment = await environmentFor(sql, actor, c.req.valid("param").envId);
        const registryId =
          body.registryConnectionId === undefined
            ? linkedBy(await autoLinks(sql, environment.id), parsed.reference)
            : body.registryConnectionId;
        await checkRegistryBelongs(sql, environment.id, registryId);
        const id = await insertImage(sql, environment.id, {
          name: body.name,
          imageName: body.imageName,
          reference: parsed.reference,
          tagFilter: checkedTagFilter(body.tagFilter ?? "latest"),
          registryId,
          autoUpdate: body.autoUpdate ?? false,
        });
        const row = await imageFor(sql, actor, id);
        await audit(
          sql,
          actor,
          imageEntry("create_container_image", row, {
            imageName: row.imageName,
            tagFilter: row.tagFilter,
          }),
        );
        return imageJson(sql, row);
      });
      return c.json({ image }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/container-images/{id}",
      ...needs("viewer", tag, "Read a container image"),
      request: { params: idParam },
      responses: oneImage,
    }),
    async (c) => {
      const image = await readTogether(database, async (sql) =>
        imageJson(sql, await imageFor(sql, c.get("actor"), c.req.valid("param").id)),
      );
      return c.json({ image }, 200);
    },
  );

  const change = needs(
    "operator",
    tag,
    "Change a container image",
    "Tightening the tag filter keeps digests that are known; broadening it is filled up by the next check.",
  );
  app.openapi(
    createRoute({
      method: "patch",
      path: "/container-images/{id}",
      ...change,
      middleware: [change.middleware, derivedFields(...derivedImageFields)] as const,
      request: {
        params: idParam,
        body: jsonBody(
          z.strictObject({
            name: nameField().optional(),
            tagFilter: tagFilter.optional(),
            registryConnectionId: idField.nullable().optional(),
            autoUpdate: z.boolean().optional(),
          }),
        ),
      },
      responses: oneImage,
    }),
    async (c) => {
      const actor = c.get("actor");
      const { registryConnectionId: registryId, ...body } = c.req.valid("json");
      const image = await transaction(database, async (sql) => {
        const before = await imageFor(sql, actor, c.req.valid("param").id);
        if (registryId !== undefined) {
          await checkRegistryBelongs(sql, before.environmentId, registryId);
        }
        await updateImage(sql, before.id, {
          ...body,
          ...(body.tagFilter === undefined ? {} : { tagFilter: checkedTagFilter(body.tagFilter) }),
          ...(registryId === undefined ? {} : { registryId }),
        });
        await audit(sql, actor, imageEntry("update_container_image", before, c.req.valid("json")));
        return imageJson(sql, await imageFor(sql, actor, before.id));
      });
      return c.json({ image }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/container-images/{id}",
      ...needs("operator", tag, "Delete a container image", "Refused while services are linked."),
      request: { params: idParam },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      await transaction(database, async (sql) => {
        const image = await imageFor(sql, actor, c.req.valid("param").id);
        await deleteImage(sql, image.id);
        await audit(sql, actor, imageEntry("delete_container_image", image));
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/container-images/{id}/digests",
      ...needs("viewer", tag, "List an image's digests", "The newest first."),
      request: { params: idParam, query: pageQuery },
      responses: answers(z.object({ digests: z.array(digestSchema), total: z.number() })),
    }),
    async (c) => {
      const image = await imageFor(database, c.get("actor"), c.req.valid("param").id);
      const { digests, total } = await listDigests(database, image.id, c.req.valid("query"));
      return c.json({ digests: digests.map((row) => digestJson(row, image)), total }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/container-images/{id}/history",
      ...needs("viewer", tag, "List an image's deployments", "The latest first."),
      request: {
        params: idParam,
        query: pageQuery.extend({ limit: z.coerce.number().int().min(1).max(100).default(20) }),
      },
      responses: answers(z.object({ history: z.array(historySchema), total: z.number() })),
    }),
    async (c) => {
      const image = await imageFor(database, c.get("actor"), c.req.valid("param").id);
      const { history, total } = await imageHistory(database, image.id, c.req.valid("query"));
      return c.json(
        {
          history: history.map(({ targetPosition, ...row }) => ({
            // A plan may have moved services of this image to several digests.
            id: targetPosition === 0 ? row.planId : `${row.planId}.${targetPosition}`,
            ...row,
            deployedAt: iso(row.deployedAt),
          })),
          total,
        },
        200,
      );
    },
  );

  return app;
}

const historySchema = z
  .object({
    id: z.string(),
    planId: z.string(),
    tag: z.string().nullable(),
    digest: z.string(),
    status: z.enum(["success", "failed", "rolled_back", "cancelled"]),
    deployedAt: z.string(),
    deployedBy: z.string(),
    deploymentCount: z.number().describe("Services that were touched"),
    totalDurationMs: z.number(),
    services: z.array(
      z.object({
        id: z.string().nullable().describe("null: the service was deleted"),
        name: z.string(),
        serverName: z.string(),
      }),
    ),
  })
  .openapi("ImageDeployment");
