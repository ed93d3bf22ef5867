import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Logger } from "pino";
import type { Database } from "../database/connection.ts";
import { environmentFor } from "../environments/environment-for.ts";
import {
  type AppEnv,
  answers,
  environmentParam,
  idField,
  jsonBody,
  needs,
  router,
} from "../http/routes.ts";
import { shownPlan } from "../plans/plan-for.ts";
import { planSchema } from "../plans/plan-json.ts";
import { rolloutOf } from "../plans/rollout.ts";
import { askedRolloutSchema } from "../plans/rollout-json.ts";
import { Problem } from "../problem.ts";
import type { SignatureParts } from "../signatures/gate.ts";
import { promote } from "./promote.ts";

const body = z.strictObject({
  fromEnvironmentId: idField,
  containerImageIds: z
    .array(idField)
    .min(1, "must name at least one image")
    .max(1000)
    .nullish()
    .describe("Only these, by their ids in either environment. Default: all images there"),
  healthyForMs: z
    .number()
    .int()
    .min(0)
    .max(365 * 86_400_000)
    .nullish()
    .describe(
      "Only what has run there for so long without a restart or a change of its health. Default: it is not asked",
    ),
  rollout: askedRolloutSchema,
  execute: z
    .boolean()
    .nullish()
    .describe("Start the plan at once; false leaves it pending, for a preview. Default: true"),
});

const leftOutSchema = z
  .array(
    z.object({
      image: z.object({ id: z.string(), name: z.string(), imageName: z.string() }),
      reason: z.string().describe("A sentence: why, and what to do"),
    }),
  )
  .describe("Images of the other environment that are not part of the plan");

/** What one environment runs, deployed in another. */
export function promoteRoutes(
  parts: SignatureParts & { database: Database; log: Logger },
): OpenAPIHono<AppEnv> {
  const app = router();
  const { database } = parts;

  app.openapi(
    createRoute({
      method: "post",
      path: "/environments/{envId}/promote",
      ...needs(
        "operator",
        "Deployment plans",
        "Deploy what another environment runs",
        "One plan that deploys here exactly the digests that run there, of images with the same registry and repository. Needs to see the other environment, too. 409 with the reasons where nothing can be promoted.",
      ),
      request: { params: environmentParam, body: jsonBody(body) },
      responses: answers(z.object({ plan: planSchema, leftOut: leftOutSchema })),
    }),
    async (c) => {
      const actor = c.get("actor");
      const { id } = await environmentFor(database, actor, c.req.valid("param").envId);
      const { fromEnvironmentId, containerImageIds, healthyForMs, rollout, execute } =
        c.req.valid("json");
      if (fromEnvironmentId === id) {
        throw new Problem(
          "invalid",
          "validation_failed",
          "fromEnvironmentId: must be another environment",
        );
      }
      // To look there, a viewer is enough.
      await environmentFor(database, { ...actor, needs: "viewer" }, fromEnvironmentId);
      const { planId, leftOut } = await promote(parts, actor, {
        fromEnvironmentId,
        toEnvironmentId: id,
        imageIds: containerImageIds ?? null,
        healthyForMs: healthyForMs ?? null,
        rollout: rolloutOf(rollout),
        execute: execute ?? true,
      });
      return c.json({ plan: await shownPlan(database, actor, planId), leftOut }, 200);
    },
  );

  return app;
}
