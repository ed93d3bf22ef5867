import type { LifecycleAction } from "@bridgeport/proto";
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { runCommand } from "../commands/await-command.ts";
import type { Database } from "../database/connection.ts";
import { type AppEnv, answers, idParam, iso, needs, pageQuery, router } from "../http/routes.ts";
import { auditAsked } from "../identity/audit.store.ts";
import { notFound, Problem } from "../problem.ts";
import { findServer, type ServerRow } from "../servers/servers.store.ts";
import { gateOf } from "./gate.ts";
import { historyOf } from "./history.store.ts";
import { refuseInPlan, serviceEntry, serviceFor } from "./service-for.ts";
import { serviceJson, serviceSchema } from "./service-json.ts";
import type { ServiceRow } from "./services.store.ts";

/** beside the container's own stop timeout */
const lifecycleTimeoutMs = 2 * 60_000;
const lookTimeoutMs = 20_000;
const serviceAnswer = answers(z.object({ service: serviceSchema }));
const tag = "Services";

/** What can be asked of a service's container. Deploying it is a plan's matter. */
export function serviceActionsRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();

  /** @throws {Problem} 400 while there is no container */
  async function serverOf(service: ServiceRow): Promise<ServerRow> {
    const server = await findServer(database, service.serverId);
    if (!server) throw notFound("server");
    if (service.discoveryStatus === "missing") {
      throw new Problem(
        "invalid",
        "container_missing",
        `There is no container ${service.containerName} on ${server.name}: deploy the service to create it.`,
      );
    }
    return server;
  }

  const actions: [LifecycleAction, string][] = [
    ["restart", "Restart a service's container"],
    ["stop", "Stop a service's container"],
    ["start", "Start a service's container"],
  ];
  for (const [action, summary] of actions) {
    app.openapi(
      createRoute({
        method: "post",
        path: `/services/{id}/${action}`,
        ...needs("operator", tag, summary, "The container stays the same one."),
        request: { params: idParam },
        responses: serviceAnswer,
      }),
      async (c) => {
        const actor = c.get("actor");
        const service = await serviceFor(database, actor, c.req.valid("param").id);
        refuseInPlan(service);
        const server = await serverOf(service);
        const { containerName } = service;
        const { state } = await runCommand<"lifecycle">(
          database,
          server,
          { kind: "lifecycle", containerName, action },
          lifecycleTimeoutMs + (service.container?.stopLimitMs ?? 0),
          {
            asked: (sql) => auditAsked(sql, actor, serviceEntry(`${action}_service`, service)),
          },
        );
        const after = await serviceFor(database, actor, service.id);
        // The agent's word is newer than its last report, which may still be on its way.
        const container = after.container && { ...after.container, state };
        return c.json({ service: serviceJson({ ...after, container }) }, 200);
      },
    );
  }

  app.openapi(
    createRoute({
      method: "post",
      path: "/services/{id}/health",
      ...needs("operator", tag, "Look at a service's health now"),
      request: { params: idParam },
      responses: answers(
        z.object({
          healthy: z.boolean().describe("It runs, and no health check says otherwise"),
          health: z.object({
            status: z.enum(["none", "starting", "healthy", "unhealthy", "unknown"]),
            containerStatus: z.string(),
            method: z.string().describe("What said so"),
            detail: z.string(),
            durationMs: z.number(),
          }),
        }),
      ),
    }),
    async (c) => {
      const service = await serviceFor(database, c.get("actor"), c.req.valid("param").id);
      const server = await serverOf(service);
      const seen = await runCommand<"probe">(
        database,
        server,
        {
          kind: "probe",
          serviceId: service.id,
          containerName: service.containerName,
          once: true,
          gate: gateOf(service),
        },
        lookTimeoutMs,
      );
      const { health: status, state: containerStatus, method, detail, durationMs } = seen;
      const healthy = containerStatus === "running" && (status === "healthy" || status === "none");
      return c.json(
        { healthy, health: { status, containerStatus, method, detail, durationMs } },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/services/{id}/logs",
      ...needs("viewer", tag, "Read the end of a service's log"),
      request: {
        params: idParam,
        query: z.object({
          tail: z.coerce.number().int().min(1).max(5000).default(200),
          since: z.iso
            .datetime({ offset: true, message: "must be a time such as 2026-01-31T12:00:00Z" })
            .optional(),
        }),
      },
      responses: answers(
        z.object({
          lines: z.array(
            z.object({
              at: z.string(),
              stream: z.enum(["stdout", "stderr"]),
              text: z.string(),
            }),
          ),
          truncated: z.boolean().describe("There was more than fits into one answer"),
        }),
      ),
    }),
    async (c) => {
      const service = await serviceFor(database, c.get("actor"), c.req.valid("param").id);
      const server = await serverOf(service);
      const { tail, since } = c.req.valid("query");
      const { lines, truncated } = await runCommand<"logs">(
        database,
        server,
        {
          kind: "logs",
          containerName: service.containerName,
          tail,
          since: since === undefined ? null : Date.parse(since),
        },
        lookTimeoutMs,
      );
      return c.json(
        { lines: lines.map((line) => ({ ...line, at: iso(new Date(line.at)) })), truncated },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/services/{id}/history",
      ...needs("viewer", tag, "List a service's deployments", "Newest first."),
      request: { params: idParam, query: pageQuery },
      responses: answers(
        z.object({
          history: z.array(
            z.object({
              id: z.string(),
              planId: z.string(),
              tag: z.string().nullable(),
              digest: z.string(),
              status: z.enum(["success", "failed", "rolled_back", "cancelled"]),
              triggerType: z.string(),
              deployedAt: z.string(),
              deployedBy: z.string(),
              deploymentCount: z.number(),
              totalDurationMs: z.number(),
              services: z.array(
                z.object({ id: z.string(), name: z.string(), serverName: z.string() }),
              ),
            }),
          ),
          total: z.number(),
        }),
      ),
    }),
    async (c) => {
      const service = await serviceFor(database, c.get("actor"), c.req.valid("param").id);
      const { history, total } = await historyOf(database, service.id, c.req.valid("query"));
      const entries = history.map(({ serviceName, serverName, ...row }) => ({
        id: row.planId,
        ...row,
        deployedAt: iso(row.deployedAt),
        deploymentCount: 1,
        services: [{ id: service.id, name: serviceName, serverName }],
      }));
      return c.json({ history: entries, total }, 200);
    },
  );

  return app;
}
