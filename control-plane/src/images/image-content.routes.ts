import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type Actor, hasRole } from "../actor.ts";
import type { Database, Sql } from "../database/connection.ts";
import { type AppEnv, answers, id, idParam, needs, router } from "../http/routes.ts";
import { notFound } from "../problem.ts";
import { isDigest } from "../registries/reference.ts";
import { layerChanges, settingChanges } from "./compare-images.ts";
import { readDigests } from "./digest-contents.ts";
import { type DigestRow, digestsByManifest, findDigest } from "./digests.store.ts";
import { imageFor } from "./image-for.ts";
import { digestJson, digestSchema } from "./image-json.ts";
import type { ImageRow } from "./images.store.ts";
import { compareUrl, sourceLinks } from "./source-links.ts";
import type { ImageSources } from "./sources.ts";

const tag = "Container images";

const digestName = z
  .string()
  .max(200)
  .describe("The id of one of the image's digests, or its manifest digest");

const settingValue = z
  .union([z.string(), z.array(z.string()), z.record(z.string(), z.unknown())])
  .nullable();

const layerCounts = z.object({ shared: z.number(), added: z.number(), removed: z.number() });

const comparisonSchema = z
  .object({
    from: digestSchema,
    to: digestSchema,
    platform: z
      .object({ from: z.string(), to: z.string() })
      .describe("Which of each image's platforms was compared: that of most of its servers"),
    config: z
      .array(
        z.object({
          field: z
            .string()
            .describe(
              "entrypoint, cmd, user, workdir, exposedPorts, volumes, healthcheck, stopSignal, env.NAME, labels.NAME",
            ),
          change: z.enum(["added", "removed", "changed"]),
          from: settingValue.describe("null: not set, or hidden"),
          to: settingValue.describe("null: not set, or hidden"),
          hidden: z.boolean().describe("Values of variables are shown to operators only"),
        }),
      )
      .describe("What the two images set differently"),
    layers: layerCounts
      .extend({ bytes: layerCounts.describe("Compressed") })
      .describe("How many layers are in both, only in the new image, only in the old one"),
    size: z.object({ from: z.number(), to: z.number() }).describe("Compressed bytes"),
    source: z
      .object({
        compareUrl: z.string().nullable().describe("The changes between the two revisions"),
        releaseUrl: z.string().nullable().describe("The release or tag of the new version"),
      })
      .describe("Built for GitHub, GitLab and Gitea, not looked up; null: not known"),
  })
  .openapi("ImageComparison");

const contentSchema = z.object({
  digest: digestSchema,
  platform: z.string().describe("The one that the rest is about"),
  labels: z.record(z.string(), z.string()),
  layers: z
    .array(z.object({ digest: z.string(), size: z.number() }))
    .describe("From the base up; compressed bytes"),
});

/** What images are made of, and how two of them differ. */
export function imageContentRoutes(parts: {
  database: Database;
  images: Pick<ImageSources, "readImage">;
}): OpenAPIHono<AppEnv> {
  const { database } = parts;
  const app = router();

  app.openapi(
    createRoute({
      method: "get",
      path: "/container-images/{id}/compare",
      ...needs(
        "viewer",
        tag,
        "Compare two digests of an image",
        "By their configurations and layers as they were when the digests were first seen; the registry is asked only for what was not kept then. Values of environment variables are left out for viewers.",
      ),
      request: {
        params: idParam,
        query: z.object({ from: digestName, to: digestName }),
      },
      responses: answers(comparisonSchema),
    }),
    async (c) => {
      const actor = c.get("actor");
      const image = await imageFor(database, actor, c.req.valid("param").id);
      const query = c.req.valid("query");
      const [old, now] = await Promise.all([
        digestOf(database, image, query.from),
        digestOf(database, image, query.to),
      ]);
      return c.json(await comparison(parts, { actor, image, old, now }), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/container-images/{id}/digests/{digestId}",
      ...needs("viewer", tag, "Read a digest", "With the labels and layers of its image."),
      request: { params: z.object({ id, digestId: id }) },
      responses: answers(contentSchema),
    }),
    async (c) => {
      const params = c.req.valid("param");
      const image = await imageFor(database, c.get("actor"), params.id);
      const row = await digestOf(database, image, params.digestId);
      const [read] = await readDigests(parts, image.id, [row]);
      if (read === undefined) throw new Error("a digest is read as itself");
      const { facts, content } = read;
      return c.json(
        {
          digest: digestJson({ ...row, image: facts }, image),
          platform: content.platform,
          labels: content.settings.labels,
          layers: content.layers,
        },
        200,
      );
    },
  );

  return app;
}

/** @throws {Problem} 404 for what is no digest of this image */
async function digestOf(sql: Sql, image: ImageRow, name: string): Promise<DigestRow> {
  const row = isDigest(name)
    ? (await digestsByManifest(sql, image.id, [name]))[0]
    : id.safeParse(name).success && (await findDigest(sql, name));
  if (!row || row.containerImageId !== image.id) throw notFound("digest of this image");
  return row;
}

async function comparison(
  parts: Parameters<typeof imageContentRoutes>[0],
  { actor, image, old, now }: { actor: Actor; image: ImageRow; old: DigestRow; now: DigestRow },
): Promise<z.infer<typeof comparisonSchema>> {
  const [from, to] = await readDigests(parts, image.id, [old, now]);
  if (from === undefined || to === undefined) throw new Error("two digests are read as two");
  return {
    from: digestJson({ ...old, image: from.facts }, image),
    to: digestJson({ ...now, image: to.facts }, image),
    platform: { from: from.content.platform, to: to.content.platform },
    config: settingChanges(
      from.content.settings,
      to.content.settings,
      !hasRole(actor, "operator", image.environmentId),
    ),
    layers: layerChanges(from.content, to.content),
    size: { from: from.content.size, to: to.content.size },
    source: {
      compareUrl: compareUrl(from.facts, to.facts),
      releaseUrl: sourceLinks(to.facts).release,
    },
  };
}
