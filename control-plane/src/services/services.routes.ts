import { type ContainerSpec, isTransientName } from "@bridgeport/proto";
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type Database, transaction } from "../database/connection.ts";
import { environmentFor } from "../environments/environment-for.ts";
import { cursorQuery, nextCursor, nextCursorField, pageOf } from "../http/cursors.ts";
import { derivedFields } from "../http/derived-fields.ts";
import {
  type AppEnv,
  answers,
  emptyAnswer,
  environmentParam,
  id,
  idField,
  idParam,
  jsonBody,
  nameField,
  needs,
  router,
  writtenJson,
} from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { changingServices } from "../images/updates.store.ts";
import { runDiscovery } from "../inventory/discovery.store.ts";
import { lockInventory } from "../inventory/inventory.store.ts";
import { Problem, type ProblemDetail } from "../problem.ts";
import { isTag } from "../registries/reference.ts";
import { serverFor } from "../servers/server-for.ts";
import { SharedReads } from "../shared-reads.ts";
import { type ReadSpec, readContainerSpec } from "./container-spec.ts";
import { withStoredValues } from "./hidden-values.ts";
import { refuseInPlan, serviceEntry, serviceFor } from "./service-for.ts";
import {
  derivedServiceFields,
  serviceJson,
  serviceSchema,
  wholeServiceJson,
} from "./service-json.ts";
import {
  deleteService,
  findLinkableImage,
  findRecordedSpec,
  insertService,
  listServices,
  lockService,
  type ServiceFilter,
  updateService,
} from "./services.store.ts";
import { serviceStatuses } from "./status.ts";

const tag = "Services";
const serviceAnswer = answers(z.object({ service: serviceSchema }));
const listAnswer = answers(
  z.object({
    services: z.array(serviceSchema),
    total: z.number(),
    nextCursor: nextCursorField.describe(
      "`cursor` of the next page; null: this is the last one, or the list is not by name",
    ),
  }),
);

const listQuery = cursorQuery.extend({
  q: z.string().trim().max(200).optional().describe("Part of a name"),
  imageId: idField.optional(),
  status: z.enum(serviceStatuses).optional(),
  drift: z.enum(["true", "false"]).optional(),
  composeProject: z
    .string()
    .min(1)
    .refine((name) => !name.includes("\0"), "must not contain the character NUL")
    .optional()
    .describe("Those whose container is of this Compose project"),
  sort: z
    .enum(["name", "composeProject"])
    .optional()
    .describe("composeProject: by project, then by name; those of no project last"),
});

const imageTag = z.string().refine(isTag, "is not a tag");
const specField = z
  .record(z.string(), z.unknown())
  .describe(
    "What the container is created with: env, command, entrypoint, ports, volumes, networks, labels, restartPolicy, healthcheck, resources and more in short, or fields of the Engine API's container create. Answers have it in the Engine API's terms. A container that exists keeps its own settings.",
  );
const containerName = z
  .string()
  .max(200)
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/,
    "must have two or more letters, digits, dots, dashes and underscores, and start with a letter or digit",
  )
  .refine((name) => !isTransientName(name), "is a name that containers bear in passing only");
const healthCheckUrl = z
  .url({ protocol: /^https?$/, message: "must be an http:// or https:// URL" })
  .max(2000);
const updating = needs(
  "operator",
  tag,
  "Change a service",
  "What Bridgeport works out by itself cannot be set: 422.",
);

