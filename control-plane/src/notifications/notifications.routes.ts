import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { environmentsOf } from "../actor.ts";
import type { Database } from "../database/connection.ts";
import {
  type AppEnv,
  answers,
  emptyAnswer,
  jsonBody,
  needs,
  pageQuery,
  router,
} from "../http/routes.ts";
import { eventNames } from "../webhooks/events.ts";
import { visible } from "../webhooks/markup.ts";
import { notice } from "../webhooks/notice.ts";
import { listNotifications, markRead, type NotificationRow } from "./notifications.store.ts";

const tag = "Notifications";

const notificationSchema = z
  .object({
    id: z.number().describe("Rises with each one"),
    event: z.enum(eventNames),
    at: z.string().describe("When it happened"),
    environment: z.object({ id: z.string(), name: z.string() }).nullable(),
    title: z.string(),
    lines: z.array(z.string()),
    tone: z.enum(["good", "bad", "neutral"]),
    path: z.string().describe("The page in the console"),
    unread: z.boolean(),
  })
  .openapi("Notification");

/** What happened, for people who were away, and how far each of them has read it. */
export function notificationsRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();

  app.openapi(
    createRoute({
      method: "get",
      path: "/notifications",
      ...needs(
        "viewer",
        tag,
        "List notifications",
        "The latest first, of the environments that you may see. `unread` counts all of them since what you marked as read.",
      ),
      request: { query: pageQuery },
      responses: answers(
        z.object({
          notifications: z.array(notificationSchema),
          total: z.number(),
          unread: z.number(),
        }),
      ),
    }),
    async (c) => {
      const actor = c.get("actor");
      const page = c.req.valid("query");
      const { notifications, ...counts } = await listNotifications(
        database,
        actor.id,
        environmentsOf(actor),
        page,
      );
      return c.json({ notifications: notifications.map(notificationJson), ...counts }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/notifications/read",
      ...needs(
        "viewer",
        tag,
        "Mark notifications as read",
        "For yourself: everything up to this one. What came later stays unread.",
      ),
      request: {
        body: jsonBody(
          z.strictObject({ upTo: z.number().int().min(0).describe("The id of a notification") }),
        ),
      },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const { id } = c.get("actor");
      if (id !== null) await markRead(database, id, c.req.valid("json").upTo);
      return c.json({ ok: true as const }, 200);
    },
  );

  return app;
}

function notificationJson(row: NotificationRow): z.infer<typeof notificationSchema> {
  const { title, lines, tone, url } = visible(notice(row.payload));
  const { pathname, search } = new URL(url);
  return {
    id: row.id,
    event: row.event as z.infer<typeof notificationSchema>["event"],
    at: row.payload.at,
    environment: row.payload.environment,
    title,
    lines,
    tone,
    path: `${pathname}${search}`,
    unread: row.unread,
  };
}
