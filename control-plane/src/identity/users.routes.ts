import type { OpenAPIHono } from "@hono/zod-openapi";
import { createRoute, z } from "@hono/zod-openapi";
import {
  type EnvironmentRole,
  everywhere,
  type Role,
  requireAllEnvironments,
  requireRole,
  requireSession,
  roles,
  toldRole,
} from "../actor.ts";
import { type Database, transaction } from "../database/connection.ts";
import { sourceOf } from "../http/client-address.ts";
import {
  type AppEnv,
  answers,
  emptyAnswer,
  idField,
  idParam,
  iso,
  jsonBody,
  nameField,
  needs,
  pageQuery,
  router,
} from "../http/routes.ts";
import { notFound, Problem } from "../problem.ts";
import { audit } from "./audit.store.ts";
import { failedLogins } from "./failed-logins.ts";
import { noteOwnRoles } from "./identities.store.ts";
import { isAdministrator, keepAnAdministrator } from "./last-administrator.ts";
import { forgetSources } from "./login-sources.store.ts";
import { ownSecrets } from "./own-secrets.ts";
import { hashPassword, passwordMatches } from "./passwords.ts";
import { closeSessionsOf } from "./sessions.store.ts";
import { deleteTokensOf } from "./tokens.store.ts";
import {
  deleteUser,
  findPasswordHash,
  findUser,
  insertUser,
  listUsers,
  lockRoles,
  setRoles,
  type UserRow,
  updateUser,
} from "./users.store.ts";

const rolesSchema = z
  .array(
    z.object({
      environmentId: z.string().nullable().describe("null: all environments, and what is in none"),
      role: z.enum(roles),
    }),
  )
  .describe("Where two meet, the higher one counts");

export const userSchema = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string().nullable(),
    role: z
      .enum(roles)
      .describe("The role in all environments; without one, the highest of the others"),
    roles: rolesSchema,
    secondFactor: z.boolean().describe("Logging in takes a code of an authenticator app"),
    passkeys: z.number().describe("How many it can log in with"),
    password: z.boolean().describe("Logs in with a password"),
    identity: z
      .object({ issuer: z.string(), subject: z.string() })
      .nullable()
      .describe("Who it is at the identity provider; null: it logs in with a password only"),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .openapi("User");

export function userJson(row: UserRow): z.infer<typeof userSchema> {
  const { id, email, name, roles, secondFactor, passkeys, createdAt, updatedAt } = row;
  const { hasPassword: password, identity } = row;
  const at = { createdAt: iso(createdAt), updatedAt: iso(updatedAt) };
  const shown = { secondFactor, passkeys, password, identity };
  return { id, email, name, role: toldRole(roles), roles, ...shown, ...at };
}

const email = z.email("is not an e-mail address").max(254);
const password = z
  .string()
  .min(12, "must have at least 12 characters")
  .max(256, "must have at most 256 characters");
const rolesField = z
  .array(z.strictObject({ environmentId: idField.nullable(), role: z.enum(roles) }))
  .min(1, "must have at least one role")
  .max(1000)
  .refine(
    (asked) => new Set(asked.map(({ environmentId }) => environmentId)).size === asked.length,
    "must name each environment once",
  )
  .optional()
  .describe("In the place of `role`: roles in some environments, or in all with null");
const roleField = z.enum(roles).optional().describe("The only role, in all environments");
const userAnswer = answers(z.object({ user: userSchema }));
const tag = "Users";
const bySession = "Needs a session: what an API token makes must not outlive it.";

