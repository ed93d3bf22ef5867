import type { OpenAPIHono } from "@hono/zod-openapi";
import { type AppEnv, router } from "../http/routes.ts";
import { type IncomingParts, incomingRoutes } from "./incoming.routes.ts";
import { type OutgoingParts, outgoingRoutes } from "./outgoing.routes.ts";
import { type PushesParts, pushesRoutes } from "./pushes.routes.ts";
import { openSender, type Sender } from "./send.ts";

export interface WebhooksParts extends IncomingParts, PushesParts, Omit<OutgoingParts, "sender"> {
  /** what sends test events; default: one of its own */
  sender?: Sender;
}

/** Both directions. */
export function webhooksRoutes(parts: WebhooksParts): OpenAPIHono<AppEnv> {
  const app = router();
  app.route("/", incomingRoutes(parts));
  app.route("/", pushesRoutes(parts));
  app.route("/", outgoingRoutes({ ...parts, sender: parts.sender ?? openSender() }));
  return app;
}
