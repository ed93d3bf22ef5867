import { Hono } from "hono";
import type { Database } from "../database/connection.ts";
import type { Metrics } from "./metrics.ts";

/** `/healthz` is liveness, `/readyz` needs the database, `/metrics` is Prometheus text. */
export function healthRoutes({
  database,
  metrics,
}: {
  database: Database;
  metrics: Pick<Metrics, "contentType" | "read">;
}): Hono {
  const app = new Hono();
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/readyz", async (c) => {
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
      return c.json(
        { status: "unavailable", error: `The database cannot be used: ${reason}` },
        503,
      );
    }
  });
  app.get("/metrics", async (c) => {
    c.header("Content-Type", metrics.contentType);
    return c.body(await metrics.read());
  });
  return app;
}
