import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Database } from "../database/connection.ts";
import { type AppEnv, answers, idParam, needs, pageQuery, router } from "../http/routes.ts";
import { serverFor } from "../servers/server-for.ts";
import { noServiceReasons, whyNoNewService, whyNoService } from "./discovery.ts";
import { type ListedContainer, listContainers } from "./inventory.store.ts";

const containerSchema = z
  .object({
    id: z.string().describe("Of its Docker Engine"),
    name: z.string(),
    imageName: z.string().describe("As it was asked for when the container was created"),
    imageId: z.string(),
    state: z.string(),
    health: z.string(),
    createdAt: z.string(),
    startedAt: z.string().nullable(),
    service: z.object({ id: z.string(), name: z.string() }).nullable(),
    noServiceReason: z
      .enum(noServiceReasons)
      .nullable()
      .describe("Why it is no service; null also where a one-off container has yet to run longer"),
  })
  .openapi("Container");

/** What runs on a server, services or not. */
export function containersRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();
  app.openapi(
    createRoute({
      method: "get",
      path: "/servers/{id}/containers",
      ...needs(
        "viewer",
        "Servers",
        "List a server's containers",
        "As its agent reported them last, also those that are no services, such as the agent's own.",
      ),
      request: { params: idParam, query: pageQuery },
      responses: answers(z.object({ containers: z.array(containerSchema), total: z.number() })),
    }),
    async (c) => {
      const server = await serverFor(database, c.get("actor"), c.req.valid("param").id);
      const { containers, total } = await listContainers(database, server.id, c.req.valid("query"));
      return c.json({ containers: containers.map(containerJson), total }, 200);
    },
  );
  return app;
}

function containerJson({
  report,
  serviceId,
  serviceName,
}: ListedContainer): z.infer<typeof containerSchema> {
  const { id, name, imageName, imageId, state, health, createdAt, startedAt } = report;
  const reason = serviceId === null ? whyNoNewService(report) : whyNoService(report);
  return {
    id,
    name,
    imageName,
    imageId,
    state,
    health,
    createdAt: new Date(createdAt).toISOString(),
    startedAt: startedAt === null ? null : new Date(startedAt).toISOString(),
    service:
      reason === null && serviceId !== null ? { id: serviceId, name: serviceName ?? name } : null,
    noServiceReason: reason,
  };
}
