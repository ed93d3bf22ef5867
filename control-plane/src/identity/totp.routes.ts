import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type Actor, requireAllEnvironments, requireSession } from "../actor.ts";
import { type Database, transaction } from "../database/connection.ts";
import { sourceOf } from "../http/client-address.ts";
import {
  type AppEnv,
  answers,
  emptyAnswer,
  idParam,
  iso,
  jsonBody,
  markSecret,
  needs,
  router,
} from "../http/routes.ts";
import { notFound, Problem } from "../problem.ts";
import type { Secrets } from "../secrets.ts";
import { audit } from "./audit.store.ts";
import { failedLogins } from "./failed-logins.ts";
import {
  matchingStep,
  newCodeSecret,
  newRecoveryCode,
  otpauthUri,
  readCode,
} from "./one-time-codes.ts";
import { ownSecrets } from "./own-secrets.ts";
import { own, ownId } from "./own-user.ts";
import { passwordMatches } from "./passwords.ts";
import { recoveryCodeHash, takeSecondFactor } from "./second-factor.ts";
import {
  beginSecondFactor,
  confirmSecondFactor,
  deleteSecondFactor,
  findSecondFactor,
} from "./second-factors.store.ts";
import { findPasswordHash, findUser } from "./users.store.ts";

const recoveryCodes = 10;
const tag = "Identity";
const bySession = "Needs a session: an API token has no second factor.";
const currentPassword = z.string().min(1).max(256);
export const codeField = z
  .string()
  .max(64)
  .describe("Six digits of the authenticator app, or one of the recovery codes");

const statusSchema = z
  .object({
    enabled: z.boolean().describe("Logging in takes a code"),
    enabledAt: z.string().nullable(),
    recoveryCodesLeft: z.number(),
  })
  .openapi("SecondFactor");

