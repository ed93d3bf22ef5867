import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type Database, transaction } from "../database/connection.ts";
import { environmentFor } from "../environments/environment-for.ts";
import {
  type AppEnv,
  answers,
  emptyAnswer,
  environmentParam,
  id,
  idField,
  idParam,
  iso,
  jsonBody,
  needs,
  router,
  writtenJson,
} from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { notFound, Problem } from "../problem.ts";
import {
  type DependencyRow,
  deleteDependency,
  dependenciesIn,
  dependenciesOf,
  insertDependency,
  lockDependencies,
} from "./dependencies.store.ts";
import { circularProblem, findCycle } from "./dependency-graph.ts";
import { isKnown, KeptGraphs, readPart } from "./read-graphs.ts";
import { serviceEntry, serviceFor } from "./service-for.ts";
import { findService } from "./services.store.ts";

const dependencyTypes = ["health_before", "deploy_after"] as const;

const dependencySchema = z
  .object({
    id: z.string(),
    serviceId: z.string(),
    dependsOnId: z.string(),
    type: z
      .enum(dependencyTypes)
      .describe(
        "health_before: the other one must be healthy first; deploy_after: it must be deployed first",
      ),
    dependsOn: z.object({ id: z.string(), name: z.string(), serverName: z.string() }),
    createdAt: z.string(),
  })
  .openapi("Dependency");

function dependencyJson(row: DependencyRow): z.infer<typeof dependencySchema> {
  return {
    id: row.id,
    serviceId: row.serviceId,
    dependsOnId: row.dependsOnId,
    type: row.type,
    dependsOn: {
      id: row.dependsOnId,
      name: row.dependsOnName,
      serverName: row.dependsOnServerName,
    },
    createdAt: iso(row.createdAt),
  };
}

const tag = "Dependencies";

const graphSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      serverId: z.string(),
      serverName: z.string(),
    }),
  ),
  edges: z.array(
    z.object({
      id: z.string(),
      from: z.string(),
      to: z.string(),
      type: z.enum(dependencyTypes),
    }),
  ),
  deploymentOrder: z.array(z.array(z.string())),
});

export function dependenciesRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();
  const graphs = new KeptGraphs(database);

  app.openapi(
    createRoute({
      method: "get",
      path: "/services/{id}/dependencies",
      ...needs("viewer", tag, "List what a service depends on"),
      request: { params: idParam },
      responses: answers(z.object({ dependencies: z.array(dependencySchema), total: z.number() })),
    }),
    async (c) => {
      const service = await serviceFor(database, c.get("actor"), c.req.valid("param").id);
      const rows = await dependenciesOf(database, service.id);
      return c.json({ dependencies: rows.map(dependencyJson), total: rows.length }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/services/{id}/dependencies",
      ...needs("operator", tag, "Make a service depend on another"),
      request: {
        params: idParam,
        body: jsonBody(z.strictObject({ dependsOnId: idField, type: z.enum(dependencyTypes) })),
      },
      responses: answers(z.object({ dependency: dependencySchema })),
    }),
    async (c) => {
      const actor = c.get("actor");
      const { dependsOnId, type } = c.req.valid("json");
      const dependency = await transaction(database, async (sql) => {
        const service = await serviceFor(sql, actor, c.req.valid("param").id);
        if (dependsOnId === service.id) {
          throw new Problem("invalid", "self_dependency", "A service cannot depend on itself");
        }
        const needed = await findService(sql, dependsOnId);
        if (needed?.environmentId !== service.environmentId) {
          throw new Problem(
            "invalid",
            "unknown_service",
            "dependsOnId: there is no such service in this environment",
          );
        }
        await lockDependencies(sql, service.environmentId);
        const others = await dependenciesIn(sql, service.environmentId);
        const cycle = findCycle([{ serviceId: service.id, dependsOnId }, ...others], service.id);
        if (cycle) {
          const names = new Map([
            [service.id, service.name],
            [needed.id, needed.name],
            ...others.flatMap((row): [string, string][] => [
              [row.serviceId, row.serviceName],
              [row.dependsOnId, row.dependsOnName],
            ]),
          ]);
          throw circularProblem(cycle.map((at) => names.get(at) ?? at));
        }
        const added = await insertDependency(sql, {
          environmentId: service.environmentId,
          serviceId: service.id,
          dependsOnId,
          type,
        });
        await audit(
          sql,
          actor,
          serviceEntry("create_dependency", service, { dependsOn: needed.name, type }),
        );
        const rows = await dependenciesOf(sql, service.id);
        return rows.find((row) => row.id === added);
      });
      if (!dependency) throw notFound("dependency");
      return c.json({ dependency: dependencyJson(dependency) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/services/{id}/dependencies/{depId}",
      ...needs("operator", tag, "Remove a dependency"),
      request: { params: idParam.extend({ depId: id }) },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      const { id: serviceId, depId } = c.req.valid("param");
      await transaction(database, async (sql) => {
        const service = await serviceFor(sql, actor, serviceId);
        if (!(await deleteDependency(sql, service.id, depId))) throw notFound("dependency");
        await audit(sql, actor, serviceEntry("delete_dependency", service, { id: depId }));
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/environments/{envId}/dependency-graph",
      ...needs(
        "viewer",
        tag,
        "Read how an environment's services depend on each other",
        "An edge leads from what comes first to what waits for it. `deploymentOrder` has the ids of services that can go at the same time, level by level. With `serviceId` or `composeProject` only a part, with the levels that it has by itself. The whole has an `ETag`.",
      ),
      request: {
        params: environmentParam,
        query: z.object({
          serviceId: idField.optional().describe("Only what is around this service"),
          composeProject: z
            .string()
            .min(1)
            .refine((name) => !name.includes("\0"), "must not contain the character NUL")
            .optional()
            .describe("Only what is around the services of this Compose project"),
          depth: z.coerce
            .number()
            .int()
            .min(1)
            .max(20)
            .optional()
            .describe("Of a part: how many dependencies away a service may be. Default: 1"),
        }),
      },
      responses: {
        ...answers(graphSchema),
        304: { description: "It is as `If-None-Match` says that it is known" },
      },
    }),
    async (c) => {
      const { envId } = c.req.valid("param");
      const { serviceId, composeProject, depth } = c.req.valid("query");
      await environmentFor(database, c.get("actor"), envId);
      const around = [serviceId && { serviceId }, composeProject && { composeProject }].filter(
        (part) => part !== undefined && part !== "",
      );
      const [part] = around;
      if (around.length > 1 || (depth !== undefined && part === undefined)) {
        throw new Problem(
          "invalid",
          "bad_part",
          part === undefined
            ? "depth: goes with serviceId or composeProject"
            : "serviceId and composeProject are two different parts: ask for one of them",
        );
      }
      if (part !== undefined) {
        return c.json(await readPart(database, envId, part, depth ?? 1), 200);
      }
      const graph = await graphs.read(envId);
      c.header("ETag", graph.etag);
      // Kept by the reader's own browser, which asks each time whether it is still so.
      c.header("Cache-Control", "private, no-cache");
      c.header("Vary", "Accept-Encoding");
      if (isKnown(c.req.header("if-none-match"), graph.etag)) return c.body(null, 304) as never;
      if (!/\bgzip\b/.test(c.req.header("accept-encoding") ?? "")) {
        return writtenJson(c, graph.body);
      }
      c.header("Content-Encoding", "gzip");
      return writtenJson(c, await graph.compressed());
    },
  );

  return app;
}
