import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import {
  type Database,
  readTogether,
  type Transaction,
  transaction,
} from "../database/connection.ts";
import { environmentFor } from "../environments/environment-for.ts";
import {
  type AppEnv,
  answers,
  emptyAnswer,
  environmentParam,
  id,
  idParam,
  iso,
  jsonBody,
  needs,
  pageQuery,
  router,
  writtenJson,
} from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { getBestTag } from "../images/best-tag.ts";
import { imageEntry, imageFor } from "../images/image-for.ts";
import { digestSchema, imageSchema } from "../images/image-json.ts";
import { ImageLists, shortImageText } from "../images/image-lists.ts";
import { findImages } from "../images/images.store.ts";
import { listSkipped, skipDigest, unskipDigest } from "../images/skipped.store.ts";
import { storedTagFilter } from "../images/tag-filter.ts";
import { findUpdatePolicy } from "../images/update-policy.store.ts";
import { notFound } from "../problem.ts";
import { serviceJson, serviceSchema, updateSchema } from "../services/service-json.ts";
import { SharedReads } from "../shared-reads.ts";
import { updateKinds } from "../update-kinds.ts";
import { updateStatuses } from "./apply-auto-update.ts";
import { waitReasons } from "./auto-update.ts";
import { imagesBehind, servicesBehind, updatesSince } from "./behind.store.ts";
import {
  changedPolicy,
  policyChangeSchema,
  policyJson,
  policySchema,
} from "./update-policy-json.ts";
import { recordedPast } from "./what-if.store.ts";
import { whatIf } from "./what-if.ts";

const tag = "Updates";

const behindSchema = z
  .object({
    image: imageSchema.omit({ digests: true, services: true }),
    update: updateSchema.extend({
      manifestDigest: z.string(),
      since: z.string().describe("Since when its tag has pointed to it, as far as that is known"),
      digest: digestSchema,
    }),
    automatic: z
      .object({
        updating: z.boolean().describe("A plan is about to be made"),
        reason: z.enum([...waitReasons, "due", "refused"]),
        message: z.string().describe("Why it is not deployed by itself, or that it will be"),
        until: z.string().nullable(),
      })
      .describe("What auto-update does about it"),
    services: z.array(serviceSchema).describe("Those that are behind, each with its own update"),
  })
  .openapi("ImageBehind");

const skippedSchema = z
  .object({
    digestId: z.string(),
    manifestDigest: z.string(),
    tags: z.array(z.string()),
    bestTag: z.string().nullable(),
    pushedAt: z.string().nullable(),
    reason: z.string().nullable(),
    skippedBy: z.string(),
    skippedAt: z.string(),
  })
  .openapi("SkippedDigest");

const whatIfSchema = z
  .object({
    policy: policySchema,
    since: z.string().nullable().describe("From when on tags were seen; null: none was"),
    decisions: z
      .array(
        z.object({
          digestId: z.string(),
          manifestDigest: z.string(),
          tag: z.string(),
          kind: z.enum(updateKinds),
          appearedAt: z.string(),
          outcome: z
            .enum(["deployed", "waiting", "superseded", "not_allowed"])
            .describe(
              "deployed; waiting: for its age, a window or the end of a snooze; superseded: a newer one appeared before it might be deployed; not_allowed: a kind that the policy leaves out, or a lower version",
            ),
          deployedAt: z.string().nullable().describe("When it would have been, or will be"),
        }),
      )
      .describe("One for each digest that was an update, in the order in which they appeared"),
  })
  .openapi("WhatIf");

const skipParams = z.object({ id, digestId: id });

/** A page of the images that are behind, with all that is said of each, as JSON text. */
async function everythingBehind(
  sql: Transaction,
  lists: ImageLists,
  environmentId: string,
  page: z.infer<typeof pageQuery>,
): Promise<string> {
  const { ids, total } = await imagesBehind(sql, environmentId, page);
  const [rows, services, statuses, since] = await Promise.all([
    findImages(sql, ids),
    servicesBehind(sql, ids),
    updateStatuses(sql, ids),
    updatesSince(sql, ids),
  ]);
  const listed = await lists.read(sql, rows, 0);
  const images = new Map(listed.map((image) => [image.fields.id, image]));
  const updates = ids.flatMap((imageId) => {
    const image = images.get(imageId);
    const status = statuses.get(imageId);
    const from = since.get(imageId);
    if (!image?.fields.update || !image.update || !status || !from) return [];
    const { manifestDigest, text } = image.update;
    const update = JSON.stringify({ ...image.fields.update, manifestDigest, since: iso(from) });
    const { updating, reason, message, until } = status;
    const rest = JSON.stringify({
      automatic: { updating, reason, message, until: iso(until) },
      services: services
        .filter(({ containerImageId }) => containerImageId === imageId)
        .map((row) => serviceJson(row)),
    });
    return `{"image":${shortImageText(image)},"update":${update.slice(0, -1)},"digest":${text}},${rest.slice(1)}`;
  });
  return `{"updates":[${updates.join(",")}],"total":${total}}`;
}

