import type { Context } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import { sessionCookieName } from "./presented-token.ts";

/** The cookie that the console uses. */
export function setSessionCookie(
  c: Context,
  secure: boolean,
  session: { cookie: string; seconds: number },
): void {
  setCookie(c, sessionCookieName(secure), session.cookie, {
    httpOnly: true,
    sameSite: "Lax",
    secure,
    path: "/",
    maxAge: session.seconds,
  });
}

export function deleteSessionCookie(c: Context, secure: boolean): void {
  deleteCookie(c, sessionCookieName(secure), { path: "/", secure });
}
