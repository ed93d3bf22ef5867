import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type Database, type Sql, transaction } from "../database/connection.ts";
import { type AppEnv, answers, router } from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { planJson, planSchema } from "../plans/plan-json.ts";
import { loadPlan } from "../plans/plans.store.ts";
import { notFound, Problem } from "../problem.ts";
import {
  type DeployParts,
  deployImage,
  deployService,
  type WebhookImages,
  webhookActor,
} from "./deploy-by-webhook.ts";
import { readGithubEvent } from "./github-event.ts";
import { imagesNamed, imagesWithPath, notePushes, type SubscribedImage } from "./incoming.store.ts";
import { concernedBy, pathsOf } from "./pushed-images.ts";
import { readRegistryEvents } from "./registry-event.ts";
import { isBearerOf, isSignedBy } from "./signature.ts";

export interface IncomingParts {
  database: Database;
  images: WebhookImages;
  /** null: those webhooks are off */
  webhookSecret: string | null;
  githubWebhookSecret: string | null;
}

const tag = "Webhooks";
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

const planAnswer = z.object({ plan: planSchema });
const pushAnswer = z.object({
  images: z
    .array(z.object({ id: z.string(), environmentId: z.string() }))
    .describe("Those that are checked now"),
  message: z.string(),
});

const signatureHeader = z.object({
  "X-Webhook-Signature": z
    .string()
    .describe("HMAC-SHA256 of the body by WEBHOOK_SECRET, in hexadecimal"),
});
const refusals =
  "401 when the signature is missing or wrong, 403 when the secret is not configured, 400 when the body is malformed.";

/** What other programs tell us. The signature is checked first, over the body as it came. */
export function incomingRoutes(parts: IncomingParts): OpenAPIHono<AppEnv> {
  const app = router();
  const deployParts: DeployParts = parts;

  describe(app, "deploy", {
    summary: "Deploy one service",
    description: `For CI. ${refusals} 404 for an unknown service or environment, 409 with the candidates in \`details\` when several services have that name.`,
    headers: signatureHeader,
    body: deploySchema,
    answer: planAnswer,
  });
  app.post("/webhooks/deploy", async (c) => {
    const body = parsed(deploySchema, jsonOf(await signedBody(c, parts, "X-Webhook-Signature")));
    const planId = await deployService(deployParts, {
      service: body.service,
      environment: body.environment,
      server: body.server ?? null,
      imageTag: body.imageTag ?? null,
      imageDigest: body.imageDigest ?? null,
    });
    return c.json({ plan: await presented(parts.database, planId) }, 200);
  });

  describe(app, "deploy-image", {
    summary: "Deploy a tag to all services of an image",
    description: `Only for images with auto-update on. ${refusals} 404 for an unknown image or environment.`,
    headers: signatureHeader,
    body: deployImageSchema,
    answer: planAnswer,
  });
  app.post("/webhooks/deploy-image", async (c) => {
    const raw = await signedBody(c, parts, "X-Webhook-Signature");
    const body = parsed(deployImageSchema, jsonOf(raw));
    const planId = await deployImage(deployParts, body);
    return c.json({ plan: await presented(parts.database, planId) }, 200);
  });

  describe(app, "github", {
    summary: "GitHub: a package was published",
    description: `For GitHub's events \`package\` and \`registry_package\`. Images of exactly that name, in every environment, are checked; those with auto-update on are updated as their policy allows. ${refusals}`,
    headers: z.object({
      "X-GitHub-Event": z.string(),
      "X-Hub-Signature-256": z
        .string()
        .describe("`sha256=` and the HMAC-SHA256 of the body by GITHUB_WEBHOOK_SECRET"),
    }),
    body: z.looseObject({}),
    answer: pushAnswer,
  });
  app.post("/webhooks/github", async (c) => {
    const raw = await signedBody(c, parts, "X-Hub-Signature-256");
    const event = readGithubEvent(c.req.header("x-github-event"), githubJson(c, raw));
    if (event.kind === "malformed") throw malformed(event.message);
    if (event.kind === "ignored") return c.json({ images: [], message: event.why }, 200);
    const images = await imagesNamed(parts.database, event.imageName);
    await pushed(parts.database, images, "github", { imageName: event.imageName, tag: event.tag });
    return c.json(pushedJson(images, event.imageName), 200);
  });

  describe(app, "registry", {
    summary: "A registry: something was pushed",
    description: `Takes the notification envelope of the distribution project's registry. Images of just the repositories in it are checked. A registry cannot sign: let it send \`Authorization: Bearer <WEBHOOK_SECRET>\` (\`headers\` of its notification endpoint); a signature is taken, too. ${refusals}`,
    headers: z.object({
      Authorization: z.string().optional().describe("`Bearer` and WEBHOOK_SECRET"),
      "X-Webhook-Signature": signatureHeader.shape["X-Webhook-Signature"].optional(),
    }),
    body: z.looseObject({ events: z.array(z.looseObject({})) }),
    answer: pushAnswer,
  });
  app.post("/webhooks/registry", async (c) => {
    const raw = await signedBody(c, parts, "X-Webhook-Signature", { orBearer: true });
    const events = readRegistryEvents(jsonOf(raw));
    if (!events.ok) throw malformed(events.message);
    const paths = events.changed.flatMap(({ repository }) => pathsOf(repository));
    const candidates = paths.length === 0 ? [] : await imagesWithPath(parts.database, paths);
    const images = candidates.filter((image) =>
      events.changed.some((changed) => concernedBy(changed, candidates).includes(image)),
    );
    const repositories = events.changed.map(({ repository }) => repository);
    await pushed(parts.database, images, "registry", { repositories });
    return c.json(pushedJson(images, repositories.join(", ")), 200);
  });

  return app;
}

