import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { z } from "zod";
import type { Database } from "../database/connection.ts";
import type { Secrets } from "../secrets.ts";
import { takeChallenge } from "./passkeys.store.ts";

const pendingMs = 300_000;

/** What a challenge was given out for: a login, or a new passkey in this session. */
export type Purpose = "login" | `add in ${string}`;

/** What the browser keeps, encrypted, until its authenticator has answered. */
const pendingSchema = z.strictObject({
  passkey: z.string(),
  challenge: z.string(),
  expiresAt: z.number(),
});

/**
 * Challenges for authenticators. They are kept in a sealed cookie, as everyone can ask for one
 * before logging in: nothing is stored before an answer comes.
 */
export function passkeyChallenges(parts: {
  database: Database;
  secrets: Secrets;
  secureCookie: boolean;
  clock: () => number;
}) {
  const { database, secrets, secureCookie, clock } = parts;
  const cookieName = secureCookie ? "__Host-bridgeport_passkey" : "bridgeport_passkey";

  function begun(c: Context, purpose: Purpose): z.infer<typeof pendingSchema> | null {
    try {
      const sealed = Buffer.from(getCookie(c, cookieName) ?? "", "base64url");
      const pending = pendingSchema.parse(JSON.parse(secrets.decrypt(sealed)));
      return pending.passkey === purpose ? pending : null;
    } catch {
      return null;
    }
  }

  return {
    keep(c: Context, purpose: Purpose, challenge: string): void {
      const pending = { passkey: purpose, challenge, expiresAt: clock() + pendingMs };
      const sealed = secrets.encrypt(JSON.stringify(pending)).toString("base64url");
      setCookie(c, cookieName, sealed, {
        httpOnly: true,
        sameSite: "Strict",
        secure: secureCookie,
        path: "/",
        maxAge: pendingMs / 1000,
      });
    },

    /** Takes the challenge of this browser; another answer to it is not taken. */
    async take(
      c: Context,
      purpose: Purpose,
    ): Promise<{ challenge: string } | "not_begun" | "expired"> {
      const pending = begun(c, purpose);
      if (pending === null) return "not_begun";
      deleteCookie(c, cookieName, { path: "/", secure: secureCookie });
      const { challenge, expiresAt } = pending;
      if (expiresAt <= clock()) return "expired";
      const first = await takeChallenge(database, challenge, new Date(expiresAt));
      return first ? { challenge } : "expired";
    },
  };
}
