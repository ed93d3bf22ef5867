import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type Database, transaction } from "../database/connection.ts";
import { environmentFor } from "../environments/environment-for.ts";
import { derivedFields } from "../http/derived-fields.ts";
import {
  type AppEnv,
  answers,
  emptyAnswer,
  environmentParam,
  idParam,
  jsonBody,
  needs,
  pageQuery,
  router,
} from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { linkImages } from "../images/images.store.ts";
import type { Secrets } from "../secrets.ts";
import type { RegistryConnections } from "./connections.ts";
import {
  deleteRegistry,
  insertRegistry,
  listRegistries,
  type RegistryRow,
  updateRegistry,
} from "./registries.store.ts";
import { registryEntry, registryFor } from "./registry-for.ts";
import {
  changedRegistry,
  checkAddress,
  checkGiving,
  checkMove,
  forgetsTokenRealm,
  newRegistry,
  storedFields,
} from "./registry-input.ts";
import { derivedRegistryFields, registryJson, registrySchema } from "./registry-json.ts";

const tag = "Registries";
const oneRegistry = answers(z.object({ registry: registrySchema }));

/** Registry connections. */
export function registriesRoutes({
  database,
  secrets,
  connections,
}: {
  database: Database;
  secrets: Secrets;
  connections: RegistryConnections;
}): OpenAPIHono<AppEnv> {
  const app = router();
  const show = (row: RegistryRow) => registryJson(row, connections.budgetOf(row));

  app.openapi(
    createRoute({
      method: "get",
      path: "/environments/{envId}/registries",
      ...needs("viewer", tag, "List registry connections"),
      request: { params: environmentParam, query: pageQuery },
      responses: answers(z.object({ registries: z.array(registrySchema), total: z.number() })),
    }),
    async (c) => {
      const { envId } = c.req.valid("param");
      const environment = await environmentFor(database, c.get("actor"), envId);
      const { registries, total } = await listRegistries(
        database,
        environment.id,
        c.req.valid("query"),
      );
      return c.json({ registries: registries.map(show), total }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/environments/{envId}/registries",
      ...needs("operator", tag, "Create a registry connection"),
      request: { params: environmentParam, body: jsonBody(newRegistry) },
      responses: oneRegistry,
    }),
    async (c) => {
      const actor = c.get("actor");
      const fields = storedFields(c.req.valid("json"), secrets);
      checkAddress(fields.type, fields.registryUrl);
      const registry = await transaction(database, async (sql) => {
        const environment = await environmentFor(sql, actor, c.req.valid("param").envId);
        const id = await insertRegistry(sql, environment.id, fields);
        const linkedImages = await linkImages(sql, { id, environmentId: environment.id });
        const row = await registryFor(sql, actor, id);
        const { type, registryUrl } = row;
        const details = { type, registryUrl, ...(linkedImages.length > 0 && { linkedImages }) };
        await audit(sql, actor, registryEntry("create_registry", row, details));
        return row;
      });
      return c.json({ registry: show(registry) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/registries/{id}",
      ...needs("viewer", tag, "Read a registry connection"),
      request: { params: idParam },
      responses: oneRegistry,
    }),
    async (c) => {
      const row = await registryFor(database, c.get("actor"), c.req.valid("param").id);
      return c.json({ registry: show(row) }, 200);
    },
  );

  const change = needs(
    "operator",
    tag,
    "Change a registry connection",
    "Another host needs the token or password again, and so does giving it to more servers, unless an administrator does that.",
  );
  app.openapi(
    createRoute({
      method: "patch",
      path: "/registries/{id}",
      ...change,
      middleware: [change.middleware, derivedFields(...derivedRegistryFields)] as const,
      request: { params: idParam, body: jsonBody(changedRegistry) },
      responses: oneRegistry,
    }),
    async (c) => {
      const actor = c.get("actor");
      const body = c.req.valid("json");
      const fields = storedFields(body, secrets);
      const registry = await transaction(database, async (sql) => {
        const before = await registryFor(sql, actor, c.req.valid("param").id);
        checkMove(before, body);
        checkGiving(actor, before, body);
        if (body.type !== undefined || body.registryUrl !== undefined) {
          checkAddress(body.type ?? before.type, body.registryUrl ?? before.registryUrl);
        }
        const moved = forgetsTokenRealm(before, body) ? { tokenRealm: null } : {};
        await updateRegistry(sql, before, { ...fields, ...moved });
        const changed = Object.keys(body);
        // An image that a person unlinked stays so, unless the pattern says again what is taken in.
        const linkedImages = body.autoLinkPattern == null ? [] : await linkImages(sql, before);
        const details = { changed, ...(linkedImages.length > 0 && { linkedImages }) };
        await audit(sql, actor, registryEntry("update_registry", before, details));
        return registryFor(sql, actor, before.id);
      });
      return c.json({ registry: show(registry) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/registries/{id}",
      ...needs("operator", tag, "Delete a registry connection", "Refused while images use it."),
      request: { params: idParam },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      await transaction(database, async (sql) => {
        const registry = await registryFor(sql, actor, c.req.valid("param").id);
        await deleteRegistry(sql, registry.id);
        await audit(sql, actor, registryEntry("delete_registry", registry));
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  return app;
}
