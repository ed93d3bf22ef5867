/**
 * What the console's cookie is called. Behind https its name makes browsers refuse one that another
 * host or an unencrypted page has set.
 */
export function sessionCookieName(secure: boolean): string {
  return secure ? "__Host-bridgeport_session" : "bridgeport_session";
}

/** What a request shows to say who asks. */
export interface Presented {
  token: string;
  /** it came in the console's cookie, which a browser sends by itself */
  inCookie: boolean;
}

/** `Authorization: Bearer`, else the console's cookie. */
export function presented(headers: Headers, secureCookie: boolean): Presented | null {
  const bearer = bearerToken(headers);
  if (bearer !== null) return { token: bearer, inCookie: false };
  const cookie = cookieToken(headers, secureCookie);
  return cookie === null ? null : { token: cookie, inCookie: true };
}

function bearerToken(headers: Headers): string | null {
  return /^Bearer +([\w.~+/=-]+)$/i.exec(headers.get("authorization") ?? "")?.[1] ?? null;
}

function cookieToken(headers: Headers, secureCookie: boolean): string | null {
  const wanted = sessionCookieName(secureCookie);
  for (const part of (headers.get("cookie") ?? "").split(";")) {
    const [name, value] = part.trim().split("=", 2);
    if (name === wanted && value) return value;
  }
  return null;
}
