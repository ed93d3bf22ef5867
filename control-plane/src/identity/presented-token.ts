export const sessionCookie = "bridgeport_session";

/** The token that a request shows: `Authorization: Bearer`, else the console's cookie. */
export function presentedToken(headers: Headers): string | null {
  return bearerToken(headers) ?? cookieToken(headers);
}

export function bearerToken(headers: Headers): string | null {
  return /^Bearer +([\w.~+/=-]+)$/i.exec(headers.get("authorization") ?? "")?.[1] ?? null;
}

export function cookieToken(headers: Headers): string | null {
  for (const part of (headers.get("cookie") ?? "").split(";")) {
    const [name, value] = part.trim().split("=", 2);
    if (name === sessionCookie && value) return value;
  }
  return null;
}
