import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { requireAllEnvironments, requireSession } from "../actor.ts";
import type { Database } from "../database/connection.ts";
import { type AppEnv, answers, iso, needs, open, router } from "../http/routes.ts";
import type { Secrets } from "../secrets.ts";
import { type ReceiptKeys, receiptKeys } from "./receipt-keys.ts";

const keySchema = z
  .object({
    kty: z.literal("OKP"),
    crv: z.literal("Ed25519"),
    x: z.string().describe("The public key, base64url"),
    kid: z.string().describe("Its RFC 7638 thumbprint: the fingerprint to pin"),
    alg: z.literal("EdDSA"),
    use: z.literal("sig"),
    createdAt: z.string(),
    retiredAt: z.string().nullable().describe("Since when it signs no longer; null: it signs"),
  })
  .openapi("ReceiptKey");

const keysSchema = z
  .object({ keys: z.array(keySchema).describe("The one that signs first") })
  .openapi("ReceiptKeys");

const tag = "Deployment plans";

/** The public keys that receipts are verified with, as a JWK Set, and how another one comes into use. */
export function receiptKeysRoutes(parts: {
  database: Database;
  secrets: Secrets;
}): OpenAPIHono<AppEnv> {
  const app = router();
  const keys = receiptKeys(parts);

  app.openapi(
    createRoute({
      method: "get",
      path: "/receipt-keys",
      ...open(
        tag,
        "Read the public keys of receipts",
        "A JWK Set (RFC 7517) with the key that signs and all before it. Without a login: whoever has a receipt can verify it.",
      ),
      responses: answers(keysSchema),
    }),
    async (c) => c.json(await published(keys), 200),
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/receipt-keys/rotate",
      ...needs(
        "admin",
        tag,
        "Replace the key that signs receipts",
        "Receipts are signed with a new key from now on. The public key before it stays published; its private key is deleted. Needs a session: an API token cannot do this.",
      ),
      responses: answers(keysSchema),
    }),
    async (c) => {
      const actor = c.get("actor");
      requireSession(actor);
      requireAllEnvironments(actor);
      await keys.replace(actor);
      return c.json(await published(keys), 200);
    },
  );

  return app;
}

async function published(keys: ReceiptKeys): Promise<z.infer<typeof keysSchema>> {
  return {
    keys: (await keys.published()).map(({ id, x, createdAt, retiredAt }) => ({
      ...{
        kty: "OKP" as const,
        crv: "Ed25519" as const,
        alg: "EdDSA" as const,
        use: "sig" as const,
      },
      ...{ kid: id, x, createdAt: iso(createdAt), retiredAt: iso(retiredAt) },
    })),
  };
}