/** Services as records; see also the routes of their containers and of their dependencies. */
export function servicesRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();
  const reads = new SharedReads<Buffer<ArrayBuffer>>();

  function list(of: ServiceFilter["of"], query: z.infer<typeof listQuery>) {
    const { status, drift, composeProject, sort } = query;
    const page = pageOf(query, "text");
    if (page.after && sort === "composeProject") {
      throw new Problem("invalid", "cursor_with_sort", "cursor: goes with services by name only");
    }
    const [q, imageId] = [query.q || null, query.imageId ?? null];
    const filter = {
      ...{ of, q, imageId, status, composeProject, sort },
      drift: drift === undefined ? undefined : drift === "true",
    };
    return reads.read(JSON.stringify([filter, page]), async () => {
      const { services, total, last } = await listServices(database, filter, page);
      const next = nextCursor(last, { rows: services.length, limit: page.limit });
      const nextByName = sort === "composeProject" ? null : next;
      const answer = { services: services.map((row) => serviceJson(row)), total };
      return Buffer.from(JSON.stringify({ ...answer, nextCursor: nextByName }));
    });
  }

  app.openapi(
    createRoute({
      method: "get",
      path: "/environments/{envId}/services",
      ...needs("viewer", tag, "List an environment's services"),
      request: { params: environmentParam, query: listQuery },
      responses: listAnswer,
    }),
    async (c) => {
      const { envId } = c.req.valid("param");
      await environmentFor(database, c.get("actor"), envId);
      return writtenJson(c, await list({ environmentId: envId }, c.req.valid("query")));
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/servers/{serverId}/services",
      ...needs("viewer", tag, "List a server's services"),
      request: { params: z.object({ serverId: id }), query: listQuery },
      responses: listAnswer,
    }),
    async (c) => {
      const server = await serverFor(database, c.get("actor"), c.req.valid("param").serverId);
      return writtenJson(c, await list({ serverId: server.id }, c.req.valid("query")));
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/servers/{serverId}/services",
      ...needs(
        "operator",
        tag,
        "Add a service before its container exists",
        "Its first deploy creates the container from `spec`.",
      ),
      request: {
        params: z.object({ serverId: id }),
        body: jsonBody(
          z.strictObject({
            name: nameField(),
            containerName,
            containerImageId: idField,
            imageTag: imageTag.nullish(),
            spec: specField.nullish(),
          }),
        ),
      },
      responses: serviceAnswer,
    }),
    async (c) => {
      const actor = c.get("actor");
      const body = c.req.valid("json");
      const spec = body.spec ? specOf(readContainerSpec(body.spec), null, null) : null;
      const service = await transaction(database, async (sql) => {
        const server = await serverFor(sql, actor, c.req.valid("param").serverId);
        const image = await findLinkableImage(sql, body.containerImageId);
        if (image?.environmentId !== server.environmentId) {
          throw new Problem(
            "invalid",
            "unknown_image",
            "containerImageId: there is no such container image in this environment",
          );
        }
        await lockInventory(sql, server.id, null);
        const added = await insertService(sql, {
          environmentId: server.environmentId,
          serverId: server.id,
          name: body.name,
          containerName: body.containerName,
          containerImageId: image.id,
          imageTag: body.imageTag ?? null,
          spec,
        });
        // Its container may be there already, and no agent reports it again for that.
        const { id: serverId, environmentId } = server;
        const names = [body.containerName];
        const scope = { serverId, environmentId, names, newIds: [], otherImageIds: null };
        await runDiscovery(sql, [scope]);
        const row = await serviceFor(sql, actor, added);
        await audit(sql, actor, serviceEntry("create_service", row));
        return row;
      });
      return c.json({ service: await wholeServiceJson(database, service) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/services/{id}",
      ...needs("viewer", tag, "Read a service"),
      request: { params: idParam },
      responses: serviceAnswer,
    }),
    async (c) => {
      const service = await serviceFor(database, c.get("actor"), c.req.valid("param").id);
      return c.json({ service: await wholeServiceJson(database, service) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "patch",
      path: "/services/{id}",
      ...updating,
      middleware: [updating.middleware, derivedFields(...derivedServiceFields)] as const,
      request: {
        params: idParam,
        body: jsonBody(
          z.strictObject({
            name: nameField().optional(),
            imageTag: imageTag.nullable().optional(),
            healthCheckUrl: healthCheckUrl.nullable().optional(),
            healthWaitMs: z.number().int().min(0).max(3_600_000).nullable().optional(),
            healthRetries: z.number().int().min(0).max(100).optional(),
            healthIntervalMs: z.number().int().min(100).max(600_000).optional(),
            healthProbe: z.enum(["eager", "engine"]).optional(),
            deployOrder: z.enum(["stop-first", "start-first"]).optional(),
            spec: specField.nullable().optional(),
          }),
        ),
      },
      responses: serviceAnswer,
    }),
    async (c) => {
      const actor = c.get("actor");
      const { spec, ...rest } = c.req.valid("json");
      const read = spec && readContainerSpec(spec);
      const service = await transaction(database, async (sql) => {
        const before = await serviceFor(sql, actor, c.req.valid("param").id);
        const change = await changingServices(sql, { serviceId: before.id }, async () => {
          await lockService(sql, before.id);
          const { spec: stored } = await serviceFor(sql, actor, before.id);
          const recorded = await findRecordedSpec(sql, before.id);
          const changed = {
            ...rest,
            ...(read === undefined ? {} : { spec: read && specOf(read, stored, recorded) }),
          };
          await updateService(sql, before.id, changed);
          return changed;
        });
        // A description may hold passwords: the audit has the names of what changed.
        await audit(
          sql,
          actor,
          serviceEntry("update_service", before, { ...rest, changed: Object.keys(change) }),
        );
        return serviceFor(sql, actor, before.id);
      });
      return c.json({ service: await wholeServiceJson(database, service) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/services/{id}",
      ...needs(
        "operator",
        tag,
        "Delete a service",
        "Its container is not touched; while that is there, discovery would find the service again, so this is refused without ?force=true.",
      ),
      request: {
        params: idParam,
        query: z.object({ force: z.enum(["true", "false"]).optional() }),
      },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      const force = c.req.valid("query").force === "true";
      await transaction(database, async (sql) => {
        const { id } = c.req.valid("param");
        await changingServices(sql, { serviceId: id }, async () => {
          await lockService(sql, id);
          const service = await serviceFor(sql, actor, id);
          refuseInPlan(service);
          if (service.discoveryStatus === "found" && !force) {
            throw new Problem(
              "invalid",
              "container_exists",
              `The container ${service.containerName} is still on ${service.serverName}, and would be discovered again: remove it there, or label it bridgeport.ignore=true. With ?force=true the service is deleted all the same.`,
            );
          }
          await deleteService(sql, service.id);
          await audit(sql, actor, serviceEntry("delete_service", service, { force }));
        });
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  return app;
}

/**
 * @param stored what hidden values stand for
 * @throws {Problem} 400 with each field that cannot be used
 */
function specOf(
  read: ReadSpec,
  stored: ContainerSpec | null,
  recorded: ContainerSpec | null,
): ContainerSpec {
  if (!read.ok) throw invalidSpec(read.details);
  const whole = withStoredValues(read.body, stored, recorded);
  if ("spec" in whole) return whole.spec;
  throw invalidSpec(
    whole.missing.map((name) => ({
      path: `env.${name}`,
      message: "*** stands for a stored value, and none is stored under this name",
    })),
  );
}

function invalidSpec(fields: ProblemDetail[]): Problem {
  const details = fields.map(({ path, message }) => ({
    path: ["spec", path].filter(Boolean).join("."),
    message,
  }));
  const [first] = details;
  return new Problem("invalid", "invalid_spec", `${first?.path}: ${first?.message}`, { details });
}
