import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { requireAllEnvironments, requireSession } from "../actor.ts";
import type { Database } from "../database/connection.ts";
import { type AppEnv, answers, idField, iso, jsonBody, needs, router } from "../http/routes.ts";
import { expiresSoon } from "./authority-expiry.ts";
import type { Authority, TrustedAuthority } from "./certificate-authority.ts";
import type { ServerNotRenewed } from "./renewed-servers.store.ts";
import { readRotation, retireAuthority, rotateAuthority } from "./rotate-authority.ts";

const authoritySchema = z
  .object({
    fingerprint: z.string().describe("SHA-256 of the certificate, base64url: what join tokens pin"),
    createdAt: z.string(),
    expiresAt: z.string(),
  })
  .openapi("AgentAuthority");

const notRenewedSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    environmentId: z.string(),
    status: z.enum(["pending", "online", "offline"]),
    canBeAsked: z
      .boolean()
      .describe(
        "Its agent renews when it is connected; one of an earlier version does so at half of its certificate's life, or when it joins again",
      ),
  })
  .openapi("ServerNotRenewed");

const stateSchema = z
  .object({
    current: authoritySchema.extend({
      expiresSoon: z.boolean().describe("Within a year: rotate it before"),
    }),
    previous: z.array(authoritySchema).describe("Still trusted"),
    servers: z.object({
      renewed: z.number().describe("Servers that use a certificate of the current one"),
      notYet: z.array(notRenewedSchema).describe("Those that would be shut out without the others"),
    }),
  })
  .openapi("AgentAuthorityState");

const tag = "Servers";
const bySession = "Needs a session: an API token cannot do this.";

function authorityJson({ fingerprint, createdAt, expiresAt }: TrustedAuthority) {
  return { fingerprint, createdAt: iso(createdAt), expiresAt: iso(expiresAt) };
}

function serverJson({ id, name, environmentId, status, canBeAsked }: ServerNotRenewed) {
  return { id, name, environmentId, status, canBeAsked };
}

/** The certificate authority that agents and control plane know each other by, and how it is replaced. */
export function agentAuthorityRoutes(parts: {
  database: Database;
  authority: Authority;
}): OpenAPIHono<AppEnv> {
  const { database, authority } = parts;
  const app = router();

  async function state(): Promise<z.infer<typeof stateSchema>> {
    await authority.reload();
    const { renewed, notYet } = await readRotation(database, authority);
    const [current, ...previous] = authority.trusted;
    if (current === undefined) throw new Error("There is no certificate authority");
    return {
      current: { ...authorityJson(current), expiresSoon: expiresSoon(current, Date.now()) },
      previous: previous.map(authorityJson),
      servers: { renewed, notYet: notYet.map(serverJson) },
    };
  }

  app.openapi(
    createRoute({
      method: "get",
      path: "/agent-authority",
      ...needs("admin", tag, "Read the state of the agents' certificate authority"),
      responses: answers(stateSchema),
    }),
    async (c) => {
      requireAllEnvironments(c.get("actor"));
      return c.json(await state(), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/agent-authority/rotate",
      ...needs(
        "admin",
        tag,
        "Replace the agents' certificate authority",
        `A new authority issues certificates from now on; the present one stays trusted. Connected agents renew at once. The previous one is retired when every server has renewed. ${bySession}`,
      ),
      responses: answers(stateSchema),
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      requireAllEnvironments(actor);
      await rotateAuthority(parts, actor);
      return c.json(await state(), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/agent-authority/retire",
      ...needs(
        "admin",
        tag,
        "Retire the previous certificate authority",
        `Without waiting for the servers that have not renewed: they are shut out, and need a new join token. ${bySession}`,
      ),
      request: {
        body: jsonBody(
          z.strictObject({
            shutOut: z
              .array(idField)
              .max(100_000)
              .default([])
              .describe("Servers that may be shut out; where there are others, the answer is 409"),
          }),
        ),
      },
      responses: answers(stateSchema.extend({ shutOut: z.array(notRenewedSchema) })),
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      requireAllEnvironments(actor);
      const shutOut = await retireAuthority(parts, actor, c.req.valid("json").shutOut);
      return c.json({ ...(await state()), shutOut: shutOut.map(serverJson) }, 200);
    },
  );

  return app;
}
