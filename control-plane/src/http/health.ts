import { Hono } from "hono";
import type { Logger } from "pino";
import { hasRole } from "../actor.ts";
import type { Database } from "../database/connection.ts";
import { presented } from "../identity/presented-token.ts";
import { actorOfPresented } from "../identity/sessions.store.ts";
import type { Metrics } from "./metrics.ts";

/** `/healthz` is liveness, `/readyz` needs the database and no end in sight, `/metrics` is Prometheus text for who has a token. */
export function healthRoutes({
  database,
  log,
  secureCookie = false,
  draining = () => false,
  metrics,
}: {
  database: Database;
  log: Logger;
  /** the console is reached by https */
  secureCookie?: boolean;
  /** this process was told to stop, and takes requests for a while */
  draining?: () => boolean;
  metrics: Pick<Metrics, "contentType" | "read">;
}): Hono {
  const app = new Hono();
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/readyz", async (c) => {
    if (draining()) return c.json({ status: "draining" }, 503);
    try {
      await Promise.race([
        database`select from schema_migrations limit 1`,
        new Promise((_, reject) =>
          setTimeout(() => reject(new Error("no answer within 2 s")), 2000).unref(),
        ),
      ]);
      return c.json({ status: "ready" });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // Details are for those who may read the log: strangers ask as well.
      log.warn({ reason }, "the database cannot be used");
      return c.json({ status: "unavailable", error: "The database cannot be used" }, 503);
    }
  });
  app.get("/metrics", async (c) => {
    const shown = presented(c.req.raw.headers, secureCookie);
    const actor = shown && (await actorOfPresented(database, shown));
    c.header("Cache-Control", "no-store");
    if (!actor) {
      c.header("WWW-Authenticate", "Bearer");
      return c.json(
        {
          error:
            "Send an API token as `Authorization: Bearer <token>`, or set BRIDGEPORT_METRICS_ADDR.",
          code: "no_token",
        },
        401,
      );
    }
    if (!hasRole(actor, "viewer", null)) {
      return c.json(
        { error: "Metrics are of all environments.", code: "environment_out_of_scope" },
        403,
      );
    }
    c.header("Content-Type", metrics.contentType);
    return c.body(await metrics.read());
  });
  return app;
}

/** Metrics alone, for an address that only a monitoring system reaches. */
export function metricsOnly(metrics: Pick<Metrics, "contentType" | "read">): Hono {
  const app = new Hono();
  app.get("/metrics", async (c) => {
    c.header("Content-Type", metrics.contentType);
    return c.body(await metrics.read());
  });
  return app;
}
