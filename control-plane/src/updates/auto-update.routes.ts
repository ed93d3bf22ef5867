import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type Database, transaction } from "../database/connection.ts";
import {
  type AppEnv,
  answers,
  emptyAnswer,
  id,
  idParam,
  iso,
  jsonBody,
  needs,
  pageQuery,
  router,
} from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { getBestTag } from "../images/best-tag.ts";
import { imageEntry, imageFor } from "../images/image-for.ts";
import { listQuarantine, releaseDigest } from "../images/quarantine.store.ts";
import { storedTagFilter } from "../images/tag-filter.ts";
import { findUpdatePolicy, setUpdatePolicy } from "../images/update-policy.store.ts";
import { notFound } from "../problem.ts";
import { type UpdateStatus, updateStatuses } from "./apply-auto-update.ts";
import { waitReasons } from "./auto-update.ts";
import {
  changedPolicy,
  policyChangeSchema,
  policyJson,
  policySchema,
} from "./update-policy-json.ts";

const tag = "Container images";

const policyAnswer = answers(z.object({ policy: policySchema }));

const statusSchema = z
  .object({
    autoUpdate: z.boolean(),
    updating: z.boolean().describe("A plan is about to be made"),
    reason: z.enum([...waitReasons, "due", "refused"]),
    message: z.string().describe("A sentence that says why nothing happens, or what will"),
    until: z
      .string()
      .nullable()
      .describe("From when it may be otherwise; null: when something changes"),
    digest: z
      .object({
        id: z.string(),
        manifestDigest: z.string(),
        tags: z.array(z.string()),
        bestTag: z.string().nullable(),
        pushedAt: z.string(),
        since: z
          .string()
          .nullable()
          .describe("Since when its tag has pointed to it: what its age counts from"),
      })
      .nullable()
      .describe("What an update would deploy"),
    policy: policySchema,
  })
  .openapi("UpdateStatus");

const quarantinedSchema = z
  .object({
    digestId: z.string(),
    manifestDigest: z.string(),
    tags: z.array(z.string()),
    bestTag: z.string().nullable(),
    pushedAt: z.string().nullable(),
    planId: z.string().nullable().describe("The plan that failed or was rolled back"),
    reason: z.string(),
    quarantinedAt: z.string(),
  })
  .openapi("QuarantinedDigest");

/** When images are updated by themselves, why they are not, and what is left alone. */
export function autoUpdateRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();

  app.openapi(
    createRoute({
      method: "get",
      path: "/container-images/{id}/update-status",
      ...needs("viewer", tag, "Read why an image is not updated by itself"),
      request: { params: idParam },
      responses: answers(z.object({ status: statusSchema })),
    }),
    async (c) => {
      const image = await imageFor(database, c.get("actor"), c.req.valid("param").id);
      const status = (await updateStatuses(database, [image.id])).get(image.id);
      if (status === undefined) throw notFound("container image");
      return c.json({ status: statusJson(status) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/container-images/{id}/update-policy",
      ...needs("viewer", tag, "Read when auto-update may update an image"),
      request: { params: idParam },
      responses: policyAnswer,
    }),
    async (c) => {
      const image = await imageFor(database, c.get("actor"), c.req.valid("param").id);
      const policy = await findUpdatePolicy(database, image.id);
      if (policy === null) throw notFound("container image");
      return c.json({ policy: policyJson(policy) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "patch",
      path: "/container-images/{id}/update-policy",
      ...needs(
        "operator",
        tag,
        "Change when auto-update may update an image",
        "Detecting an update and applying it are separate: what waits for its age or its window is shown as available, and is deployed when that has come. Its `rollout` says how carefully. Deploying by hand and by webhook is not held up.",
      ),
      request: {
        params: idParam,
        body: jsonBody(policyChangeSchema),
      },
      responses: policyAnswer,
    }),
    async (c) => {
      const actor = c.get("actor");
      const change = c.req.valid("json");
      const policy = await transaction(database, async (sql) => {
        const image = await imageFor(sql, actor, c.req.valid("param").id);
        const before = await findUpdatePolicy(sql, image.id);
        if (before === null) throw notFound("container image");
        const after = changedPolicy(before, change);
        await setUpdatePolicy(sql, image.id, after);
        await audit(sql, actor, imageEntry("update_image_policy", image, { ...change }));
        return after;
      });
      return c.json({ policy: policyJson(policy) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/container-images/{id}/quarantine",
      ...needs(
        "viewer",
        tag,
        "List digests that auto-update leaves alone",
        "Each failed or was rolled back here. A newer digest is not affected; deploying one of these by hand, with success, releases it.",
      ),
      request: { params: idParam, query: pageQuery },
      responses: answers(z.object({ quarantine: z.array(quarantinedSchema), total: z.number() })),
    }),
    async (c) => {
      const image = await imageFor(database, c.get("actor"), c.req.valid("param").id);
      const { digests, total } = await listQuarantine(database, image.id, c.req.valid("query"));
      const { patterns } = storedTagFilter(image.tagFilter);
      const quarantine = digests.map(({ createdAt, pushedAt, ...digest }) => ({
        ...digest,
        bestTag: getBestTag(digest.tags, patterns),
        pushedAt: iso(pushedAt),
        quarantinedAt: iso(createdAt),
      }));
      return c.json({ quarantine, total }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/container-images/{id}/quarantine/{digestId}",
      ...needs("operator", tag, "Let auto-update have a digest again"),
      request: { params: z.object({ id, digestId: id }) },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      const params = c.req.valid("param");
      await transaction(database, async (sql) => {
        const image = await imageFor(sql, actor, params.id);
        const digest = await releaseDigest(sql, image.id, params.digestId);
        if (digest === null) throw notFound("quarantined digest of this image");
        await audit(sql, actor, imageEntry("release_digest", image, { digest }));
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  return app;
}

function statusJson({
  facts,
  updating,
  reason,
  message,
  until,
}: UpdateStatus): z.infer<typeof statusSchema> {
  const { digest, policy } = facts;
  return {
    autoUpdate: facts.autoUpdate,
    updating,
    reason,
    message,
    until: iso(until),
    digest: digest && {
      ...digest,
      bestTag: getBestTag(digest.tags, storedTagFilter(facts.tagFilter).patterns),
      pushedAt: iso(digest.pushedAt),
      since: iso(facts.automatic && new Date(facts.automatic.since)),
    },
    policy: policyJson(policy),
  };
}
