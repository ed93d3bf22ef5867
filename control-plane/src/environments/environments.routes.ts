import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { environmentsOf, requireAllEnvironments } from "../actor.ts";
import { type Database, transaction } from "../database/connection.ts";
import {
  type AppEnv,
  answers,
  emptyAnswer,
  environmentParam,
  idParam,
  iso,
  jsonBody,
  nameField,
  needs,
  pageQuery,
  router,
} from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { setApprovalsRequired } from "../plans/approvals.store.ts";
import { environmentFor } from "./environment-for.ts";
import {
  deleteEnvironment,
  type EnvironmentRow,
  insertEnvironment,
  listEnvironments,
  updateEnvironment,
} from "./environments.store.ts";
import { freezeJson, freezeOrNone } from "./freeze.routes.ts";
import { freezeFrom } from "./freezes.store.ts";

const environmentSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    serverCount: z.number(),
    serviceCount: z.number(),
    imageCount: z.number(),
    freeze: freezeOrNone,
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .openapi("Environment");

const operationsSchema = z
  .object({
    autoPruneImages: z.boolean().describe("Prune after each deploy and weekly; at first false"),
    pruneImagesMode: z
      .enum(["dangling", "all"])
      .describe(
        "`dangling` (at first): images without a tag that no container uses; `all`: every image that no container uses",
      ),
    requiredApprovals: z
      .number()
      .int()
      .min(0)
      .max(2)
      .describe(
        "How many people other than its starter have to approve a plan before it starts; at first 0. Plans that wait need so many from then on; to lower it starts none of them",
      ),
  })
  .openapi("OperationsSettings");

function environmentJson(row: EnvironmentRow): z.infer<typeof environmentSchema> {
  const { id, name, serverCount, serviceCount, imageCount, createdAt, updatedAt } = row;
  return {
    id,
    name,
    serverCount,
    serviceCount,
    imageCount,
    freeze: freezeJson(freezeFrom(row.freeze)),
    createdAt: iso(createdAt),
    updatedAt: iso(updatedAt),
  };
}

const tag = "Environments";
const oneAnswer = answers(z.object({ environment: environmentSchema }));
const settingsAnswer = answers(z.object({ settings: operationsSchema }));

export function environmentsRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();

  app.openapi(
    createRoute({
      method: "get",
      path: "/environments",
      ...needs("viewer", tag, "List environments"),
      request: { query: pageQuery },
      responses: answers(z.object({ environments: z.array(environmentSchema), total: z.number() })),
    }),
    async (c) => {
      const { environments, total } = await listEnvironments(
        database,
        environmentsOf(c.get("actor")),
        c.req.valid("query"),
      );
      return c.json({ environments: environments.map(environmentJson), total }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/environments",
      ...needs("admin", tag, "Create an environment"),
      request: { body: jsonBody(z.strictObject({ name: nameField() })) },
      responses: oneAnswer,
    }),
    async (c) => {
      const { name } = c.req.valid("json");
      requireAllEnvironments(c.get("actor"));
      const environment = await transaction(database, async (sql) => {
        const id = await insertEnvironment(sql, name);
        await audit(sql, c.get("actor"), entry("create_environment", { id, name }));
        return environmentFor(sql, c.get("actor"), id);
      });
      return c.json({ environment: environmentJson(environment) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/environments/{id}",
      ...needs("viewer", tag, "Read an environment"),
      request: { params: idParam },
      responses: oneAnswer,
    }),
    async (c) => {
      const environment = await environmentFor(database, c.get("actor"), c.req.valid("param").id);
      return c.json({ environment: environmentJson(environment) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "patch",
      path: "/environments/{id}",
      ...needs("admin", tag, "Rename an environment"),
      request: {
        params: idParam,
        body: jsonBody(z.strictObject({ name: nameField().optional() })),
      },
      responses: oneAnswer,
    }),
    async (c) => {
      const actor = c.get("actor");
      const change = c.req.valid("json");
      const environment = await transaction(database, async (sql) => {
        const before = await environmentFor(sql, actor, c.req.valid("param").id);
        await updateEnvironment(sql, before.id, change);
        await audit(sql, actor, entry("update_environment", before, change));
        return environmentFor(sql, actor, before.id);
      });
      return c.json({ environment: environmentJson(environment) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/environments/{id}",
      ...needs("admin", tag, "Delete an environment", "Refused while servers belong to it."),
      request: { params: idParam },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      await transaction(database, async (sql) => {
        const environment = await environmentFor(sql, actor, c.req.valid("param").id);
        await deleteEnvironment(sql, environment.id);
        await audit(sql, actor, entry("delete_environment", environment));
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/environments/{envId}/settings/operations",
      ...needs("viewer", "Settings", "Read an environment's operations settings"),
      request: { params: environmentParam },
      responses: settingsAnswer,
    }),
    async (c) => {
      const row = await environmentFor(database, c.get("actor"), c.req.valid("param").envId);
      return c.json({ settings: settingsJson(row) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "patch",
      path: "/environments/{envId}/settings/operations",
      ...needs("admin", "Settings", "Change an environment's operations settings"),
      request: {
        params: environmentParam,
        body: jsonBody(z.strictObject(operationsSchema.partial().shape)),
      },
      responses: settingsAnswer,
    }),
    async (c) => {
      const actor = c.get("actor");
      const change = c.req.valid("json");
      const row = await transaction(database, async (sql) => {
        const before = await environmentFor(sql, actor, c.req.valid("param").envId);
        await updateEnvironment(sql, before.id, change);
        if (change.requiredApprovals !== undefined) {
          await setApprovalsRequired(sql, before.id, change.requiredApprovals);
        }
        await audit(sql, actor, entry("update_operations_settings", before, change));
        return environmentFor(sql, actor, before.id);
      });
      return c.json({ settings: settingsJson(row) }, 200);
    },
  );

  return app;
}

function settingsJson(row: EnvironmentRow): z.infer<typeof operationsSchema> {
  const { autoPruneImages, pruneImagesMode, requiredApprovals } = row;
  return { autoPruneImages, pruneImagesMode, requiredApprovals };
}

function entry(
  action: string,
  environment: { id: string; name: string },
  details: Record<string, unknown> = {},
) {
  return {
    action,
    resourceType: "environment",
    resourceId: environment.id,
    resourceName: environment.name,
    environmentId: environment.id,
    details,
  };
}
