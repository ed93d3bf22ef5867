import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type Actor, hasRole, requireRole, requireSession } from "../actor.ts";
import { type Database, transaction } from "../database/connection.ts";
import {
  type AppEnv,
  answers,
  emptyAnswer,
  idField,
  idParam,
  iso,
  needs,
  pageQuery,
  router,
} from "../http/routes.ts";
import { notFound } from "../problem.ts";
import { audit } from "./audit.store.ts";
import {
  closeSessionById,
  closeSessionsOf,
  findSession,
  listSessions,
  type SessionRow,
} from "./sessions.store.ts";
import { findUser } from "./users.store.ts";

const sessionSchema = z
  .object({
    id: z.string(),
    userId: z.string(),
    userEmail: z.string(),
    createdAt: z.string(),
    lastSeenAt: z.string().nullable().describe("To the minute; null: not since it was opened"),
    expiresAt: z.string(),
    address: z.string().nullable().describe("Where it was opened from"),
    lastAddress: z.string().nullable().describe("Where it was last used from"),
    userAgent: z.string().nullable().describe("What it was opened with, such as Firefox on Linux"),
    current: z.boolean().describe("The one that this request was made with"),
  })
  .openapi("Session");

const tag = "Identity";
const bySession = "Needs a session: an API token can neither see nor end one.";

/** What a user is logged in with. */
export function sessionsRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();

  app.openapi(
    createRoute({
      method: "get",
      path: "/sessions",
      ...needs(
        "viewer",
        tag,
        "List sessions",
        `Your own, the latest first; administrators another user's with \`userId\`. ${bySession}`,
      ),
      request: { query: pageQuery.extend({ userId: idField.optional() }) },
      responses: answers(z.object({ sessions: z.array(sessionSchema), total: z.number() })),
    }),
    async (c) => {
      const actor = c.get("actor");
      const { userId, ...page } = c.req.valid("query");
      const ofUser = userId ?? actor.id;
      requireSessionsOf(actor, ofUser);
      if (ofUser === null) return c.json({ sessions: [], total: 0 }, 200);
      const { sessions, total } = await listSessions(database, ofUser, page);
      return c.json({ sessions: sessions.map((row) => sessionJson(row, actor)), total }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/sessions/{id}",
      ...needs(
        "viewer",
        tag,
        "End a session",
        `Your own; administrators anybody's. What is open by it is closed at once. ${bySession}`,
      ),
      request: { params: idParam },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      await transaction(database, async (sql) => {
        const row = await findSession(sql, c.req.valid("param").id);
        if (!row || (row.userId !== actor.id && !hasRole(actor, "admin", null))) {
          throw notFound("session");
        }
        await closeSessionById(sql, row.id);
        await audit(
          sql,
          actor,
          entry("end_session", { id: row.userId, email: row.userEmail }, { session: row.id }),
        );
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/users/{id}/sessions",
      ...needs(
        "viewer",
        tag,
        "End all sessions of a user",
        `Your own but the one that you ask with; administrators also others'. What is open by them is closed at once. ${bySession}`,
      ),
      request: { params: idParam },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      const { id } = c.req.valid("param");
      requireSessionsOf(actor, id);
      await transaction(database, async (sql) => {
        const user = await findUser(sql, id);
        if (!user) throw notFound("user");
        await closeSessionsOf(sql, id, actor.id === id ? (actor.credentialId ?? null) : null);
        await audit(sql, actor, entry("end_sessions", user));
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  return app;
}

/** @throws {Problem} 403 unless they are the actor's own, or an administrator asks */
function requireSessionsOf(actor: Actor, userId: string | null): void {
  requireSession(actor);
  if (actor.id !== userId) requireRole(actor, "admin", null);
}

function sessionJson(row: SessionRow, actor: Actor): z.infer<typeof sessionSchema> {
  return {
    ...row,
    createdAt: iso(row.createdAt),
    lastSeenAt: iso(row.lastSeenAt),
    expiresAt: iso(row.expiresAt),
    current: row.id === actor.credentialId,
  };
}

function entry(
  action: string,
  user: { id: string; email: string },
  details: Record<string, unknown> = {},
) {
  return {
    action,
    resourceType: "user",
    resourceId: user.id,
    resourceName: user.email,
    details,
  };
}
