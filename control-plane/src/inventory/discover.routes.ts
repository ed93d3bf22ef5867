import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { requireOnline } from "../commands/await-command.ts";
import type { Database } from "../database/connection.ts";
import { type AppEnv, answers, idParam, needs, router } from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { serverEntry, serverFor } from "../servers/server-for.ts";
import { serviceJson, serviceSchema } from "../services/service-json.ts";
import { listServices } from "../services/services.store.ts";
import { refreshInventory } from "./refresh.ts";

const inventoryTimeoutMs = 15_000;

/** Has a connected server report all its containers now. */
export function discoverRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();
  app.openapi(
    createRoute({
      method: "post",
      path: "/servers/{id}/discover",
      ...needs(
        "operator",
        "Servers",
        "Look at a server's containers now",
        "Discovery also happens by itself, as containers start and go.",
      ),
      request: { params: idParam },
      responses: answers(
        z.object({
          services: z.array(serviceSchema).describe("Those whose container is there"),
          missing: z.array(z.string()).describe("Names of those whose container is gone"),
        }),
      ),
    }),
    async (c) => {
      const actor = c.get("actor");
      const server = await serverFor(database, actor, c.req.valid("param").id);
      requireOnline(server);
      // Before the agent is asked: it is in the audit also where no answer comes.
      await audit(database, actor, serverEntry("discover_services", server));
      await refreshInventory(database, server, inventoryTimeoutMs);
      const all = await listServices(
        database,
        { of: { serverId: server.id }, q: null, imageId: null },
        null,
      );
      const found = all.services.filter(({ discoveryStatus }) => discoveryStatus === "found");
      const missing = all.services.filter((row) => row.discoveryStatus === "missing");
      return c.json(
        {
          services: found.map((row) => serviceJson(row)),
          missing: missing.map(({ name }) => name),
        },
        200,
      );
    },
  );
  return app;
}
