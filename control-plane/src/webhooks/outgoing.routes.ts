import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import {
  type Actor,
  environmentsOf,
  requireAllEnvironments,
  requireEnvironment,
} from "../actor.ts";
import { type Database, type Sql, transaction } from "../database/connection.ts";
import {
  type AppEnv,
  answers,
  emptyAnswer,
  idField,
  idParam,
  jsonBody,
  nameField,
  needs,
  pageQuery,
  router,
} from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { notFound, Problem } from "../problem.ts";
import type { Secrets } from "../secrets.ts";
import { consoleLinks } from "./console-links.ts";
import { deliverTest } from "./deliver.ts";
import { listDeliveries } from "./deliveries.store.ts";
import { eventNames, payloadSchema } from "./events.ts";
import { releaseAll } from "./held.store.ts";
import { quietHoursSchema } from "./hold.ts";
import { shortestSecret } from "./secret-length.ts";
import type { Sender } from "./send.ts";
import { checkTargetUrl, targetKinds, wrongSecret } from "./target.ts";
import { wrongTemplate } from "./template.ts";
import { deliveryJson, deliverySchema, webhookJson, webhookSchema } from "./webhook-json.ts";
import {
  deleteWebhook,
  findWebhook,
  insertWebhook,
  listWebhooks,
  unknownEnvironments,
  updateWebhook,
  type WebhookFields,
  type WebhookRow,
} from "./webhooks.store.ts";

export interface OutgoingParts {
  database: Database;
  secrets: Secrets;
  sender: Sender;
  publicUrl: string;
}

const tag = "Webhooks";

const bodySchema = z.strictObject({
  name: nameField(),
  kind: z.enum(targetKinds).default("webhook"),
  url: z
    .string()
    .trim()
    .describe(
      "http(s); for e-mail smtps://user@host?from=…&to=…,… (or smtp:// with STARTTLS); for ntfy with the topic as its last part; for telegram with ?chat_id=…; for matrix with ?room=!…; for pushover with ?user=…; for mqtt mqtts://user@host/topic; for template with placeholders in its path and query",
    ),
  secret: z
    .string()
    .min(1, "must not be empty: leave it out, or null for none")
    .max(1000)
    .nullish()
    .describe(
      "Write-only. webhook: signs the body, 16 characters or more; telegram, gotify, matrix, pushover: needed, the token; ntfy: access token; email, mqtt: password; template: what {{secret}} stands for. In a PUT: left out keeps it, null removes it",
    ),
  events: z
    .array(z.enum(eventNames))
    .min(1, "must name at least one event")
    .transform((named) => eventNames.filter((name) => named.includes(name))),
  environmentIds: z
    .array(idField)
    .min(1, "must name an environment, or be null for all")
    .max(1000)
    .nullish()
    .describe("null: every environment"),
  enabled: z.boolean().default(true),
  headers: z
    .record(z.string(), z.string().max(2000, "must have at most 2000 characters"))
    .refine((given) => Object.keys(given).length <= 20, "must be at most 20")
    .nullish()
    .describe("Of the kind template, with placeholders"),
  body: z
    .string()
    .min(1, "must not be empty: leave it out, or null for the payload")
    .max(20_000, "must have at most 20000 characters")
    .nullish()
    .describe("Of the kind template, with placeholders; null: the payload as JSON"),
  batchMs: z
    .number()
    .int()
    .min(1000)
    .max(3_600_000)
    .nullish()
    .describe("1 s to 1 h: events of that time go out as one message; null: each by itself"),
  quietHours: quietHoursSchema.nullish().describe("null: none"),
});

const oneWebhook = answers(z.object({ webhook: webhookSchema }));

