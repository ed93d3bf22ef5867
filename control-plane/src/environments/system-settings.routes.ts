import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { requireAllEnvironments } from "../actor.ts";
import { type Database, transaction } from "../database/connection.ts";
import { type AppEnv, answers, jsonBody, needs, router } from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import {
  defaultSystemSettings,
  readSystemSettings,
  writeSystemSettings,
} from "./system-settings.store.ts";

const settingsSchema = z
  .object({
    registryMaxTags: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .describe(
        `Matching tags that a sync looks at in each repository, newest-looking first; at first ${defaultSystemSettings.registryMaxTags}`,
      ),
    retentionDays: z
      .number()
      .int()
      .min(1)
      .max(3650)
      .describe(
        `How many days ended plans, audit entries and webhook deliveries are kept; at first ${defaultSystemSettings.retentionDays}`,
      ),
  })
  .openapi("SystemSettings");

const answer = answers(z.object({ settings: settingsSchema }));

export function systemSettingsRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();

  app.openapi(
    createRoute({
      method: "get",
      path: "/settings/system",
      ...needs("viewer", "Settings", "Read the system settings"),
      responses: answer,
    }),
    async (c) => c.json({ settings: await readSystemSettings(database) }, 200),
  );

  app.openapi(
    createRoute({
      method: "patch",
      path: "/settings/system",
      ...needs("admin", "Settings", "Change the system settings"),
      request: { body: jsonBody(z.strictObject(settingsSchema.partial().shape)) },
      responses: answer,
    }),
    async (c) => {
      const change = c.req.valid("json");
      requireAllEnvironments(c.get("actor"));
      const settings = await transaction(database, async (sql) => {
        await writeSystemSettings(sql, change);
        await audit(sql, c.get("actor"), {
          action: "update_system_settings",
          resourceType: "system_settings",
          resourceId: null,
          resourceName: null,
          details: change,
        });
        return readSystemSettings(sql);
      });
      return c.json({ settings }, 200);
    },
  );

  return app;
}
