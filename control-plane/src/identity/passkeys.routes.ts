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
  nameField,
  needs,
  router,
} from "../http/routes.ts";
import { notFound, Problem } from "../problem.ts";
import type { Secrets } from "../secrets.ts";
import { audit } from "./audit.store.ts";
import { failedLogins } from "./failed-logins.ts";
import { ownSecrets } from "./own-secrets.ts";
import { own, ownId } from "./own-user.ts";
import {
  newCredentialSchema,
  registrationOptions,
  verifyNewPasskey,
} from "./passkey-ceremonies.ts";
import { type Purpose, passkeyChallenges } from "./passkey-challenge.ts";
import { passkeyRefused, requireRelyingParty } from "./passkey-refusals.ts";
import {
  deletePasskey,
  deletePasskeysOf,
  findUserHandle,
  insertPasskey,
  listPasskeys,
  mostPasskeys,
  type PasskeyRow,
  renamePasskey,
  tooManyPasskeys,
} from "./passkeys.store.ts";
import { passwordMatches } from "./passwords.ts";
import { relyingPartyOf } from "./relying-party.ts";
import { takeSecondFactor } from "./second-factor.ts";
import { holdSession } from "./sessions.store.ts";
import { codeField, wrongCode, wrongPassword } from "./totp.routes.ts";
import { findPasswordHash, findUser } from "./users.store.ts";

const tag = "Identity";
const bySession = "Needs a session: an API token has no passkeys.";

const passkeySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    createdAt: z.string(),
    lastUsedAt: z.string().nullable(),
  })
  .openapi("Passkey");
const passkeyJson = ({ id, name, createdAt, lastUsedAt }: PasskeyRow) => ({
  id,
  name,
  createdAt: iso(createdAt),
  lastUsedAt: iso(lastUsedAt),
});
const passkeyAnswer = answers(z.object({ passkey: passkeySchema }));

export interface PasskeyParts {
  database: Database;
  secrets: Secrets;
  secureCookie: boolean;
  /** where the console is reached: passkeys work there only */
  publicUrl: string;
  clock?: () => number;
}

