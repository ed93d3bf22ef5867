import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type Database, transaction } from "../database/connection.ts";
import {
  type AppEnv,
  answers,
  idParam,
  jsonBody,
  markSecret,
  needs,
  router,
} from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { variablesOf } from "./hidden-values.ts";
import { serviceEntry, serviceFor } from "./service-for.ts";
import { findRecordedSpec } from "./services.store.ts";

const variables = z.record(z.string(), z.string());

/** The values that every other answer hides. A POST, so that it is never repeated from a cache or a history. */
export function revealValuesRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();

  app.openapi(
    createRoute({
      method: "post",
      path: "/services/{id}/reveal-values",
      ...needs(
        "operator",
        "Services",
        "Show the values of a service's environment variables",
        "The audit notes who asked, and for which names.",
      ),
      request: {
        params: idParam,
        body: {
          ...jsonBody(
            z.strictObject({
              reason: z.string().trim().max(500).nullish().describe("For the audit"),
            }),
          ),
          required: false,
        },
      },
      responses: answers(
        z.object({
          env: variables.describe("Of its specification"),
          recordedEnv: variables
            .nullable()
            .describe("Of what its container was created from; null: nothing is recorded"),
        }),
      ),
    }),
    async (c) => {
      const actor = c.get("actor");
      const reason = c.req.valid("json")?.reason;
      // The entry is there before any value is told.
      const shown = await transaction(database, async (sql) => {
        const service = await serviceFor(sql, actor, c.req.valid("param").id);
        const recorded = await findRecordedSpec(sql, service.id);
        const env = variablesOf(service.spec);
        const recordedEnv = recorded && variablesOf(recorded);
        const names = [...new Set([...Object.keys(env), ...Object.keys(recordedEnv ?? {})])];
        await audit(
          sql,
          actor,
          serviceEntry("reveal_values", service, { names, ...(reason ? { reason } : {}) }),
        );
        return { env, recordedEnv };
      });
      markSecret(c);
      return c.json(shown, 200);
    },
  );

  return app;
}