/** What is behind, what a person does not want, and what a policy would have done. */
export function updatesRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();
  const lists = new ImageLists();
  const reads = new SharedReads<Buffer<ArrayBuffer>>();

  app.openapi(
    createRoute({
      method: "get",
      path: "/environments/{envId}/updates",
      ...needs(
        "viewer",
        tag,
        "List everything that is behind",
        "The images with an update, each with its services that are behind and with why it is not deployed by itself. What was skipped, or failed here, does not count.",
      ),
      request: { params: environmentParam, query: pageQuery },
      responses: answers(z.object({ updates: z.array(behindSchema), total: z.number() })),
    }),
    async (c) => {
      const environment = await environmentFor(
        database,
        c.get("actor"),
        c.req.valid("param").envId,
      );
      const page = c.req.valid("query");
      const answer = await reads.read(JSON.stringify([environment.id, page]), async () =>
        Buffer.from(
          await readTogether(database, (sql) => everythingBehind(sql, lists, environment.id, page)),
        ),
      );
      return writtenJson(c, answer);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/container-images/{id}/update-policy",
      ...needs(
        "viewer",
        tag,
        "Try an update policy on the recorded past",
        "Answers what auto-update would have done by this policy, beginning with the first digest that was seen. Fields that are left out are as the image has them. Nothing is changed; PATCH changes the policy.",
      ),
      request: {
        params: idParam,
        query: z.object({
          dryRun: z.literal("true", {
            error: "must be true: nothing is changed by POST; change the policy with PATCH",
          }),
        }),
        body: jsonBody(policyChangeSchema),
      },
      responses: answers(whatIfSchema),
    }),
    async (c) => {
      const image = await imageFor(database, c.get("actor"), c.req.valid("param").id);
      const current = await findUpdatePolicy(database, image.id);
      if (current === null) throw notFound("container image");
      const policy = changedPolicy(current, c.req.valid("json"));
      const filter = storedTagFilter(image.tagFilter);
      const { sightings, digests } = await recordedPast(database, image.id, filter);
      const decisions = whatIf(
        { sightings, digests, filter },
        { ...policy, snoozedUntil: policy.snoozedUntil?.getTime() ?? null },
        Date.now(),
      );
      const first = sightings.at(-1);
      return c.json(
        {
          policy: policyJson(policy),
          since: first === undefined ? null : iso(new Date(first.since)),
          decisions: decisions.map((decision) => ({
            ...decision,
            manifestDigest:
              digests.find((digest) => digest.id === decision.digestId)?.manifestDigest ?? "",
            appearedAt: iso(new Date(decision.appearedAt)),
            deployedAt: iso(decision.deployedAt === null ? null : new Date(decision.deployedAt)),
          })),
        },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/container-images/{id}/skipped",
      ...needs("viewer", tag, "List digests that were skipped"),
      request: { params: idParam, query: pageQuery },
      responses: answers(z.object({ skipped: z.array(skippedSchema), total: z.number() })),
    }),
    async (c) => {
      const image = await imageFor(database, c.get("actor"), c.req.valid("param").id);
      const { digests, total } = await listSkipped(database, image.id, c.req.valid("query"));
      const { patterns } = storedTagFilter(image.tagFilter);
      const skipped = digests.map(({ createdAt, pushedAt, ...digest }) => ({
        ...digest,
        bestTag: getBestTag(digest.tags, patterns),
        pushedAt: iso(pushedAt),
        skippedAt: iso(createdAt),
      }));
      return c.json({ skipped, total }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/container-images/{id}/digests/{digestId}/skip",
      ...needs(
        "operator",
        tag,
        "Skip a digest",
        "It does not count as an update until this is taken back, or until it is deployed by hand. A newer one counts.",
      ),
      request: {
        params: skipParams,
        body: jsonBody(
          z.strictObject({
            reason: z
              .string()
              .trim()
              .max(500, "must have at most 500 characters")
              .nullish()
              .describe("For those who wonder"),
          }),
        ),
      },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      const params = c.req.valid("param");
      const reason = c.req.valid("json").reason || null;
      await transaction(database, async (sql) => {
        const image = await imageFor(sql, actor, params.id);
        const by = actor.name;
        const digest = await skipDigest(sql, image.id, params.digestId, { reason, by });
        if (digest === null) throw notFound("digest of this image");
        await audit(sql, actor, imageEntry("skip_digest", image, { digest, reason }));
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/container-images/{id}/digests/{digestId}/skip",
      ...needs("operator", tag, "Let a digest that was skipped count again"),
      request: { params: skipParams },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      const params = c.req.valid("param");
      await transaction(database, async (sql) => {
        const image = await imageFor(sql, actor, params.id);
        const digest = await unskipDigest(sql, image.id, params.digestId);
        if (digest === null) throw notFound("skipped digest of this image");
        await audit(sql, actor, imageEntry("unskip_digest", image, { digest }));
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  return app;
}