/**
 * The body as it came, once it is known who sent it.
 * @throws {Problem} 403 without a secret to compare with, 401 for a signature that is missing or wrong
 */
async function signedBody(
  c: Context,
  parts: IncomingParts,
  header: "X-Webhook-Signature" | "X-Hub-Signature-256",
  { orBearer = false } = {},
): Promise<Buffer> {
  const github = header === "X-Hub-Signature-256";
  const secret = github ? parts.githubWebhookSecret : parts.webhookSecret;
  if (secret === null) {
    const variable = github ? "GITHUB_WEBHOOK_SECRET" : "WEBHOOK_SECRET";
    throw new Problem(
      "forbidden",
      "webhook_secret_unset",
      `This webhook is off: set ${variable} where Bridgeport is started.`,
    );
  }
  const body = Buffer.from(await c.req.arrayBuffer());
  if (isSignedBy(secret, body, c.req.header(header))) return body;
  if (orBearer && isBearerOf(secret, c.req.header("authorization"))) return body;
  if (orBearer && c.req.header(header) === undefined) {
    throw new Problem(
      "unauthenticated",
      "bad_signature",
      "Let the registry send the header Authorization: Bearer with WEBHOOK_SECRET, or sign the body in X-Webhook-Signature.",
    );
  }
  const missing = c.req.header(header) === undefined;
  throw new Problem(
    "unauthenticated",
    "bad_signature",
    missing
      ? `${header} is missing: send the HMAC-SHA256 of the body, in hexadecimal.`
      : `${header} is not the HMAC-SHA256 of this body by the secret that both sides have to share.`,
  );
}

function malformed(message: string): Problem {
  return new Problem("invalid", "bad_request", message);
}

function jsonOf(raw: Buffer | string): unknown {
  try {
    return JSON.parse(raw.toString("utf8"));
  } catch {
    throw malformed("The body is not JSON.");
  }
}

/** GitHub sends JSON, or a form with the JSON in it, as its webhook is set up. */
function githubJson(c: Context, raw: Buffer): unknown {
  const form = c.req.header("content-type")?.startsWith("application/x-www-form-urlencoded");
  if (!form) return jsonOf(raw);
  const payload = new URLSearchParams(raw.toString("utf8")).get("payload");
  if (payload === null) throw malformed("The form has no field payload.");
  return jsonOf(payload);
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

async function pushed(
  database: Database,
  images: SubscribedImage[],
  source: "github" | "registry",
  details: Record<string, unknown>,
): Promise<void> {
  if (images.length === 0) return;
  const actor = webhookActor(`webhook ${source}`);
  await transaction(database, async (sql) => {
    await notePushes(sql, images, source);
    for (const image of images) {
      await audit(sql, actor, {
        action: "image_pushed",
        resourceType: "container_image",
        resourceId: image.id,
        resourceName: image.normalizedName,
        environmentId: image.environmentId,
        details,
      });
    }
  });
}

function pushedJson(images: SubscribedImage[], what: string): z.infer<typeof pushAnswer> {
  return {
    images: images.map(({ id, environmentId }) => ({ id, environmentId })),
    message:
      images.length > 0
        ? `${images.length} image(s) are being checked.`
        : what === ""
          ? "Nothing was pushed."
          : `No image with a registry connection is called ${what}.`,
  };
}

async function presented(sql: Sql, planId: string) {
  const plan = await loadPlan(sql, planId);
  if (plan === null) throw notFound("deployment plan");
  return planJson(plan);
}

/** Described, but read by hand: a body must not be looked into before its signature was. */
function describe(
  app: OpenAPIHono<AppEnv>,
  path: string,
  about: {
    summary: string;
    description: string;
    headers: z.ZodObject;
    body: z.ZodType;
    answer: z.ZodType;
  },
): void {
  app.openAPIRegistry.registerPath({
    method: "post",
    path: `/webhooks/${path}`,
    tags: [tag],
    summary: about.summary,
    description: about.description,
    security: [],
    request: {
      headers: about.headers,
      body: { required: true, content: { "application/json": { schema: about.body } } },
    },
    responses: answers(about.answer),
  });
}
