import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { acting, hasRole, requireRole, requireSession, roles } from "../actor.ts";
import { type Database, transaction } from "../database/connection.ts";
import { findEnvironment } from "../environments/environments.store.ts";
import {
  type AppEnv,
  answers,
  emptyAnswer,
  idField,
  idParam,
  iso,
  jsonBody,
  markSecret,
  nameField,
  needs,
  pageQuery,
  router,
} from "../http/routes.ts";
import { notFound, Problem } from "../problem.ts";
import { audit } from "./audit.store.ts";
import { holdSession } from "./sessions.store.ts";
import { deleteToken, findToken, insertToken, listTokens, type TokenRow } from "./tokens.store.ts";
import { findUser, type UserRow } from "./users.store.ts";

const tokenSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(roles),
    userId: z.string(),
    userEmail: z.string(),
    environmentIds: z.array(z.string()).nullable(),
    createdAt: z.string(),
    expiresAt: z.string().nullable(),
    lastUsedAt: z.string().nullable(),
  })
  .openapi("ApiToken");

function tokenJson(row: TokenRow): z.infer<typeof tokenSchema> {
  return {
    ...row,
    createdAt: iso(row.createdAt),
    expiresAt: iso(row.expiresAt),
    lastUsedAt: iso(row.lastUsedAt),
  };
}

const tag = "API tokens";
const bySession = "Needs a session: an API token can neither see nor make nor delete one.";

export function tokensRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();

  app.openapi(
    createRoute({
      method: "get",
      path: "/tokens",
      ...needs(
        "viewer",
        tag,
        "List API tokens",
        `Your own; administrators see everybody's. ${bySession}`,
      ),
      request: { query: pageQuery },
      responses: answers(z.object({ tokens: z.array(tokenSchema), total: z.number() })),
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      const ofUser = hasRole(actor, "admin", null) ? null : actor.id;
      const { tokens, total } = await listTokens(database, ofUser, c.req.valid("query"));
      return c.json({ tokens: tokens.map(tokenJson), total }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/tokens",
      ...needs("viewer", tag, "Create an API token", `\`secret\` is shown this once. ${bySession}`),
      request: {
        body: jsonBody(
          z.strictObject({
            name: nameField(),
            role: z.enum(roles),
            environmentIds: z.array(idField).min(1).max(1000).nullish(),
            expiresAt: z.iso
              .datetime({ offset: true, message: "must be a time such as 2030-01-31T12:00:00Z" })
              .nullish(),
          }),
        ),
      },
      responses: answers(
        z.object({
          token: tokenSchema.extend({ token: z.string().optional() }),
          secret: z.string(),
        }),
      ),
    }),
    async (c) => {
      const actor = c.get("actor");
      const body = c.req.valid("json");
      requireSession(actor);
      if (actor.id === null) throw new Problem("forbidden", "no_user", "Only users own tokens.");
      const userId = actor.id;
      // Without environments it has the owner's, in each no higher than the owner.
      acting(actor, body.role);
      const environmentIds = body.environmentIds ?? null;
      for (const environmentId of environmentIds ?? []) {
        requireRole(actor, body.role, environmentId);
        if (await findEnvironment(database, environmentId)) continue;
        throw new Problem(
          "invalid",
          "unknown_environment",
          `environmentIds: there is no environment ${environmentId}`,
        );
      }
      const expiresAt = body.expiresAt ? new Date(body.expiresAt) : null;
      if (expiresAt && expiresAt.getTime() <= Date.now()) {
        throw new Problem("invalid", "validation_failed", "expiresAt: must be in the future");
      }
      const { row, secret } = await transaction(database, async (sql) => {
        await holdSession(sql, actor);
        requireEnd(await findUser(sql, userId), expiresAt);
        const inserted = await insertToken(sql, {
          name: body.name,
          role: body.role,
          userId,
          environmentIds,
          expiresAt,
        });
        await audit(sql, actor, entry("create_token", inserted.row, { role: body.role }));
        return inserted;
      });
      markSecret(c);
      return c.json({ token: { ...tokenJson(row), token: secret }, secret }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/tokens/{id}",
      ...needs(
        "viewer",
        tag,
        "Delete an API token",
        `Your own; administrators anybody's. ${bySession}`,
      ),
      request: { params: idParam },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      await transaction(database, async (sql) => {
        const row = await findToken(sql, c.req.valid("param").id);
        if (!row || (row.userId !== actor.id && !hasRole(actor, "admin", null))) {
          throw notFound("API token");
        }
        await deleteToken(sql, row.id);
        await audit(sql, actor, entry("delete_token", row));
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  return app;
}

function entry(action: string, row: TokenRow, details: Record<string, unknown> = {}) {
  return { action, resourceType: "token", resourceId: row.id, resourceName: row.name, details };
}

/** How long a token of a user without a password may last. */
const longestDays = 90;

/**
 * Whom only the identity provider lets in may be removed there without logging in here ever again, which is
 * when roles are taken away: a token without an end would stay.
 */
function requireEnd(user: UserRow | null, expiresAt: Date | null): void {
  if (user === null || user.hasPassword) return;
  const latest = Date.now() + longestDays * 86_400_000;
  if (expiresAt !== null && expiresAt.getTime() <= latest) return;
  throw new Problem(
    "invalid",
    "validation_failed",
    `expiresAt: must be within ${longestDays} days, as you log in with the identity provider alone`,
  );
}