export function usersRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();
  const isRight = ownSecrets();
  const failed = failedLogins();

  app.openapi(
    createRoute({
      method: "get",
      path: "/users",
      ...needs("admin", tag, "List users"),
      request: { query: pageQuery },
      responses: answers(z.object({ users: z.array(userSchema), total: z.number() })),
    }),
    async (c) => {
      requireAllEnvironments(c.get("actor"));
      const { users, total } = await listUsers(database, c.req.valid("query"));
      return c.json({ users: users.map(userJson), total }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/users",
      ...needs("admin", tag, "Create a user", bySession),
      request: {
        body: jsonBody(
          z.strictObject({
            email,
            name: nameField().nullish(),
            role: roleField,
            roles: rolesField,
            password,
          }),
        ),
      },
      responses: userAnswer,
    }),
    async (c) => {
      const body = c.req.valid("json");
      requireSession(c.get("actor"));
      requireAllEnvironments(c.get("actor"));
      const roles = askedRoles(body) ?? everywhere("viewer");
      const passwordHash = await hashPassword(body.password);
      const user = await transaction(database, async (sql) => {
        const row = await insertUser(sql, {
          email: body.email,
          name: body.name ?? null,
          roles,
          passwordHash,
        });
        await audit(sql, c.get("actor"), entry("create_user", row, rolesEntry(row)));
        return row;
      });
      return c.json({ user: userJson(user) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/users/{id}",
      ...needs("admin", tag, "Read a user"),
      request: { params: idParam },
      responses: userAnswer,
    }),
    async (c) => {
      requireAllEnvironments(c.get("actor"));
      const user = await findUser(database, c.req.valid("param").id);
      if (!user) throw notFound("user");
      return c.json({ user: userJson(user) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "patch",
      path: "/users/{id}",
      ...needs("admin", tag, "Change a user", bySession),
      request: {
        params: idParam,
        body: jsonBody(
          z.strictObject({
            email: email.optional(),
            name: nameField().nullable().optional(),
            role: roleField,
            roles: rolesField,
          }),
        ),
      },
      responses: userAnswer,
    }),
    async (c) => {
      const change = c.req.valid("json");
      requireSession(c.get("actor"));
      requireAllEnvironments(c.get("actor"));
      const user = await transaction(database, async (sql) => {
        await lockRoles(sql);
        const before = await findUser(sql, c.req.valid("param").id);
        if (!before) throw notFound("user");
        const { role: _role, roles: _roles, ...fields } = change;
        const roles = askedRoles(change);
        if (roles && !isAdministrator({ roles })) await keepAnAdministrator(sql, before);
        if (roles) {
          await setRoles(sql, before.id, roles);
          await noteOwnRoles(sql, before.id);
        }
        const row = await updateUser(sql, before.id, fields);
        if (!row) throw notFound("user");
        const details = { ...fields, ...(roles ? rolesEntry(row) : {}) };
        await audit(sql, c.get("actor"), entry("update_user", row, details));
        return row;
      });
      return c.json({ user: userJson(user) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/users/{id}",
      ...needs(
        "admin",
        tag,
        "Delete a user",
        `Sessions and API tokens of the user end at once. ${bySession}`,
      ),
      request: { params: idParam },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      requireSession(c.get("actor"));
      requireAllEnvironments(c.get("actor"));
      await transaction(database, async (sql) => {
        await lockRoles(sql);
        const user = await findUser(sql, c.req.valid("param").id);
        if (!user) throw notFound("user");
        await keepAnAdministrator(sql, user);
        await deleteUser(sql, user.id);
        await audit(sql, c.get("actor"), entry("delete_user", user));
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/users/{id}/change-password",
      ...needs(
        "viewer",
        tag,
        "Change a password",
        `Your own with \`currentPassword\`; administrators also others'. Other sessions of the user end, with \`endTokens\` also the API tokens. ${bySession}`,
      ),
      request: {
        params: idParam,
        body: jsonBody(
          z.strictObject({
            currentPassword: z.string().max(256).nullish(),
            newPassword: password,
            endTokens: z
              .boolean()
              .nullish()
              .describe("Also delete all API tokens of the user. Default: false"),
          }),
        ),
      },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      const { id } = c.req.valid("param");
      const { currentPassword, newPassword, endTokens } = c.req.valid("json");
      const own = actor.id === id;
      if (!own) requireRole(actor, "admin", null);
      const user = await findPasswordHash(database, { id });
      if (!user) throw notFound("user");
      const source = sourceOf(c.get("address") ?? "unknown");
      const isCurrent = () => passwordMatches(user.passwordHash, currentPassword ?? "");
      if (own && !(await isRight(user.id, isCurrent))) {
        const { address } = actor;
        await failed(
          database,
          { action: "change_password_failed", user, source, address },
          Date.now(),
        );
        throw new Problem("invalid", "wrong_password", "The current password is not right.");
      }
      const passwordHash = await hashPassword(newPassword);
      await transaction(database, async (sql) => {
        await updateUser(sql, id, { passwordHash });
        await closeSessionsOf(sql, id, own ? (actor.credentialId ?? null) : null);
        await forgetSources(sql, id, own ? source : null);
        if (endTokens) await deleteTokensOf(sql, id);
        await audit(
          sql,
          actor,
          entry("change_password", user, { source, endTokens: endTokens ?? false }),
        );
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  return app;
}

/** @throws {Problem} 400 where both fields are sent */
function askedRoles(body: {
  role?: Role | undefined;
  roles?: EnvironmentRole[] | undefined;
}): EnvironmentRole[] | undefined {
  if (body.role === undefined) return body.roles;
  if (body.roles === undefined) return everywhere(body.role);
  const message = "send either role or roles";
  throw new Problem("invalid", "validation_failed", `roles: ${message}`, {
    details: [{ path: "roles", message }],
  });
}

const rolesEntry = ({ roles }: UserRow) => ({ role: toldRole(roles), roles });

function entry(action: string, user: UserRow, details: Record<string, unknown> = {}) {
  return {
    action,
    resourceType: "user",
    resourceId: user.id,
    resourceName: user.email,
    details,
  };
}
