import { z } from "@hono/zod-openapi";
import { iso } from "../http/routes.ts";
import type { DeliveryRow } from "./deliveries.store.ts";
import { eventNames, payloadSchema } from "./events.ts";
import { quietHoursSchema } from "./hold.ts";
import { targetKinds } from "./target.ts";
import type { WebhookRow } from "./webhooks.store.ts";

export const webhookSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(targetKinds),
    url: z.string(),
    hasSecret: z.boolean(),
    events: z.array(z.enum(eventNames)),
    environmentIds: z.array(z.string()).nullable().describe("null: every environment"),
    enabled: z.boolean(),
    headers: z.record(z.string(), z.string()).nullable().describe("Of the kind template"),
    body: z.string().nullable().describe("Of the kind template; null: the payload as JSON"),
    batchMs: z
      .number()
      .nullable()
      .describe("Events of so many milliseconds go out as one message; null: each by itself"),
    quietHours: quietHoursSchema.nullable().describe("null: none"),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .openapi("Webhook");

export const deliverySchema = z
  .object({
    id: z.string().describe("Sent as X-Webhook-Delivery; the same for every attempt"),
    event: z.string(),
    status: z
      .enum(["held", "pending", "succeeded", "failed"])
      .describe("held: until `heldUntil`, for a batch or for quiet hours"),
    attempts: z.number(),
    responseStatus: z.number().nullable(),
    responseBody: z.string().nullable().describe("The first 1000 characters of the last answer"),
    error: z.string().nullable(),
    durationMs: z.number().nullable().describe("Of the last attempt"),
    createdAt: z.string(),
    heldUntil: z.string().nullable().describe("Until when it is or was held; null: it was not"),
    attemptedAt: z.string().nullable(),
    payload: payloadSchema,
  })
  .openapi("WebhookDelivery");

export function webhookJson(row: WebhookRow): z.infer<typeof webhookSchema> {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    url: row.url,
    hasSecret: row.secret !== null,
    events: row.events,
    environmentIds: row.environmentIds,
    enabled: row.enabled,
    headers: row.headers,
    body: row.body,
    batchMs: row.batchMs,
    quietHours: row.quietHours,
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
  };
}

export function deliveryJson(row: DeliveryRow): z.infer<typeof deliverySchema> {
  return {
    id: row.id,
    event: row.event,
    status: row.status,
    attempts: row.attempts,
    responseStatus: row.responseStatus,
    responseBody: row.responseBody,
    error: row.error,
    durationMs: row.durationMs,
    createdAt: iso(row.createdAt),
    heldUntil: iso(row.heldUntil),
    attemptedAt: iso(row.attemptedAt),
    payload: row.payload,
  };
}