/** Targets that are told of what happens. */
export function outgoingRoutes(parts: OutgoingParts): OpenAPIHono<AppEnv> {
  const app = router();
  const { database, secrets } = parts;
  const links = consoleLinks(parts.publicUrl);
  describePayload(app);

  app.openapi(
    createRoute({
      method: "get",
      path: "/admin/webhooks",
      ...needs("admin", tag, "List outgoing webhooks"),
      request: { query: pageQuery },
      responses: answers(z.object({ webhooks: z.array(webhookSchema), total: z.number() })),
    }),
    async (c) => {
      const { webhooks, total } = await listWebhooks(
        database,
        environmentsOf(c.get("actor")),
        c.req.valid("query"),
      );
      return c.json({ webhooks: webhooks.map(webhookJson), total }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/admin/webhooks",
      ...needs("admin", tag, "Create an outgoing webhook"),
      request: { body: jsonBody(bodySchema) },
      responses: oneWebhook,
    }),
    async (c) => {
      const actor = c.get("actor");
      const body = c.req.valid("json");
      const webhook = await transaction(database, async (sql) => {
        const row = await insertWebhook(sql, await fieldsOf(sql, secrets, actor, body, null));
        await audit(sql, actor, entry("create_webhook", row));
        return row;
      });
      return c.json({ webhook: webhookJson(webhook) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/admin/webhooks/{id}",
      ...needs("admin", tag, "Read an outgoing webhook"),
      request: { params: idParam },
      responses: oneWebhook,
    }),
    async (c) => {
      const webhook = await webhookFor(database, c.get("actor"), c.req.valid("param").id);
      return c.json({ webhook: webhookJson(webhook) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "put",
      path: "/admin/webhooks/{id}",
      ...needs(
        "admin",
        tag,
        "Replace an outgoing webhook",
        "The secret stays if it is left out. What is held is sent within a minute.",
      ),
      request: { params: idParam, body: jsonBody(bodySchema) },
      responses: oneWebhook,
    }),
    async (c) => {
      const actor = c.get("actor");
      const body = c.req.valid("json");
      const webhook = await transaction(database, async (sql) => {
        const before = await webhookFor(sql, actor, c.req.valid("param").id);
        const fields = await fieldsOf(sql, secrets, actor, body, before);
        const row = await updateWebhook(sql, before.id, fields);
        if (row === null) throw notFound("webhook");
        await releaseAll(sql, row.id);
        await audit(sql, actor, entry("update_webhook", row));
        return row;
      });
      return c.json({ webhook: webhookJson(webhook) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/admin/webhooks/{id}",
      ...needs("admin", tag, "Delete an outgoing webhook"),
      request: { params: idParam },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      await transaction(database, async (sql) => {
        const webhook = await webhookFor(sql, actor, c.req.valid("param").id);
        await deleteWebhook(sql, webhook.id);
        await audit(sql, actor, entry("delete_webhook", webhook));
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/admin/webhooks/{id}/test",
      ...needs(
        "admin",
        tag,
        "Send a test event",
        "At once, and once; also to a webhook that is not enabled. The answer says what really came back.",
      ),
      request: { params: idParam },
      responses: answers(
        z.object({ ok: z.boolean(), message: z.string(), delivery: deliverySchema }),
      ),
    }),
    async (c) => {
      const actor = c.get("actor");
      const webhook = await webhookFor(database, actor, c.req.valid("param").id);
      const delivery = await deliverTest(parts, webhook, {
        event: "test",
        at: new Date().toISOString(),
        environment: null,
        data: {
          message: `A test of “${webhook.name}” by ${actor.name}`,
          url: links.webhooks(),
        },
      });
      await audit(
        database,
        actor,
        entry("test_webhook", webhook, { succeeded: delivery.error === null }),
      );
      const ok = delivery.status === "succeeded";
      const message = ok
        ? `Delivered in ${delivery.durationMs} ms.`
        : (delivery.error ?? "It was not delivered.");
      return c.json({ ok, message, delivery: deliveryJson(delivery) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/admin/webhooks/{id}/deliveries",
      ...needs("admin", tag, "List a webhook's deliveries", "The latest first."),
      request: {
        params: idParam,
        query: pageQuery.extend({ status: deliverySchema.shape.status.optional() }),
      },
      responses: answers(z.object({ deliveries: z.array(deliverySchema), total: z.number() })),
    }),
    async (c) => {
      const webhook = await webhookFor(database, c.get("actor"), c.req.valid("param").id);
      const query = c.req.valid("query");
      const { deliveries, total } = await listDeliveries(database, webhook.id, {
        ...query,
        status: query.status ?? null,
      });
      return c.json({ deliveries: deliveries.map(deliveryJson), total }, 200);
    },
  );

  return app;
}

/** What a receiver gets, in the API's description. */
function describePayload(app: OpenAPIHono<AppEnv>): void {
  app.openAPIRegistry.registerWebhook({
    method: "post",
    path: "outgoing-webhook",
    tags: [tag],
    summary: "What an outgoing webhook of the kind `webhook` is sent",
    description:
      "Any 2xx within 10 s takes it; otherwise it is tried twice more, after some 5 s and 30 s. A delivery may come twice: X-Webhook-Delivery stays the same.",
    request: {
      headers: z.object({
        "X-Webhook-Event": z.string(),
        "X-Webhook-Delivery": z.string(),
        "X-Webhook-Signature": z
          .string()
          .optional()
          .describe(
            "`sha256=` and the HMAC-SHA256 of the body by the secret, in hexadecimal; only with a secret",
          ),
      }),
      body: { content: { "application/json": { schema: payloadSchema } } },
    },
    responses: { 200: { description: "Taken" } },
  });
}

async function fieldsOf(
  sql: Sql,
  secrets: Secrets,
  actor: Actor,
  body: z.infer<typeof bodySchema>,
  before: WebhookRow | null,
): Promise<WebhookFields> {
  const { secret, environmentIds = null, headers = null, body: text = null, ...fields } = body;
  const { batchMs = null, quietHours = null } = body;
  // What other kinds are given is not ours to choose. One that is stored and shorter goes on working.
  if (body.kind === "webhook" && secret && secret.length < shortestSecret) {
    throw fieldProblem(
      "secret",
      `must have at least ${shortestSecret} characters, such as those of \`openssl rand -hex 32\``,
    );
  }
  const checked = checkTargetUrl(body.kind, body.url);
  if (!checked.ok) throw fieldProblem("url", checked.message);
  if (body.kind === "template") {
    const wrong = wrongTemplate({ url: body.url, headers: headers ?? {}, body: text });
    if (wrong !== null) throw fieldProblem(wrong.field, wrong.message);
  } else if (headers !== null || text !== null) {
    const field = headers !== null ? "headers" : "body";
    throw fieldProblem(field, "is for the kind template only");
  }
  const unknown = await unknownEnvironments(sql, environmentIds ?? []);
  if (unknown.length > 0) {
    throw fieldProblem("environmentIds", `there is no environment ${unknown.join(", ")}`);
  }
  requireEnvironments(actor, environmentIds);
  // These are sent their secret itself: one that was entered for a host goes to no other, and a password
  // becomes no other host's signing key.
  const otherKind = before !== null && before.kind !== body.kind;
  const otherHost = before !== null && new URL(before.url).host !== new URL(body.url).host;
  const elsewhere = otherKind || (otherHost && body.kind !== "webhook");
  if (before?.secret && elsewhere && secret === undefined) {
    throw fieldProblem("secret", "enter it again, because the address is another one now");
  }
  const kept = secret === undefined && before?.secret != null;
  const wrongOne = kept ? null : wrongSecret(body.kind, secret ?? null);
  if (wrongOne !== null) throw fieldProblem("secret", wrongOne);
  return {
    ...fields,
    environmentIds,
    ...{ headers, body: text, batchMs, quietHours },
    secret:
      secret === undefined
        ? (before?.secret ?? null)
        : secret === null
          ? null
          : secrets.encrypt(secret),
  };
}

function fieldProblem(path: string, message: string): Problem {
  return new Problem("invalid", "validation_failed", `${path}: ${message}`, {
    details: [{ path, message }],
  });
}

async function webhookFor(sql: Sql, actor: Actor, id: string): Promise<WebhookRow> {
  const webhook = await findWebhook(sql, id);
  if (webhook === null) throw notFound("webhook");
  requireEnvironments(actor, webhook.environmentIds);
  return webhook;
}

/** A user who is limited to some environments has nothing to do with what concerns others. */
function requireEnvironments(actor: Actor, environmentIds: string[] | null): void {
  if (environmentIds === null) {
    requireAllEnvironments(actor);
    return;
  }
  for (const id of environmentIds) requireEnvironment(actor, id);
}

/** The URL is left out: those of chat services are as good as passwords. */
function entry(action: string, webhook: WebhookRow, details: Record<string, unknown> = {}) {
  return {
    action,
    resourceType: "webhook",
    resourceId: webhook.id,
    resourceName: webhook.name,
    details: {
      kind: webhook.kind,
      events: webhook.events,
      enabled: webhook.enabled,
      ...details,
    },
  };
}
