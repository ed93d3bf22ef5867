import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { transaction } from "../database/connection.ts";
import { sourceOf } from "../http/client-address.ts";
import { type AppEnv, answers, jsonBody, open, router } from "../http/routes.ts";
import { failedLogins } from "./failed-logins.ts";
import { isKnownSource } from "./login-sources.store.ts";
import { type Counter, LoginThrottle, tooManyAttempts } from "./login-throttle.ts";
import { openLogin } from "./open-login.ts";
import {
  type Assertion,
  assertionSchema,
  loginOptions,
  verifyAssertion,
} from "./passkey-ceremonies.ts";
import { passkeyChallenges } from "./passkey-challenge.ts";
import { passkeyRefused, requireRelyingParty } from "./passkey-refusals.ts";
import type { PasskeyParts } from "./passkeys.routes.ts";
import { findPasskey, findUserHandle, type PasskeyRow, usePasskey } from "./passkeys.store.ts";
import { setSessionCookie } from "./session-cookie.ts";
import { sessionDays } from "./sessions.store.ts";
import { shortUserAgent } from "./user-agent.ts";
import { userJson, userSchema } from "./users.routes.ts";
import { findUser, type UserRow } from "./users.store.ts";

const tag = "Identity";

/** Logging in with a passkey, without an e-mail address first. It counts as both factors. */
export function passkeyLoginRoutes(parts: PasskeyParts): OpenAPIHono<AppEnv> {
  const app = router();
  const { database, secureCookie, publicUrl, clock = Date.now } = parts;
  const challenges = passkeyChallenges({ ...parts, clock });
  const throttle = new LoginThrottle();
  const failed = failedLogins();

  app.openapi(
    createRoute({
      method: "post",
      path: "/auth/passkeys/login/options",
      ...open(
        tag,
        "Begin to log in with a passkey",
        "Answers with what `navigator.credentials.get` takes, and sets a cookie that `POST /api/auth/passkeys/login` needs within five minutes.",
      ),
      responses: answers(
        z.object({
          options: z
            .record(z.string(), z.unknown())
            .describe("PublicKeyCredentialRequestOptions as JSON"),
        }),
      ),
    }),
    async (c) => {
      const options = await loginOptions(requireRelyingParty(publicUrl));
      challenges.keep(c, "login", options.challenge);
      return c.json({ options: { ...options } }, 200);
    },
  );

  /** The passkey that is shown and its user, or null where it is not known. */
  async function shown(assertion: Assertion) {
    const passkey = await findPasskey(database, Buffer.from(assertion.id, "base64url"));
    const user = passkey && (await findUser(database, passkey.userId));
    return passkey && user && { passkey, user };
  }

  app.openapi(
    createRoute({
      method: "post",
      path: "/auth/passkeys/login",
      ...open(
        tag,
        "Log in with a passkey",
        "Returns a session token, and sets the cookie that the console uses. No second factor is asked for: the passkey has checked who uses it.",
      ),
      request: {
        body: jsonBody(
          z.strictObject({
            credential: assertionSchema.describe("`PublicKeyCredential.toJSON()`"),
          }),
        ),
      },
      responses: answers(z.object({ token: z.string(), user: userSchema })),
    }),
    async (c) => {
      const party = requireRelyingParty(publicUrl);
      const { credential } = c.req.valid("json");
      const address = c.get("address");
      const source = sourceOf(address ?? "unknown");
      const found = await shown(credential);
      const attempt = await throttle.enter([await counterOf(found?.user ?? null, source)]);
      if (typeof attempt === "number") throw tooManyAttempts(attempt);

      async function logIn() {
        const taken = await challenges.take(c, "login");
        if (typeof taken === "string") return taken;
        if (found === null) return "unknown_passkey";
        const { passkey, user } = found;
        if (!(await isOf(passkey, credential))) return "other_user";
        const verified = await verifyAssertion(party, taken.challenge, passkey, credential);
        if (typeof verified === "string") return verified;
        const by = { source, address, userAgent: shortUserAgent(c.req.header("user-agent")) };
        const { id, name } = passkey;
        return transaction(database, async (sql) => {
          // Of two logins with one count only the first counts.
          if (!(await usePasskey(sql, id, verified.signCount))) return "counter";
          const details = { method: "passkey", passkey: { id, name } };
          return { user, ...(await openLogin(sql, user, by, details)) };
        });
      }

      try {
        const opened = await logIn();
        if (typeof opened === "string") {
          attempt.failed(Date.now());
          const more = { method: "passkey", reason: opened };
          const about = { user: found?.user ?? null, source, address, more };
          await failed(database, { action: "login_failed", ...about }, Date.now());
          throw passkeyRefused("unauthenticated", opened, party);
        }
        attempt.succeeded();
        setSessionCookie(c, secureCookie, { ...opened, seconds: sessionDays * 86_400 });
        return c.json({ token: opened.token, user: userJson(opened.user) }, 200);
      } finally {
        attempt.abandoned();
      }
    },
  );

  /** A signature cannot be guessed: only what comes from one place is slowed down, never an account. */
  async function counterOf(user: UserRow | null, source: string): Promise<Counter> {
    const known = user !== null && (await isKnownSource(database, user.email, source));
    return known
      ? { key: `known ${source} ${user.id}`, free: 5 }
      : { key: `source ${source}`, free: 20 };
  }

  /** An authenticator says whose passkey it has used. */
  async function isOf(passkey: PasskeyRow, { response }: Assertion): Promise<boolean> {
    const handle = await findUserHandle(database, passkey.userId);
    return handle?.toString("base64url") === response.userHandle;
  }

  return app;
}
