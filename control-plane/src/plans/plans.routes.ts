import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { streamSSE } from "hono/streaming";
import type { Logger } from "pino";
import { type Actor, hasRole, requireEnvironment } from "../actor.ts";
import { type Database, readTogether } from "../database/connection.ts";
import { environmentFor } from "../environments/environment-for.ts";
import { type Hooks, sealedHooks, withStoredValues } from "../hooks/hook.ts";
import { hooksSchema } from "../hooks/hook-json.ts";
import { cursorQuery, nextCursor, nextCursorField, pageOf } from "../http/cursors.ts";
import {
  type AppEnv,
  answers,
  environmentParam,
  idField,
  idParam,
  jsonBody,
  needs,
  router,
  writtenJson,
} from "../http/routes.ts";
import { OpenCounts, openLimits } from "../open-limits.ts";
import { notFound } from "../problem.ts";
import { receiptKeys } from "../receipts/receipt-keys.ts";
import type { Secrets } from "../secrets.ts";
import { SharedReads } from "../shared-reads.ts";
import { everythingBehind } from "../updates/everything-behind.ts";
import { type AskedPlan, formOf, resolvedTargets } from "./asked-targets.ts";
import {
  createPlan,
  type DeployRequest,
  executePlan,
  type PlanImages,
  requireStatus,
} from "./create-plan.ts";
import { type DryRun, withChanges } from "./dry-run.ts";
import { imageFor, planFor, shownPlan } from "./plan-for.ts";
import { findServiceImage } from "./plan-input.store.ts";
import { changeSchema, onePlan, type PlanJson, planSchema, stepSchema } from "./plan-json.ts";
import { PlanLists } from "./plan-lists.ts";
import { streamPlan } from "./plan-stream.ts";
import { listPlans, readPlan } from "./plans.store.ts";
import { receiptOf, receiptSchema } from "./receipt-json.ts";
import { type AskedRollout, rolloutOf } from "./rollout.ts";
import { askedRolloutSchema, refuseContradiction } from "./rollout-json.ts";
import { planStatuses } from "./statuses.ts";
import type { PlanChanges } from "./watch.ts";

export interface PlansParts {
  database: Database;
  secrets: Secrets;
  changes: PlanChanges;
  log: Logger;
  /** asks the registry what a tag points to now, records that digest, and returns its row's id */
  resolveTag: (imageId: string, tag: string) => Promise<string>;
  images: PlanImages;
  dryRun: DryRun;
  /** event streams that one user may have open; default: as documented */
  mostStreams?: number;
}

const tag = "Deployment plans";

const version = {
  imageDigestId: idField.nullish(),
  tag: z.string().trim().min(1, "must not be empty").max(128).nullish(),
};
const how = {
  autoRollback: z.boolean().nullish().describe("Default: true"),
  parallelExecution: z.boolean().nullish().describe("Default: false"),
  rollout: askedRolloutSchema,
  hooks: z
    .union([hooksSchema, z.null()])
    .optional()
    .describe("HTTP calls of this plan, after those of its images"),
  allowAutoRemove: z
    .boolean()
    .nullish()
    .describe("Also replace containers made with `--rm`, which the engine deletes. Default: false"),
};
const create = z
  .boolean()
  .nullish()
  .describe(
    "Create the container of a service that is named and whose container is gone, from its specification. Default: false",
  );
const serviceIds = z.array(idField).min(1, "must name at least one service").max(1000);
const subject = { containerImageId: idField.nullish(), serviceIds: serviceIds.nullish() };
const mostTargets = 100;
const targets = z
  .array(z.strictObject({ ...subject, ...version }))
  .min(1, "must have at least one target")
  .max(mostTargets, `must have at most ${mostTargets} targets`)
  .nullish()
  .describe(
    "Several images at once, each for all of its services or for those that are named; a service at most once",
  );
const behind = z
  .boolean()
  .nullish()
  .describe(
    "Every service of the environment that is behind, to its own update; not what is snoozed, pinned or a lower version. Default: false",
  );

