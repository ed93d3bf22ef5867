import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type Database, transaction } from "../database/connection.ts";
import { type AppEnv, answers, idParam, needs, router } from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { revokeCertificates } from "./certificates.store.ts";
import { serverEntry, serverFor } from "./server-for.ts";
import { serverJson, serverSchema } from "./server-json.ts";

export function revokeRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();
  app.openapi(
    createRoute({
      method: "post",
      path: "/servers/{id}/revoke",
      ...needs(
        "admin",
        "Servers",
        "Revoke a server's certificates",
        "Every certificate of its agent and every join token that was not used end now, and its stream is closed. The server and its services stay; a new join token lets an agent come back.",
      ),
      request: { params: idParam },
      responses: answers(z.object({ server: serverSchema })),
    }),
    async (c) => {
      const actor = c.get("actor");
      const server = await transaction(database, async (sql) => {
        const before = await serverFor(sql, actor, c.req.valid("param").id);
        await revokeCertificates(sql, before.id);
        await audit(sql, actor, serverEntry("revoke_server", before));
        return serverFor(sql, actor, before.id);
      });
      return c.json({ server: serverJson(server) }, 200);
    },
  );
  return app;
}
