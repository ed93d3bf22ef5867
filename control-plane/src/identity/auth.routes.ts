import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type Database, transaction } from "../database/connection.ts";
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
import type { Secrets } from "../secrets.ts";
import { audit } from "./audit.store.ts";
import { failedLogins } from "./failed-logins.ts";
import { isKnownSource } from "./login-sources.store.ts";
import { LoginThrottle, loginCounters, tooManyAttempts } from "./login-throttle.ts";
import { openLogin } from "./open-login.ts";
import { passwordMatches } from "./passwords.ts";
import { takeSecondFactor } from "./second-factor.ts";
import { deleteSessionCookie, setSessionCookie } from "./session-cookie.ts";
import { closeSessionById, sessionDays } from "./sessions.store.ts";
import { codeField, wrongCode } from "./totp.routes.ts";
import { shortUserAgent } from "./user-agent.ts";
import { userJson, userSchema } from "./users.routes.ts";
import { findPasswordHash, findUser, holdPassword } from "./users.store.ts";

const tag = "Identity";

export function authRoutes({
  database,
  secrets,
  secureCookie,
  clock = Date.now,
}: {
  database: Database;
  secrets: Secrets;
  secureCookie: boolean;
  /** what the codes of second factors are compared by */
  clock?: () => number;
}): OpenAPIHono<AppEnv> {
  const app = router();
  const throttle = new LoginThrottle();
  const failed = failedLogins();

  app.openapi(
    createRoute({
      method: "post",
      path: "/auth/login",
      ...open(
        tag,
        "Log in",
        "Returns a session token, and sets the cookie that the console uses. A user with a second factor gets a 401 with the code `second_factor_required`: send the same again with `code`.",
      ),
      request: {
        body: jsonBody(
          z.strictObject({
            email: z.string().min(1).max(254),
            password: z.string().min(1).max(256),
            code: codeField.nullish(),
          }),
        ),
      },
      responses: answers(z.object({ token: z.string(), user: userSchema })),
    }),
    async (c) => {
      const { email, password, code } = c.req.valid("json");
      const address = c.get("address");
      const source = sourceOf(address ?? "unknown");
      const known = await isKnownSource(database, email, source);
      const attempt = await throttle.enter(loginCounters(email, source, known));
      if (typeof attempt === "number") throw tooManyAttempts(attempt);
      try {
        const user = await findPasswordHash(database, { email });
        const matches = await passwordMatches(user?.passwordHash ?? null, password);
        if (!matches || !user) {
          attempt.failed(Date.now());
          await failed(database, { action: "login_failed", user, source, address }, Date.now());
          throw wrongCredentials();
        }
        const by = { source, address, userAgent: shortUserAgent(c.req.header("user-agent")) };
        const check = { secrets, now: clock() };
        const opened = await transaction(database, async (sql) => {
          if (!(await holdPassword(sql, user.id, user.passwordHash ?? ""))) return "changed";
          const secondFactor = await takeSecondFactor(sql, check, user.id, code ?? undefined);
          if (secondFactor === "missing" || secondFactor === "wrong") return secondFactor;
          return openLogin(sql, user, by, secondFactor === "none" ? {} : { secondFactor });
        });
        if (opened === "changed") throw wrongCredentials();
        // It is no failure, and neither a success: that would forgive the codes guessed so far.
        if (opened === "missing") throw secondFactorRequired();
        if (opened === "wrong") {
          attempt.failed(Date.now());
          const about = { user, source, address, more: { wrong: "code" } };
          await failed(database, { action: "login_failed", ...about }, Date.now());
          throw wrongCode("unauthenticated");
        }
        attempt.succeeded();
        setSessionCookie(c, secureCookie, { ...opened, seconds: sessionDays * 86_400 });
        return c.json({ token: opened.token, user: userJson(user) }, 200);
      } finally {
        attempt.abandoned();
      }
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
      deleteSessionCookie(c, secureCookie);
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
      return c.json({ user: userJson({ ...user, roles: [...actor.roles] }) }, 200);
    },
  );

  return app;
}

const secondFactorRequired = () =>
  new Problem(
    "unauthenticated",
    "second_factor_required",
    "Send a code of your authenticator app, or a recovery code, as well.",
  );

function wrongCredentials(): Problem {
  return new Problem(
    "unauthenticated",
    "wrong_credentials",
    "The e-mail address or the password is not right.",
  );
}