export function plansRoutes(parts: PlansParts): OpenAPIHono<AppEnv> {
  const app = router();
  const { database } = parts;
  const streams = new OpenCounts();
  const lists = new PlanLists();
  const reads = new SharedReads<Buffer<ArrayBuffer>>();
  const keys = receiptKeys(parts);

  app.openapi(
    createRoute({
      method: "post",
      path: "/container-images/{id}/deploy",
      ...needs(
        "operator",
        tag,
        "Deploy a digest to the services of an image",
        "By `imageDigestId`, or by a `tag`, which is resolved to its digest first. The plan runs by itself: follow it at /api/deployment-plans/{id}.",
      ),
      request: {
        params: idParam,
        body: jsonBody(
          z.strictObject({ ...version, ...how, create, serviceIds: serviceIds.nullish() }),
        ),
      },
      responses: onePlan,
    }),
    async (c) => {
      const body = c.req.valid("json");
      const image = await imageFor(database, c.get("actor"), c.req.valid("param").id);
      const asked = { ...body, containerImageId: image.id };
      const plan = await deploy(parts, c.get("actor"), image.environmentId, asked, true);
      return c.json({ plan }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/services/{id}/deploy",
      ...needs("operator", tag, "Deploy a digest to one service"),
      request: { params: idParam, body: jsonBody(z.strictObject({ ...version, ...how, create })) },
      responses: onePlan,
    }),
    async (c) => {
      const body = c.req.valid("json");
      const { id } = c.req.valid("param");
      const service = await findServiceImage(database, id);
      if (!service) throw notFound("service");
      requireEnvironment(c.get("actor"), service.environmentId);
      const asked = { ...body, containerImageId: service.containerImageId, serviceIds: [id] };
      const plan = await deploy(parts, c.get("actor"), service.environmentId, asked, true);
      return c.json({ plan }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/environments/{envId}/deployment-plans",
      ...needs(
        "operator",
        tag,
        "Create a plan",
        "For all services of `containerImageId`, or for `serviceIds` (of one image); for several images with `targets`; or for `everythingBehind`. Pending until it is executed, or started at once with `?execute=true`. All or nothing, also of several images.",
      ),
      request: {
        params: environmentParam,
        query: z.object({ execute: z.enum(["true", "false"]).default("false") }),
        body: jsonBody(
          z.strictObject({
            ...version,
            ...how,
            create,
            ...subject,
            targets,
            everythingBehind: behind,
          }),
        ),
      },
      responses: onePlan,
    }),
    async (c) => {
      const actor = c.get("actor");
      const environment = await environmentFor(database, actor, c.req.valid("param").envId);
      const body = c.req.valid("json");
      const execute = c.req.valid("query").execute === "true";
      const plan = await deploy(parts, actor, environment.id, body, execute);
      return c.json({ plan }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/environments/{envId}/deployment-plans",
      ...needs("viewer", tag, "List plans", "Newest first."),
      request: {
        params: environmentParam,
        query: cursorQuery.extend({
          status: z.enum(planStatuses).optional(),
          containerImageId: idField.optional(),
          serviceId: idField.optional(),
        }),
      },
      responses: answers(
        z.object({
          plans: z.array(planSchema),
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
      const query = c.req.valid("query");
      const actor = c.get("actor");
      const page = pageOf(query, "number");
      // A user who may not deploy sees less of what changes.
      const key = [environment.id, hasRole(actor, "operator", environment.id), query];
      const answer = await reads.read(JSON.stringify(key), () =>
        readTogether(database, async (sql) => {
          const { ids, total, last } = await listPlans(sql, {
            environmentId: environment.id,
            status: query.status ?? null,
            containerImageId: query.containerImageId ?? null,
            serviceId: query.serviceId ?? null,
            ...page,
          });
          const plans = await lists.read(sql, ids, actor);
          const next = nextCursor(last, { rows: ids.length, limit: page.limit });
          return Buffer.from(
            `{"plans":[${plans.join(",")}],"total":${total},"nextCursor":${JSON.stringify(next)}}`,
          );
        }),
      );
      return writtenJson(c, answer);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/deployment-plans/{id}",
      ...needs("viewer", tag, "Read a plan"),
      request: { params: idParam },
      responses: onePlan,
    }),
    async (c) => {
      await planFor(database, c.get("actor"), c.req.valid("param").id);
      return c.json(
        { plan: await shownPlan(database, c.get("actor"), c.req.valid("param").id) },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/deployment-plans/{id}/receipt",
      ...needs(
        "viewer",
        tag,
        "Read what a plan did",
        "Of each service the container before, after, and after a rollback, as its agent saw it. Once the plan has ended, `jws` has the same receipt signed; docs/deploying.md says how it is verified.",
      ),
      request: { params: idParam },
      responses: answers(
        z.object({
          receipt: receiptSchema,
          jws: z
            .string()
            .nullable()
            .describe(
              "A compact JWS (Ed25519) whose payload is the receipt as JSON; null: the plan has not ended",
            ),
        }),
      ),
    }),
    async (c) => {
      const { id } = await planFor(database, c.get("actor"), c.req.valid("param").id);
      const whole = await readPlan(database, id);
      if (!whole) throw notFound("deployment plan");
      const receipt = receiptOf(whole);
      return c.json({ receipt, jws: receipt.final ? await keys.sign(receipt) : null }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/deployment-plans/{id}/execute",
      ...needs(
        "operator",
        tag,
        "Execute a pending plan",
        "With `?dryRun=true` nothing is touched: the answer has the steps in their order, deploys with the changes of their container, and the same once more by container.",
      ),
      request: {
        params: idParam,
        query: z.object({ dryRun: z.enum(["true", "false"]).default("false") }),
      },
      responses: answers(
        z.object({
          plan: planSchema,
          steps: z.array(stepSchema).optional(),
          containers: z
            .array(
              z.object({
                service: z.object({
                  id: z.string().nullable(),
                  name: z.string(),
                  serverName: z.string(),
                }),
                containerName: z.string(),
                changes: z.array(changeSchema),
                error: z.string().nullable().describe("Why it would not work"),
                changesUnknown: z
                  .string()
                  .nullable()
                  .describe(
                    "Why what would change cannot be said, though it may well work: its server does not have the image yet, and no registry can be asked about it",
                  ),
                detail: z
                  .string()
                  .nullable()
                  .describe(
                    "What there is to say of it all the same, such as the rights on the host that it would have beyond its service's specification",
                  ),
              }),
            )
            .optional(),
        }),
      ),
    }),
    async (c) => {
      const actor = c.get("actor");
      const plan = await planFor(database, actor, c.req.valid("param").id);
      if (c.req.valid("query").dryRun === "true") {
        requireStatus(plan, "execute");
        const containers = await parts.dryRun(plan.id, actor);
        const whole = await shownPlan(database, c.get("actor"), plan.id);
        const steps = whole.steps.map((step) => withChanges(step, containers));
        return c.json({ plan: whole, steps, containers }, 200);
      }
      await executePlan(parts, actor, plan.id);
      return c.json({ plan: await shownPlan(database, c.get("actor"), plan.id) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/deployment-plans/{id}/stream",
      ...needs(
        "viewer",
        tag,
        "Follow a plan",
        "Server-sent events: `plan` with the whole plan, `step` for each step that changed, `done` when it has ended. 429 where the user has too many of them open.",
      ),
      request: { params: idParam },
      responses: {
        200: {
          description: "Server-sent events",
          content: { "text/event-stream": { schema: z.string() } },
        },
      },
    }),
    async (c) => {
      const reader = c.get("actor");
      const { id } = await planFor(database, reader, c.req.valid("param").id);
      const most = parts.mostStreams ?? openLimits.planStreamsOfUser;
      const what = "event streams of one user";
      const close = streams.open({ key: reader.id ?? reader.name, most, what });
      return streamSSE(c, async (stream) => {
        try {
          await streamPlan({ ...parts, reader }, id, stream);
        } finally {
          close();
        }
      });
    },
  );

  return app;
}

interface AskedDeploy extends AskedPlan {
  autoRollback?: boolean | null | undefined;
  parallelExecution?: boolean | null | undefined;
  rollout?: AskedRollout | null | undefined;
  hooks?: Hooks | null | undefined;
  allowAutoRemove?: boolean | null | undefined;
  create?: boolean | null | undefined;
}

async function deploy(
  parts: PlansParts,
  actor: Actor,
  environmentId: string,
  asked: AskedDeploy,
  execute: boolean,
): Promise<PlanJson> {
  refuseContradiction(asked.autoRollback, asked.rollout);
  const planId = await createPlan(parts, actor, {
    ...(await meantBy(parts, environmentId, asked)),
    autoRollback: asked.autoRollback ?? true,
    parallelExecution: asked.parallelExecution ?? false,
    rollout: rolloutOf(asked.rollout),
    hooks: asked.hooks
      ? sealedHooks(parts.secrets, withStoredValues(asked.hooks, null))
      : undefined,
    allowAutoRemove: asked.allowAutoRemove ?? false,
    create: asked.create ?? false,
    triggerType: "manual",
    execute,
  });
  return shownPlan(parts.database, actor, planId);
}

/** What a request wants to be deployed to what. */
async function meantBy(
  { database, resolveTag }: PlansParts,
  environmentId: string,
  asked: AskedPlan,
): Promise<Pick<DeployRequest, "targets" | "automatic" | "everythingBehind">> {
  const form = formOf(asked);
  if (form === "everything_behind") {
    const { targets, leftOut } = await everythingBehind(database, environmentId);
    return { targets, automatic: true, everythingBehind: { leftOut } };
  }
  const named =
    form === "targets"
      ? (asked.targets ?? []).map((target, index) => ({ at: `targets[${index}]`, asked: target }))
      : [{ at: undefined, asked }];
  return { targets: await resolvedTargets(database, environmentId, named, resolveTag) };
}