/** A user's own passkeys, and what administrators do about those of others. */
export function passkeysRoutes(parts: PasskeyParts): OpenAPIHono<AppEnv> {
  const app = router();
  const { database, secrets, publicUrl, clock = Date.now } = parts;
  const challenges = passkeyChallenges({ ...parts, clock });
  const isRight = ownSecrets();
  const failed = failedLogins();

  async function noteFailure(actor: Actor, reason: string): Promise<void> {
    const { name: email, address } = actor;
    const source = sourceOf(address ?? "unknown");
    const about = { user: { id: ownId(actor), email }, source, address, more: { reason } };
    await failed(database, { action: "passkey_failed", ...about }, Date.now());
  }

  app.openapi(
    createRoute({
      method: "get",
      path: "/auth/passkeys",
      ...needs("viewer", tag, "List your passkeys", bySession),
      responses: answers(
        z.object({
          passkeys: z.array(passkeySchema),
          unavailable: z
            .string()
            .nullable()
            .describe("Why passkeys cannot be used where the console is reached; null: they can"),
        }),
      ),
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      const rows = await listPasskeys(database, ownId(actor));
      const party = relyingPartyOf(publicUrl);
      const unavailable = typeof party === "string" ? party : null;
      return c.json({ passkeys: rows.map(passkeyJson), unavailable }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/auth/passkeys/options",
      ...needs(
        "viewer",
        tag,
        "Begin to add a passkey",
        `With the password, and a code where logging in takes one: a passkey does without both. Answers with what \`navigator.credentials.create\` takes, and sets a cookie that \`POST /api/auth/passkeys\` needs within five minutes. ${bySession}`,
      ),
      request: {
        body: jsonBody(
          z.strictObject({
            currentPassword: z.string().min(1).max(256),
            code: codeField.nullish(),
          }),
        ),
      },
      responses: answers(
        z.object({
          options: z
            .record(z.string(), z.unknown())
            .describe("PublicKeyCredentialCreationOptions as JSON"),
        }),
      ),
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      const userId = ownId(actor);
      const party = requireRelyingParty(publicUrl);
      const passkeys = await listPasskeys(database, userId);
      if (passkeys.length >= mostPasskeys) throw tooManyPasskeys();
      const { currentPassword, code } = c.req.valid("json");
      let wrong: "password" | "code" | null = null;
      await isRight(userId, async () => {
        const user = await findPasswordHash(database, { id: userId });
        wrong = "password";
        if (!(await passwordMatches(user?.passwordHash ?? null, currentPassword))) return false;
        const taken = await transaction(database, (sql) =>
          takeSecondFactor(sql, { secrets, now: clock() }, userId, code ?? undefined),
        );
        if (taken === "missing") throw codeRequired();
        wrong = taken === "wrong" ? "code" : null;
        return wrong === null;
      });
      if (wrong !== null) {
        await noteFailure(actor, `wrong_${wrong}`);
        throw wrong === "code" ? wrongCode("invalid") : wrongPassword();
      }
      const [user, handle] = await Promise.all([
        findUser(database, userId),
        findUserHandle(database, userId),
      ]);
      if (!user || !handle) throw notFound("user");
      const options = await registrationOptions(party, { ...user, handle, passkeys });
      challenges.keep(c, purposeOf(actor), options.challenge);
      return c.json({ options: { ...options } }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/auth/passkeys",
      ...needs("viewer", tag, "Add a passkey", bySession),
      request: {
        body: jsonBody(
          z.strictObject({
            name: nameField(),
            credential: newCredentialSchema.describe("`PublicKeyCredential.toJSON()`"),
          }),
        ),
      },
      responses: passkeyAnswer,
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      const userId = ownId(actor);
      const party = requireRelyingParty(publicUrl);
      const { name, credential } = c.req.valid("json");
      const taken = await challenges.take(c, purposeOf(actor));
      const made =
        typeof taken === "string"
          ? taken
          : await verifyNewPasskey(party, taken.challenge, credential);
      if (typeof made === "string") {
        await noteFailure(actor, made);
        throw passkeyRefused("invalid", made, party);
      }
      const row = await transaction(database, async (sql) => {
        await holdSession(sql, actor);
        const added = await insertPasskey(sql, { ...made, userId, name });
        await audit(sql, actor, entry("passkey_added", own(actor), [added]));
        return added;
      });
      return c.json({ passkey: passkeyJson(row) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "patch",
      path: "/auth/passkeys/{id}",
      ...needs("viewer", tag, "Rename a passkey", bySession),
      request: { params: idParam, body: jsonBody(z.strictObject({ name: nameField() })) },
      responses: passkeyAnswer,
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      const { name } = c.req.valid("json");
      const row = await transaction(database, async (sql) => {
        const renamed = await renamePasskey(sql, ownId(actor), c.req.valid("param").id, name);
        if (!renamed) throw notFound("passkey");
        await audit(sql, actor, entry("passkey_renamed", own(actor), [renamed]));
        return renamed;
      });
      return c.json({ passkey: passkeyJson(row) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/auth/passkeys/{id}",
      ...needs(
        "viewer",
        tag,
        "Remove a passkey",
        `Sessions that were opened with it go on. ${bySession}`,
      ),
      request: { params: idParam },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      await transaction(database, async (sql) => {
        const removed = await deletePasskey(sql, ownId(actor), c.req.valid("param").id);
        if (!removed) throw notFound("passkey");
        await audit(sql, actor, entry("passkey_removed", own(actor), [removed]));
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/users/{id}/passkeys",
      ...needs(
        "admin",
        tag,
        "Remove all passkeys of a user",
        `For one who has lost a device. Sessions that were opened with them go on. ${bySession}`,
      ),
      request: { params: idParam },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      requireAllEnvironments(actor);
      await transaction(database, async (sql) => {
        const user = await findUser(sql, c.req.valid("param").id);
        if (!user) throw notFound("user");
        const removed = await deletePasskeysOf(sql, user.id);
        if (removed.length === 0) throw notFound("passkey");
        await audit(sql, actor, entry("passkey_removed", user, removed));
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  return app;
}

/** A challenge for adding one counts in the session that asked for it. */
const purposeOf = (actor: Actor): Purpose => `add in ${actor.credentialId}`;

const codeRequired = () =>
  new Problem(
    "invalid",
    "second_factor_required",
    "Send a code of your authenticator app, or a recovery code, as well.",
  );

function entry(
  action: string,
  user: { id: string; email: string },
  passkeys: readonly { id: string; name: string }[],
) {
  return {
    action,
    resourceType: "user",
    resourceId: user.id,
    resourceName: user.email,
    details: { passkeys: passkeys.map(({ id, name }) => ({ id, name })) },
  };
}
