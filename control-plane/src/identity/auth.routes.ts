import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { deleteCookie, setCookie } from "hono/cookie";
import { type Actor, from } from "../actor.ts";
import type { Database } from "../database/connection.ts";
import { sourceOf } from "../http/client-address.ts";
import {
  type AppEnv,
  answers,
  emptyAnswer,
  jsonBody,
  needs,
  open,
  router,
} from "../http/routes.ts";
import { notFound, Problem } from "../problem.ts";
import { audit } from "./audit.store.ts";
import { failedLogins } from "./failed-logins.ts";
import { isKnownSource, rememberSource } from "./login-sources.store.ts";
import { LoginThrottle, loginCounters, tooManyAttempts } from "./login-throttle.ts";
import { passwordMatches } from "./passwords.ts";
import { sessionCookieName } from "./presented-token.ts";
import { closeSessionById, openBrowserSession, sessionDays } from "./sessions.store.ts";
import { shortUserAgent } from "./user-agent.ts";
import { userJson, userSchema } from "./users.routes.ts";
import { findPasswordHash, findUser } from "./users.store.ts";

const tag = "Identity";

export function authRoutes({
  database,
  secureCookie,
}: {
  database: Database;
  secureCookie: boolean;
}): OpenAPIHono<AppEnv> {
  const app = router();
  const throttle = new LoginThrottle();
  const failed = failedLogins();

  app.openapi(
    createRoute({
      method: "post",
      path: "/auth/login",
      ...open(tag, "Log in", "Returns a session token, and sets the cookie that the console uses."),
      request: {
        body: jsonBody(
          z.strictObject({
            email: z.string().min(1).max(254),
            password: z.string().min(1).max(256),
          }),
        ),
      },
      responses: answers(z.object({ token: z.string(), user: userSchema })),
    }),
    async (c) => {
      const { email, password } = c.req.valid("json");
      const address = c.get("address");
      const source = sourceOf(address ?? "unknown");
      const known = await isKnownSource(database, email, source);
      const attempt = await throttle.enter(loginCounters(email, source, known));
      if (typeof attempt === "number") throw tooManyAttempts(attempt);
      let user: Awaited<ReturnType<typeof findPasswordHash>>;
      let matches: boolean;
      try {
        user = await findPasswordHash(database, { email });
        matches = await passwordMatches(user?.passwordHash ?? null, password);
      } catch (error) {
        attempt.abandoned();
        throw error;
      }
      if (!matches || !user) {
        attempt.failed(Date.now());
        await failed(database, { action: "login_failed", user, source, address }, Date.now());
        throw new Problem(
          "unauthenticated",
          "wrong_credentials",
          "The e-mail address or the password is not right.",
        );
      }
      attempt.succeeded();
      await rememberSource(database, user.id, source);
      const { token, cookie } = await openBrowserSession(database, user.id, {
        address,
        userAgent: shortUserAgent(c.req.header("user-agent")),
      });
      const actor: Actor = {
        type: "user",
        id: user.id,
        name: user.email,
        role: user.role,
        environmentIds: null,
      };
      await audit(database, from(actor, address), {
        action: "login",
        resourceType: "user",
        resourceId: user.id,
        resourceName: user.email,
        details: { source },
      });
      setCookie(c, sessionCookieName(secureCookie), cookie, {
        httpOnly: true,
        sameSite: "Lax",
        secure: secureCookie,
        path: "/",
        maxAge: sessionDays * 86_400,
      });
      return c.json({ token, user: userJson(user) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/auth/logout",
      ...needs("viewer", tag, "Log out", "Ends the session that the request was made with."),
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      if (actor.type === "user" && actor.credentialId !== undefined) {
        await closeSessionById(database, actor.credentialId);
        await audit(database, actor, {
          action: "logout",
          resourceType: "user",
          resourceId: actor.id,
          resourceName: actor.name,
        });
      }
      deleteCookie(c, sessionCookieName(secureCookie), { path: "/", secure: secureCookie });
      return c.json({ ok: true as const }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/auth/me",
      ...needs("viewer", tag, "Who am I"),
      responses: answers(z.object({ user: userSchema })),
    }),
    async (c) => {
      const actor = c.get("actor");
      const user = actor.id === null ? null : await findUser(database, actor.id);
      if (!user) throw notFound("user");
      // A token may do less than its owner.
      return c.json({ user: { ...userJson(user), role: actor.role } }, 200);
    },
  );

  return app;
}
