import { type Actor, from } from "../actor.ts";
import type { Sql } from "../database/connection.ts";
import { audit } from "./audit.store.ts";

const windowMs = 600_000;
const mostInWindow = 100;

const login: Actor = {
  type: "system",
  id: null,
  name: "login",
  roles: [],
};

interface FailedLogin {
  action: "login_failed" | "change_password_failed" | "second_factor_failed" | "passkey_failed";
  /** null: there is no such user */
  user: { id: string; email: string } | null;
  source: string;
  address?: string | undefined;
  /** what else is worth knowing, never what was typed */
  more?: Record<string, unknown>;
}

/**
 * Writes failed logins into the audit, never what was typed: it may be a password in the wrong
 * field. Their number is bounded, as strangers cause them; the next entry says how many are not there.
 */
export function failedLogins() {
  let began = 0;
  let written = 0;
  let left = 0;
  return async (
    sql: Sql,
    { action, user, source, address, more = {} }: FailedLogin,
    now: number,
  ): Promise<void> => {
    if (now - began > windowMs) {
      began = now;
      written = 0;
    }
    if (written >= mostInWindow) {
      left += 1;
      return;
    }
    written += 1;
    const details = { source, ...more, ...(left > 0 ? { moreNotListed: left } : {}) };
    left = 0;
    await audit(sql, from(login, address), {
      action,
      resourceType: "user",
      resourceId: user?.id ?? null,
      resourceName: user?.email ?? null,
      details,
    });
  };
}
