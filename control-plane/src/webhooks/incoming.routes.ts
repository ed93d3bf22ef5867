import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Database } from "../database/connection.ts";
import { type AppEnv, router } from "../http/routes.ts";
import { planJson, planSchema } from "../plans/plan-json.ts";
import { readPlan } from "../plans/plans.store.ts";
import { notFound, Problem } from "../problem.ts";
import { deliveryOf, inHeader } from "./delivery-id.ts";
import {
  type DeployParts,
  deployImage,
  deployService,
  type WebhookImages,
} from "./deploy-by-webhook.ts";
import { describe, jsonOf, repeatField } from "./incoming-json.ts";
import { type Lock, signedBody } from "./signed-body.ts";
import { deliveryHeader, timestampHeader } from "./signed-time.ts";
import { takeOnce } from "./take-once.ts";

export interface IncomingParts {
  database: Database;
  images: WebhookImages;
  /** null: those webhooks are off */
  webhookSecret: string | null;
}

const header = "X-Webhook-Signature";
const name = z.string().trim().min(1, "must not be empty").max(500);

const deploySchema = z
  .strictObject({
    service: name.describe("The service's name or id"),
    environment: name.describe("The environment's name or id"),
    server: name.optional().describe("The server's name, where services on several have one name"),
    imageTag: name
      .optional()
      .describe("Default: the service's own tag, as it is in the registry now"),
    imageDigest: name.optional().describe("Instead of a tag"),
  })
  .refine(({ imageTag, imageDigest }) => imageTag === undefined || imageDigest === undefined, {
    path: ["imageDigest"],
    message: "give either imageTag or imageDigest",
  });

const deployImageSchema = z.strictObject({
  imageName: name.describe("Without tag, however it is written"),
  environment: name.describe("The environment's name or id"),
  imageTag: name,
});

const planAnswer = z.object({ plan: planSchema, repeat: repeatField });
const signatureHeader = z.object({
  [header]: z
    .string()
    .describe(
      `HMAC-SHA256 of the body by WEBHOOK_SECRET, in hexadecimal; with ${timestampHeader} of \`<${deliveryHeader}>.<${timestampHeader}>.<body>\``,
    ),
  [deliveryHeader]: z
    .string()
    .optional()
    .describe(
      "Names this delivery: a second one with the same id within a day starts nothing and is answered with the first one's plan",
    ),
  [timestampHeader]: z
    .string()
    .optional()
    .describe("Seconds since 1970, at most five minutes from now; needs an id of the delivery"),
});
const refusals =
  "401 when the signature is missing or wrong, 403 when the secret is not configured, 400 when the body is malformed.";

/** What pipelines may start. The signature is checked first, over the body as it came. */
export function incomingRoutes(parts: IncomingParts): OpenAPIHono<AppEnv> {
  const app = router();
  /** Answers with the plan that a delivery starts, or that the same one has started before. */
  async function deploy(
    c: Context<AppEnv>,
    raw: Buffer,
    act: (parts: DeployParts) => Promise<string>,
  ) {
    const { database } = parts;
    const id = inHeader(deliveryHeader)((name) => c.req.header(name), null);
    const delivery = deliveryOf(lock.variable, id, `${new URL(c.req.url).pathname}\n`, raw);
    const { outcome, repeat } = await takeOnce<{ planId: string }>(
      database,
      delivery,
      async (take) => ({
        planId: await act({
          ...parts,
          address: c.get("address"),
          alongside: (sql, planId) => take(sql, { planId }),
        }),
      }),
    );
    const plan = await presented(database, outcome.planId);
    return c.json({ plan, ...(repeat ? { repeat } : {}) }, 200);
  }
  const lock: Lock = {
    secret: parts.webhookSecret,
    variable: "WEBHOOK_SECRET",
    proofs: [{ kind: "timed_signature", header }],
    withoutSecret: "off",
  };

  describe(app, "deploy", {
    summary: "Deploy one service",
    description: `For CI. ${refusals} 404 for an unknown service or environment, 409 with the candidates in \`details\` when several services have that name.`,
    headers: signatureHeader,
    body: deploySchema,
    answer: planAnswer,
  });
  app.post("/webhooks/deploy", async (c) => {
    const raw = await signedBody(c, lock);
    const body = parsed(deploySchema, jsonOf(raw));
    return deploy(c, raw, (own) =>
      deployService(own, {
        service: body.service,
        environment: body.environment,
        server: body.server ?? null,
        imageTag: body.imageTag ?? null,
        imageDigest: body.imageDigest ?? null,
      }),
    );
  });

  describe(app, "deploy-image", {
    summary: "Deploy a tag to all services of an image",
    description: `Only for images with auto-update on. ${refusals} 404 for an unknown image or environment.`,
    headers: signatureHeader,
    body: deployImageSchema,
    answer: planAnswer,
  });
  app.post("/webhooks/deploy-image", async (c) => {
    const raw = await signedBody(c, lock);
    const body = parsed(deployImageSchema, jsonOf(raw));
    return deploy(c, raw, (own) => deployImage(own, body));
  });

  return app;
}

function parsed<S extends z.ZodType>(schema: S, body: unknown): z.infer<S> {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const details = read.error.issues.map((issue) => ({
    path: issue.path.join(".") || "body",
    message: issue.message,
  }));
  const [first] = details;
  const message = first ? `${first.path}: ${first.message}` : "The request is not valid";
  throw new Problem("invalid", "validation_failed", message, { details });
}

async function presented(database: Database, planId: string) {
  const plan = await readPlan(database, planId);
  if (plan === null) throw notFound("deployment plan");
  return planJson(plan);
}