/** A user's second factor: codes of an authenticator app. */
export function totpRoutes({
  database,
  secrets,
  clock = Date.now,
}: {
  database: Database;
  secrets: Secrets;
  clock?: () => number;
}): OpenAPIHono<AppEnv> {
  const app = router();
  const isRight = ownSecrets();
  const failed = failedLogins();

  /** Runs `matches` as an attempt; one that fails is in the audit. */
  async function attempt(actor: Actor, matches: () => Promise<boolean>): Promise<boolean> {
    const { id, name: email, address } = actor;
    if (id === null) throw notFound("user");
    if (await isRight(id, matches)) return true;
    const source = sourceOf(address ?? "unknown");
    const user = { id, email };
    await failed(database, { action: "second_factor_failed", user, source, address }, clock());
    return false;
  }

  async function passwordIsRight(actor: Actor, typed: string): Promise<boolean> {
    const user = actor.id === null ? null : await findPasswordHash(database, { id: actor.id });
    return passwordMatches(user?.passwordHash ?? null, typed);
  }

  app.openapi(
    createRoute({
      method: "get",
      path: "/auth/totp",
      ...needs("viewer", tag, "Read your second factor", bySession),
      responses: answers(z.object({ secondFactor: statusSchema })),
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      const row = actor.id === null ? null : await findSecondFactor(database, actor.id);
      const enabledAt = row?.confirmedAt ?? null;
      const secondFactor = {
        enabled: enabledAt !== null,
        enabledAt: iso(enabledAt),
        recoveryCodesLeft: enabledAt === null ? 0 : (row?.recoveryCodesLeft ?? 0),
      };
      return c.json({ secondFactor }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/auth/totp",
      ...needs(
        "viewer",
        tag,
        "Set up a second factor",
        `Answers with a new secret, shown only this once. It counts when a code of it is confirmed. ${bySession}`,
      ),
      request: { body: jsonBody(z.strictObject({ currentPassword })) },
      responses: answers(
        z.object({
          secret: z.string().describe("Base32, to be typed"),
          uri: z.string().describe("The same as an otpauth:// address, for a QR code"),
        }),
      ),
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      const typed = c.req.valid("json").currentPassword;
      if (!(await attempt(actor, () => passwordIsRight(actor, typed)))) throw wrongPassword();
      const secret = newCodeSecret();
      await transaction(database, async (sql) => {
        const begun = await beginSecondFactor(sql, ownId(actor), secrets.encrypt(secret));
        if (!begun) throw alreadyEnabled();
        await audit(sql, actor, entry("set_up_second_factor", own(actor)));
      });
      markSecret(c);
      return c.json({ secret, uri: otpauthUri(secret, actor.name) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/auth/totp/confirm",
      ...needs(
        "viewer",
        tag,
        "Confirm a second factor",
        `From now on logging in takes a code. Answers with the recovery codes, shown only this once; each one works once. ${bySession}`,
      ),
      request: { body: jsonBody(z.strictObject({ code: codeField })) },
      responses: answers(z.object({ recoveryCodes: z.array(z.string()) })),
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      const userId = ownId(actor);
      const codes = Array.from({ length: recoveryCodes }, newRecoveryCode);
      const right = await attempt(actor, () =>
        transaction(database, async (sql) => {
          const factor = await findSecondFactor(sql, userId);
          if (!factor) {
            throw new Problem("conflict", "no_second_factor", "Set up a second factor first.");
          }
          if (factor.confirmedAt) throw alreadyEnabled();
          const code = readCode(c.req.valid("json").code)?.code ?? "";
          const plain = secrets.decrypt(factor.secret);
          const step = matchingStep(plain, code, { now: clock(), lastStep: factor.lastStep });
          if (step === null) return false;
          const codeHashes = codes.map(recoveryCodeHash);
          const confirmed = { secret: factor.secret, step, codeHashes };
          if (!(await confirmSecondFactor(sql, userId, confirmed))) throw alreadyEnabled();
          await audit(sql, actor, entry("enable_second_factor", own(actor)));
          return true;
        }),
      );
      if (!right) throw wrongCode("invalid");
      markSecret(c);
      return c.json({ recoveryCodes: codes }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/auth/totp/disable",
      ...needs(
        "viewer",
        tag,
        "Disable your second factor",
        `With the password and a code. The recovery codes go with it. ${bySession}`,
      ),
      request: { body: jsonBody(z.strictObject({ currentPassword, code: codeField })) },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      const userId = ownId(actor);
      const body = c.req.valid("json");
      let passwordRight = false;
      const right = await attempt(actor, async () => {
        passwordRight = await passwordIsRight(actor, body.currentPassword);
        if (!passwordRight) return false;
        return transaction(database, async (sql) => {
          const check = { secrets, now: clock() };
          const taken = await takeSecondFactor(sql, check, userId, body.code);
          if (taken === "wrong" || taken === "missing") return false;
          if (taken === "none" || !(await deleteSecondFactor(sql, userId))) {
            throw new Problem("conflict", "no_second_factor", "You have no second factor.");
          }
          await audit(sql, actor, entry("disable_second_factor", own(actor), { with: taken }));
          return true;
        });
      });
      if (!right) throw passwordRight ? wrongCode("invalid") : wrongPassword();
      return c.json({ ok: true as const }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/users/{id}/totp",
      ...needs(
        "admin",
        tag,
        "Remove the second factor of a user",
        `For one who has lost it; your own you disable with password and code. ${bySession}`,
      ),
      request: { params: idParam },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      requireAllEnvironments(actor);
      const { id } = c.req.valid("param");
      if (id === actor.id) {
        throw new Problem(
          "invalid",
          "own_second_factor",
          "Disable your own second factor on your account's page, with your password and a code.",
        );
      }
      await transaction(database, async (sql) => {
        const user = await findUser(sql, id);
        if (!user) throw notFound("user");
        if (!(await deleteSecondFactor(sql, id))) throw notFound("second factor");
        await audit(sql, actor, entry("remove_second_factor", user));
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  return app;
}

export const wrongPassword = () =>
  new Problem("invalid", "wrong_password", "The current password is not right.");

export const wrongCode = (kind: "invalid" | "unauthenticated") =>
  new Problem(
    kind,
    "wrong_code",
    "The code is not right, or was used before: wait for the next one of your app.",
  );

const alreadyEnabled = () =>
  new Problem(
    "conflict",
    "second_factor_enabled",
    "You have a second factor: disable it before you set up another one.",
  );

function entry(
  action: string,
  user: { id: string; email: string },
  details: Record<string, unknown> = {},
) {
  return {
    action,
    resourceType: "user",
    resourceId: user.id,
    resourceName: user.email,
    details,
  };
}
