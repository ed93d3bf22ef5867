import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Logger } from "pino";
import { type Actor, requireAllEnvironments, requireSession } from "../actor.ts";
import { type Database, type Sql, transaction } from "../database/connection.ts";
import { sourceOf } from "../http/client-address.ts";
import { type AppEnv, answers, idParam, jsonBody, needs, open, router } from "../http/routes.ts";
import { notFound, Problem } from "../problem.ts";
import type { Secrets } from "../secrets.ts";
import { audit } from "./audit.store.ts";
import { endGroupRoles } from "./end-group-roles.ts";
import { failedLogins } from "./failed-logins.ts";
import { hasGroupRoles, linkIdentity, takeReturn, unlinkIdentity } from "./identities.store.ts";
import { logInByProvider, type OidcRefusal, oidcSessionHours } from "./oidc-login.ts";
import type { IdentityProvider, ProviderUser } from "./oidc-provider.ts";
import { relyingPartyOf } from "./relying-party.ts";
import { setSessionCookie } from "./session-cookie.ts";
import { closeSessionsOf } from "./sessions.store.ts";
import { deleteTokensOf } from "./tokens.store.ts";
import { shortUserAgent } from "./user-agent.ts";
import { userJson, userSchema } from "./users.routes.ts";
import { findUser, lockRoles, type UserRow } from "./users.store.ts";

const tag = "Identity";
const pendingMs = 600_000;
/** of a user who was refused, in the audit */
const listedGroups = 50;
const bySession = "Needs a session: what an API token makes must not outlive it.";

/** Why a login did not come about: what the login page is given, and has a sentence for. */
type Failure =
  | OidcRefusal
  /** the provider cannot be reached, or is not set up rightly */
  | "unavailable"
  /** the answer is of no login that was begun in this browser */
  | "not_begun"
  /** it took too long, or has been used */
  | "expired"
  /** the provider says no */
  | "denied"
  /** the provider's answer is not right */
  | "failed";

/** What the browser keeps, encrypted, from the start of a login to its return. */
const pendingSchema = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  returnTo: z.string(),
  expiresAt: z.number(),
});

export interface OidcParts {
  database: Database;
  secrets: Secrets;
  secureCookie: boolean;
  log: Logger;
  /** what passkeys are bound to, where they can be used there */
  publicUrl: string;
  /** none or null: users log in with passwords only */
  identityProvider?: IdentityProvider | null;
  clock?: () => number;
}

