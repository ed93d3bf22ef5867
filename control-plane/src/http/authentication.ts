import { createMiddleware } from "hono/factory";
import { from } from "../actor.ts";
import type { Database } from "../database/connection.ts";
import { presented } from "../identity/presented-token.ts";
import { actorOfPresented } from "../identity/sessions.store.ts";
import { Problem } from "../problem.ts";
import { sourceOf } from "./client-address.ts";
import type { RateLimit } from "./rate-limit.ts";
import type { AppEnv } from "./routes.ts";

/**
 * Paths that authenticate in another way, or need not: logging in, joining with a token, programs,
 * signed webhooks, the API's own description, and the WebSocket's first message.
 */
const openPaths = [
  /^\/api\/auth\/(login|methods)$/,
  /^\/api\/auth\/oidc\/(start|callback)$/,
  /^\/api\/auth\/passkeys\/login(\/options)?$/,
  /^\/api\/agent\//,
  /^\/api\/cli\//,
  /^\/api\/webhooks\//,
  /^\/api\/openapi\.json$/,
  /^\/api\/docs(\/|$)/,
  /^\/api\/ws$/,
];

/** Who is asking? A bearer token, or the console's cookie from the console's own pages. */
export function authentication({
  database,
  secureCookie,
  limit,
}: {
  database: Database;
  secureCookie: boolean;
  /** counts each request, by who is known or else by where it comes from */
  limit: RateLimit;
}) {
  function count(key: string): void {
    const retryAfterSeconds = limit.take(key, Date.now());
    if (retryAfterSeconds === 0) return;
    throw new Problem(
      "rate_limited",
      "too_many_requests",
      `Too many requests: go on in ${retryAfterSeconds} s.`,
      { retryAfterSeconds },
    );
  }

  return createMiddleware<AppEnv>(async (c, next) => {
    const source = `source ${sourceOf(c.get("address") ?? "unknown")}`;
    if (openPaths.some((path) => path.test(c.req.path))) {
      count(source);
      return next();
    }
    const shown = presented(c.req.raw.headers, secureCookie);
    if (shown === null) {
      count(source);
      throw new Problem(
        "unauthenticated",
        "no_token",
        "Log in first, or send an API token as `Authorization: Bearer <token>`.",
      );
    }
    const actor = await actorOfPresented(database, shown, c.get("address"));
    if (!actor) {
      count(source);
      throw new Problem(
        "unauthenticated",
        "bad_token",
        "This session or API token is unknown or has expired: log in again.",
      );
    }
    count(`credential ${actor.credentialId ?? actor.id}`);
    if (shown.inCookie && !sameOrigin(c.req.raw)) {
      throw new Problem(
        "forbidden",
        "cross_origin",
        "A request with the session cookie has to come from the console itself.",
      );
    }
    c.set("actor", from(actor, c.get("address")));
    return next();
  });
}

/**
 * A page of another site can make a browser send our cookie, but it cannot make it lie
 * about where the request comes from.
 */
export function sameOrigin(request: Request): boolean {
  if (fromElsewhere(request)) return false;
  const told = ["sec-fetch-site", "origin"].some((header) => request.headers.has(header));
  return told || ["GET", "HEAD"].includes(request.method);
}

/** Does a browser say that a page of another site makes this request? */
export function fromElsewhere(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") return true;
  const origin = request.headers.get("origin");
  if (origin === null) return false;
  return !URL.canParse(origin) || new URL(origin).host !== request.headers.get("host");
}
