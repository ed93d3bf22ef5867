import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { environmentsOf, requireAllEnvironments, requireEnvironment } from "../actor.ts";
import { type AuditProtection, auditProtection } from "../database/audit-protection.ts";
import type { Database } from "../database/connection.ts";
import { cursorQuery, nextCursor, nextCursorField, pageOf } from "../http/cursors.ts";
import { type AppEnv, answers, idField, iso, needs, router } from "../http/routes.ts";
import { type AuditRow, listAudit } from "./audit.store.ts";
import { type ChainedRow, chainEnd, type Verification, verifyChain } from "./audit-chain.store.ts";
import { exportAudit } from "./audit-export.ts";

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

const tag = "Audit";
const moment = z.iso
  .datetime({ offset: true, message: "must be a time such as 2026-01-31T12:00:00Z" })
  .transform((text) => new Date(text))
  .optional();

const verificationSchema = z.object({
  whole: z.boolean(),
  entries: z.number().describe("That are there"),
  removed: z.number().describe("Removed by retention, from the beginning"),
  last: z
    .object({ position: z.number(), hash: z.string() })
    .nullable()
    .describe("The end of the chain: compare it with an earlier export"),
  broken: z
    .object({
      position: z.number().nullable().describe("null: the entry has no place in the chain"),
      entryId: z.string(),
      reason: z
        .enum(["missing", "changed", "not_linked", "not_chained"])
        .describe(
          "missing: an entry here or right before it is gone; changed: not what was written; not_linked: the one before was changed with its hash; not_chained: was put in beside the chain",
        ),
    })
    .nullable()
    .describe("The first that is wrong"),
  protection: z
    .object({
      by: z
        .enum(["role", "triggers"])
        .describe(
          "role: the database refuses the program's role any change of the audit; triggers: that role could switch off the triggers that do, so that only an export kept elsewhere would tell",
        ),
      role: z.string().describe("The database role that the program works as"),
      gaps: z.array(z.string()).describe("What lets that role change the audit"),
    })
    .describe("What keeps the program itself from changing the audit"),
});

export function auditRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();
  app.openapi(
    createRoute({
      method: "get",
      path: "/audit-logs",
      ...needs("viewer", tag, "Read the audit log", "Newest first."),
      request: {
        query: cursorQuery.extend({
          action: z.string().max(100).optional(),
          resourceType: z.string().max(100).optional(),
          resourceId: z.string().max(200).optional(),
          environmentId: idField.optional(),
        }),
      },
      responses: answers(
        z.object({
          logs: z.array(auditSchema),
          total: z.number(),
          nextCursor: nextCursorField,
        }),
      ),
    }),
    async (c) => {
      const actor = c.get("actor");
      const query = c.req.valid("query");
      const { action, resourceType, resourceId, environmentId } = query;
      if (environmentId) requireEnvironment(actor, environmentId);
      const page = pageOf(query, "number");
      const { logs, total, last } = await listAudit(database, {
        action: action ?? null,
        resourceType: resourceType ?? null,
        resourceId: resourceId ?? null,
        environmentIds: environmentId ? [environmentId] : environmentsOf(actor),
        ...page,
      });
      const next = nextCursor(last, { rows: logs.length, limit: page.limit });
      return c.json({ logs: logs.map(auditJson), total, nextCursor: next }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/audit-logs/export",
      ...needs(
        "viewer",
        tag,
        "Export the audit log",
        "JSON lines, oldest first: each an entry with its `position`, `previousHash`, `hash` and `content`. `hash` is the SHA-256 of the bytes of `previousHash` and of `content`, which holds the entry again, exactly as it was hashed.",
      ),
      request: {
        query: z.object({
          from: moment.openapi({ format: "date-time" }),
          to: moment.openapi({ format: "date-time", description: "Entries before this time" }),
          environmentId: idField.optional(),
        }),
      },
      responses: {
        200: {
          description: "The entries, one a line",
          content: { "application/x-ndjson": { schema: z.string() } },
        },
      },
    }),
    async (c) => {
      const actor = c.get("actor");
      const { from, to, environmentId } = c.req.valid("query");
      if (environmentId) requireEnvironment(actor, environmentId);
      const filter = {
        from: from ?? null,
        to: to ?? null,
        environmentIds: environmentId ? [environmentId] : environmentsOf(actor),
      };
      const lines = await exportAudit(database, actor, filter, lineJson);
      const day = new Date().toISOString().slice(0, 10);
      // The route's type takes this kind of content for JSON.
      return c.newResponse(lines, 200, {
        "Content-Type": "application/x-ndjson; charset=utf-8",
        "Content-Disposition": `attachment; filename="audit-${day}.jsonl"`,
      }) as never;
    },
  );

  // It reads every entry: one at a time is enough for all who ask.
  let verifying: Promise<z.infer<typeof verificationSchema>> | null = null;
  async function verify() {
    const last = await chainEnd(database);
    return verificationJson(await verifyChain(database), last, await auditProtection(database));
  }

  app.openapi(
    createRoute({
      method: "get",
      path: "/audit-logs/verify",
      ...needs(
        "admin",
        tag,
        "Verify the audit log",
        "Whether every entry is there as it was written, and where it is not, the first. Needs all environments.",
      ),
      responses: answers(z.object({ verification: verificationSchema })),
    }),
    async (c) => {
      requireAllEnvironments(c.get("actor"));
      verifying ??= verify().finally(() => {
        verifying = null;
      });
      return c.json({ verification: await verifying }, 200);
    },
  );
  return app;
}

function auditJson(row: AuditRow): z.infer<typeof auditSchema> {
  const { id, actorType, actorId, actorName, address, action, details } = row;
  const { resourceType, resourceId, resourceName, environmentId } = row;
  return {
    id,
    at: iso(row.at),
    createdAt: iso(row.at),
    ...{ actorType, actorId, actorName, address, action },
    ...{ resourceType, resourceId, resourceName, environmentId, details },
  };
}

function lineJson(row: ChainedRow): object {
  const { position, previousHash, hash, content } = row;
  return { ...auditJson(row), position, previousHash, hash, content };
}

function verificationJson(
  { entries, removed, broken }: Verification,
  last: { position: number; hash: string | null },
  { role, gaps }: AuditProtection,
): z.infer<typeof verificationSchema> {
  const { position, hash } = last;
  return {
    whole: broken === null,
    ...{ entries, removed, broken },
    last: hash === null ? null : { position, hash },
    protection: { by: gaps.length === 0 ? "role" : "triggers", role, gaps },
  };
}
