import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { requireEnvironment } from "../actor.ts";
import type { Database } from "../database/connection.ts";
import { type AppEnv, answers, idField, iso, needs, pageQuery, router } from "../http/routes.ts";
import { listAudit } from "./audit.store.ts";

const auditSchema = z
  .object({
    id: z.string(),
    at: z.string(),
    createdAt: z.string(),
    actorType: z.enum(["user", "token", "webhook", "system"]),
    actorId: z.string().nullable(),
    actorName: z.string(),
    address: z.string().nullable().describe("Where the request came from"),
    action: z.string(),
    resourceType: z.string(),
    resourceId: z.string().nullable(),
    resourceName: z.string().nullable(),
    environmentId: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
  })
  .openapi("AuditLog");

export function auditRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();
  app.openapi(
    createRoute({
      method: "get",
      path: "/audit-logs",
      ...needs("viewer", "Audit", "Read the audit log", "Newest first."),
      request: {
        query: pageQuery.extend({
          action: z.string().max(100).optional(),
          resourceType: z.string().max(100).optional(),
          resourceId: z.string().max(200).optional(),
          environmentId: idField.optional(),
        }),
      },
      responses: answers(z.object({ logs: z.array(auditSchema), total: z.number() })),
    }),
    async (c) => {
      const actor = c.get("actor");
      const { action, resourceType, resourceId, environmentId, limit, offset } =
        c.req.valid("query");
      if (environmentId) requireEnvironment(actor, environmentId);
      const { logs, total } = await listAudit(database, {
        action: action ?? null,
        resourceType: resourceType ?? null,
        resourceId: resourceId ?? null,
        environmentIds: environmentId ? [environmentId] : actor.environmentIds,
        limit,
        offset,
      });
      return c.json(
        { logs: logs.map((row) => ({ ...row, at: iso(row.at), createdAt: iso(row.at) })), total },
        200,
      );
    },
  );
  return app;
}
