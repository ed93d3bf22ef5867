import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type AppEnv, idParam, jsonBody, nameField, needs, router } from "../http/routes.ts";
import type { SignatureParts } from "../signatures/gate.ts";
import { approvePlan, rejectPlan } from "./approve-plan.ts";
import { cancelPlan, rollBackPlan } from "./create-plan.ts";
import { pausePlan, resumePlan } from "./pause-plan.ts";
import { planFor, shownPlan } from "./plan-for.ts";
import { onePlan } from "./plan-json.ts";

const tag = "Deployment plans";

/** What people decide about a plan that is made. */
export function planActionsRoutes(parts: SignatureParts): OpenAPIHono<AppEnv> {
  const app = router();
  const { database } = parts;

  app.openapi(
    createRoute({
      method: "post",
      path: "/deployment-plans/{id}/approve",
      ...needs(
        "operator",
        tag,
        "Approve a plan",
        "By people who have neither made nor started it; a token counts as its owner, and each person once. The last approval that it needs starts it. 409 where something that it would do has changed since it was shown.",
      ),
      request: {
        params: idParam,
        body: jsonBody(z.strictObject({ comment: nameField(500).nullish() })),
      },
      responses: onePlan,
    }),
    async (c) => {
      const plan = await planFor(database, c.get("actor"), c.req.valid("param").id);
      await approvePlan(parts, c.get("actor"), plan.id, c.req.valid("json").comment ?? null);
      return c.json({ plan: await shownPlan(database, c.get("actor"), plan.id) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/deployment-plans/{id}/reject",
      ...needs(
        "operator",
        tag,
        "Reject a plan that waits for approval",
        "By people who have neither made nor started it. It is cancelled with the reason.",
      ),
      request: { params: idParam, body: jsonBody(z.strictObject({ reason: nameField(500) })) },
      responses: onePlan,
    }),
    async (c) => {
      const plan = await planFor(database, c.get("actor"), c.req.valid("param").id);
      await rejectPlan(database, c.get("actor"), plan.id, c.req.valid("json").reason);
      return c.json({ plan: await shownPlan(database, c.get("actor"), plan.id) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/deployment-plans/{id}/pause",
      ...needs(
        "operator",
        tag,
        "Pause a running plan",
        "Nothing new starts until it is resumed, cancelled or rolled back; what is in flight finishes, and its services stay busy.",
      ),
      request: {
        params: idParam,
        body: jsonBody(z.strictObject({ reason: nameField(500).nullish() })),
      },
      responses: onePlan,
    }),
    async (c) => {
      const plan = await planFor(database, c.get("actor"), c.req.valid("param").id);
      await pausePlan(database, c.get("actor"), plan.id, c.req.valid("json").reason ?? null);
      return c.json({ plan: await shownPlan(database, c.get("actor"), plan.id) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/deployment-plans/{id}/resume",
      ...needs(
        "operator",
        tag,
        "Resume a paused plan",
        "It goes on, and tries again what has failed, where its `rollout` pauses at a failure: `resumeDoes` says what. 409 where a deploy cannot be tried again.",
      ),
      request: { params: idParam },
      responses: onePlan,
    }),
    async (c) => {
      const plan = await planFor(database, c.get("actor"), c.req.valid("param").id);
      await resumePlan(database, c.get("actor"), plan.id);
      return c.json({ plan: await shownPlan(database, c.get("actor"), plan.id) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/deployment-plans/{id}/cancel",
      ...needs("operator", tag, "Cancel a plan", "Nothing new starts; what is in flight finishes."),
      request: { params: idParam },
      responses: onePlan,
    }),
    async (c) => {
      const plan = await planFor(database, c.get("actor"), c.req.valid("param").id);
      await cancelPlan(database, c.get("actor"), plan.id);
      return c.json({ plan: await shownPlan(database, c.get("actor"), plan.id) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/deployment-plans/{id}/rollback",
      ...needs(
        "operator",
        tag,
        "Roll back an ended or paused plan",
        "Every service that the plan touched goes back to what it ran before.",
      ),
      request: { params: idParam },
      responses: onePlan,
    }),
    async (c) => {
      const plan = await planFor(database, c.get("actor"), c.req.valid("param").id);
      await rollBackPlan(database, c.get("actor"), plan.id);
      return c.json({ plan: await shownPlan(database, c.get("actor"), plan.id) }, 200);
    },
  );

  return app;
}