/** How users can log in, and logging in with an OpenID Connect provider. */
export function oidcRoutes(parts: OidcParts): OpenAPIHono<AppEnv> {
  const app = router();
  const { database, secrets, secureCookie, log, identityProvider = null, clock = Date.now } = parts;
  const failed = failedLogins();
  const cookieName = secureCookie ? "__Host-bridgeport_oidc" : "bridgeport_oidc";

  app.openapi(
    createRoute({
      method: "get",
      path: "/auth/methods",
      ...open(tag, "How users can log in"),
      responses: answers(
        z.object({
          password: z.boolean(),
          oidc: z
            .object({ name: z.string(), startUrl: z.string() })
            .nullable()
            .describe("An OpenID Connect provider; `startUrl` takes `?next=<path>`"),
          passkeys: z
            .boolean()
            .describe(
              "Browsers allow passkeys where the console is reached, see BRIDGEPORT_PUBLIC_URL",
            ),
        }),
      ),
    }),
    (c) => {
      const startUrl = "/api/auth/oidc/start";
      const oidc = identityProvider && { name: identityProvider.name, startUrl };
      const passkeys = typeof relyingPartyOf(parts.publicUrl) !== "string";
      return c.json({ password: true, oidc, passkeys }, 200);
    },
  );

  function required(): IdentityProvider {
    if (identityProvider !== null) return identityProvider;
    throw new Problem(
      "not_found",
      "no_identity_provider",
      "There is no identity provider here: set BRIDGEPORT_OIDC_ISSUER.",
    );
  }

  /** Back to the login page, which says why in its own words: what others say stays in the log. */
  function refuse(c: Context<AppEnv>, failure: Failure, returnTo = "/") {
    const query = new URLSearchParams({ problem: failure });
    if (returnTo !== "/") query.set("next", returnTo);
    return c.redirect(`/login?${query}`, 303) as never;
  }

  app.openapi(
    createRoute({
      method: "get",
      path: "/auth/oidc/start",
      ...open(
        tag,
        "Log in with the identity provider",
        "For a browser: leads to the provider, and from there to `/api/auth/oidc/callback`.",
      ),
      request: { query: z.object({ next: z.string().max(2000).optional() }) },
      responses: redirects("To the provider, or to the login page with the `problem`"),
    }),
    async (c) => {
      const provider = required();
      const returnTo = ownPath(c.req.valid("query").next);
      const begun = await provider.begin().catch((error: unknown) => {
        log.warn({ err: error }, "the identity provider cannot be used");
        return null;
      });
      if (begun === null) return refuse(c, "unavailable", returnTo);
      const kept = { ...begun.pending, returnTo, expiresAt: clock() + pendingMs };
      const sealed = secrets.encrypt(JSON.stringify(kept)).toString("base64url");
      setCookie(c, cookieName, sealed, {
        httpOnly: true,
        // The provider's answer is a navigation from another site.
        sameSite: "Lax",
        secure: secureCookie,
        path: "/",
        maxAge: pendingMs / 1000,
      });
      return c.redirect(begun.url.href, 302) as never;
    },
  );

  /** What this browser has begun; null where that is not what comes back. */
  function begunHere(c: Context<AppEnv>): z.infer<typeof pendingSchema> | null {
    try {
      const sealed = Buffer.from(getCookie(c, cookieName) ?? "", "base64url");
      const begun = pendingSchema.parse(JSON.parse(secrets.decrypt(sealed)));
      const returnTo = ownPath(begun.returnTo);
      return begun.state === c.req.query("state") ? { ...begun, returnTo } : null;
    } catch {
      return null;
    }
  }

  app.openapi(
    createRoute({
      method: "get",
      path: "/auth/oidc/callback",
      ...open(tag, "Come back from the identity provider", "For a browser that was sent there."),
      responses: redirects("To the console, or to the login page with the `problem`"),
    }),
    async (c) => {
      const provider = required();
      const address = c.get("address");
      const source = sourceOf(address ?? "unknown");
      const begun = begunHere(c);
      if (begun === null) return refuse(c, "not_begun");
      deleteCookie(c, cookieName, { path: "/", secure: secureCookie });
      const { returnTo, expiresAt, ...pending } = begun;
      const first = await takeReturn(database, begun.state, new Date(expiresAt));
      if (!first || expiresAt <= clock()) return refuse(c, "expired", returnTo);

      async function refused(failure: Failure, user: UserRow | null, who: ProviderUser | null) {
        const { issuer } = provider;
        const more = {
          method: "oidc",
          reason: failure,
          issuer,
          ...(who === null
            ? {}
            : {
                subject: who.subject,
                email: who.email,
                groups: who.groups.slice(0, listedGroups),
              }),
        };
        const about = { action: "login_failed", user, source, address, more } as const;
        await failed(database, about, Date.now());
        return refuse(c, failure, returnTo);
      }

      let who: ProviderUser;
      try {
        who = await provider.complete(new URL(c.req.url).search, pending);
      } catch (error) {
        log.warn({ err: error }, "a login with the identity provider failed");
        const denied = c.req.query("error") === "access_denied";
        return refused(denied ? "denied" : "failed", null, null);
      }
      const userAgent = shortUserAgent(c.req.header("user-agent"));
      const outcome = await transaction(database, (sql) =>
        logInByProvider(sql, who, provider.groups, { address, userAgent, source }),
      );
      if ("refused" in outcome) return refused(outcome.refused, outcome.user, who);
      const seconds = oidcSessionHours * 3600;
      setSessionCookie(c, secureCookie, { cookie: outcome.cookie, seconds });
      return c.redirect(returnTo, 303) as never;
    },
  );

  const userAnswer = answers(z.object({ user: userSchema }));
  app.openapi(
    createRoute({
      method: "put",
      path: "/users/{id}/identity",
      ...needs(
        "admin",
        tag,
        "Link a user to the identity provider",
        `Who is known there by this subject logs in as this user from then on. A login that is refused because the e-mail address is taken stands in the audit log with its subject. The user's sessions and API tokens end. ${bySession}`,
      ),
      request: {
        params: idParam,
        body: jsonBody(z.strictObject({ subject: z.string().min(1).max(255) })),
      },
      responses: userAnswer,
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      requireAllEnvironments(actor);
      const { issuer } = required();
      const { subject } = c.req.valid("json");
      const user = await transaction(database, async (sql) => {
        await lockRoles(sql);
        const before = await findUser(sql, c.req.valid("param").id);
        if (!before) throw notFound("user");
        await linkIdentity(sql, before.id, { issuer, subject });
        await endAccess(sql, actor, before.id);
        await audit(sql, actor, entry("link_identity", before, { issuer, subject }));
        return findUser(sql, before.id);
      });
      if (!user) throw notFound("user");
      return c.json({ user: userJson(user) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/users/{id}/identity",
      ...needs(
        "admin",
        tag,
        "Unlink a user from the identity provider",
        `Roles that groups of the provider gave end, but for the last administrator who logs in with a password; roles that were set here stay. The user's sessions and API tokens end. ${bySession}`,
      ),
      request: { params: idParam },
      responses: userAnswer,
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      requireAllEnvironments(actor);
      const user = await transaction(database, async (sql) => {
        await lockRoles(sql);
        const before = await findUser(sql, c.req.valid("param").id);
        if (!before) throw notFound("user");
        // Afterwards nothing would say that these roles are the groups', and no login would end them.
        if (await hasGroupRoles(sql, before.id)) {
          await endGroupRoles(sql, before, {
            actor,
            reason: "unlinked from the identity provider",
          });
        }
        if (!(await unlinkIdentity(sql, before.id))) throw notFound("link");
        await endAccess(sql, actor, before.id);
        await audit(sql, actor, entry("unlink_identity", before, { ...before.identity }));
        return findUser(sql, before.id);
      });
      if (!user) throw notFound("user");
      return c.json({ user: userJson(user) }, 200);
    },
  );

  return app;
}

/** What another person at the provider may have opened or made as this user; not what is asked with. */
async function endAccess(sql: Sql, actor: Actor, userId: string): Promise<void> {
  await deleteTokensOf(sql, userId);
  await closeSessionsOf(sql, userId, actor.id === userId ? (actor.credentialId ?? null) : null);
}

/** A path of the console: no crafted link sends a user elsewhere after logging in. */
export function ownPath(wanted: string | undefined): string {
  const base = "http://console.invalid";
  if (wanted === undefined || !wanted.startsWith("/") || !URL.canParse(wanted, base)) return "/";
  const url = new URL(wanted, base);
  if (url.origin !== base || url.pathname.startsWith("//")) return "/";
  if (/^\/api(\/|$)/.test(url.pathname)) return "/";
  return `${url.pathname}${url.search}${url.hash}`;
}

function redirects(description: string) {
  return { 302: { description }, 303: { description: "To a page of the console" } };
}

function entry(action: string, user: UserRow, details: Record<string, unknown>) {
  return {
    action,
    resourceType: "user",
    resourceId: user.id,
    resourceName: user.email,
    details,
  };
}
