import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type Database, type Sql, transaction } from "../database/connection.ts";
import { environmentFor } from "../environments/environment-for.ts";
import { derivedFields } from "../http/derived-fields.ts";
import {
  type AppEnv,
  answers,
  emptyAnswer,
  environmentParam,
  idParam,
  iso,
  jsonBody,
  markSecret,
  nameField,
  needs,
  pageQuery,
  router,
} from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { changingServices } from "../images/updates.store.ts";
import { checksumsOf, sha256Of } from "../installation/checksums.ts";
import { installLines } from "../installation/install-lines.ts";
import type { PackageState } from "../installation/read-package.ts";
import { Problem } from "../problem.ts";
import { version } from "../version.ts";
import type { Authority } from "./certificate-authority.ts";
import { newJoinToken } from "./join.ts";
import { insertJoinToken } from "./join-tokens.store.ts";
import { serverEntry as entry, serverFor } from "./server-for.ts";
import { derivedServerFields, serverJson, serverSchema } from "./server-json.ts";
import {
  activePlanOn,
  deleteServer,
  insertServer,
  listServers,
  updateServer,
} from "./servers.store.ts";

/** What the routes of servers need. */
export interface ServersDeps {
  database: Database;
  /** of the certificate authority: what a join token pins */
  authority: Pick<Authority, "fingerprint" | "upToDate">;
  /** how browsers and servers reach the control plane, without a trailing slash */
  publicUrl: string;
  /** the agent that is to be installed, or why there is none */
  agentPackage: () => PackageState;
}

const joinSchema = z
  .object({
    token: z.string().describe("Shown this once; single use"),
    command: z
      .string()
      .describe(
        "One line for a shell on the server. While the agent is not packaged it pins no checksums: add `--sha256` with the `checksumsSha256` of `/api/agent/package`",
      ),
    docker: z.string().describe("The same, with the agent in a container"),
    compose: z.string().describe("A compose file for that"),
    cloudInit: z.string().describe("User data for a new machine"),
    checksumsSha256: z.string().nullable().describe("What the lines pin; null: nothing yet"),
    expiresAt: z.string(),
  })
  .openapi("ServerJoin");

// A form sends what was left empty.
const hostname = z
  .string()
  .trim()
  .max(253)
  .refine((value) => !/\p{Cc}/u.test(value), "must not contain control characters")
  .nullable()
  .transform((value) => value || null);
const tags = z
  .array(nameField(50))
  .max(50)
  .transform((list) => [...new Set(list)]);
const serverAnswer = answers(z.object({ server: serverSchema }));
const tag = "Servers";
const updating = needs("operator", tag, "Change a server");

export function serversRoutes({
  database,
  authority,
  publicUrl,
  agentPackage,
}: ServersDeps): OpenAPIHono<AppEnv> {
  const app = router();

  async function newJoin(sql: Sql, serverId: string): Promise<z.infer<typeof joinSchema>> {
    await authority.upToDate(sql);
    const token = newJoinToken(authority.fingerprint);
    const expiresAt = await insertJoinToken(sql, serverId, token);
    const now = agentPackage();
    const checksums = now.state === "ready" ? sha256Of(checksumsOf(now.program)) : null;
    const lines = installLines({ publicUrl, token, version, checksums });
    return { token, ...lines, checksumsSha256: checksums, expiresAt: iso(expiresAt) };
  }

  app.openapi(
    createRoute({
      method: "get",
      path: "/environments/{envId}/servers",
      ...needs("viewer", tag, "List an environment's servers"),
      request: { params: environmentParam, query: pageQuery },
      responses: answers(z.object({ servers: z.array(serverSchema), total: z.number() })),
    }),
    async (c) => {
      const { envId } = c.req.valid("param");
      await environmentFor(database, c.get("actor"), envId);
      const { servers, total } = await listServers(database, envId, c.req.valid("query"));
      return c.json({ servers: servers.map(serverJson), total }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/environments/{envId}/servers",
      ...needs(
        "admin",
        tag,
        "Add a server",
        "The server is `pending` until its agent has joined with the token. An agent is given what its server needs, so only administrators let one in.",
      ),
      request: {
        params: environmentParam,
        body: jsonBody(
          z.strictObject({
            name: nameField(),
            hostname: hostname.optional(),
            tags: tags.nullish(),
          }),
        ),
      },
      responses: answers(z.object({ server: serverSchema, join: joinSchema })),
    }),
    async (c) => {
      const actor = c.get("actor");
      const { envId } = c.req.valid("param");
      const body = c.req.valid("json");
      const answer = await transaction(database, async (sql) => {
        await environmentFor(sql, actor, envId);
        const id = await insertServer(sql, {
          environmentId: envId,
          name: body.name,
          hostname: body.hostname ?? null,
          tags: body.tags ?? [],
        });
        const join = await newJoin(sql, id);
        const server = await serverFor(sql, actor, id);
        await audit(sql, actor, entry("create_server", server));
        return { server: serverJson(server), join };
      });
      markSecret(c);
      return c.json(answer, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/servers/{id}/join-token",
      ...needs(
        "admin",
        tag,
        "Issue a join token",
        "It works once, within 24 hours. Earlier tokens of the server that were not used stop working. The agent that joins with it takes the place of the present one.",
      ),
      request: { params: idParam },
      responses: answers(z.object({ join: joinSchema })),
    }),
    async (c) => {
      const actor = c.get("actor");
      const join = await transaction(database, async (sql) => {
        const server = await serverFor(sql, actor, c.req.valid("param").id);
        await audit(sql, actor, entry("create_join_token", server));
        return newJoin(sql, server.id);
      });
      markSecret(c);
      return c.json({ join }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/servers/{id}",
      ...needs("viewer", tag, "Read a server"),
      request: { params: idParam },
      responses: serverAnswer,
    }),
    async (c) => {
      const server = await serverFor(database, c.get("actor"), c.req.valid("param").id);
      return c.json({ server: serverJson(server) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "patch",
      path: "/servers/{id}",
      ...updating,
      middleware: [updating.middleware, derivedFields(...derivedServerFields)] as const,
      request: {
        params: idParam,
        body: jsonBody(
          z.strictObject({
            name: nameField().optional(),
            hostname: hostname.optional(),
            tags: tags.optional(),
          }),
        ),
      },
      responses: serverAnswer,
    }),
    async (c) => {
      const actor = c.get("actor");
      const change = c.req.valid("json");
      const server = await transaction(database, async (sql) => {
        const before = await serverFor(sql, actor, c.req.valid("param").id);
        await updateServer(sql, before.id, change);
        await audit(sql, actor, entry("update_server", before, change));
        return serverFor(sql, actor, before.id);
      });
      return c.json({ server: serverJson(server) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/servers/{id}",
      ...needs(
        "admin",
        tag,
        "Delete a server",
        "Its services go with it; its containers stay as they are. The agent's certificate is refused from then on.",
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
        const server = await serverFor(sql, actor, c.req.valid("param").id);
        if (server.status === "online" && !force) {
          throw new Problem(
            "conflict",
            "server_online",
            `${server.name} is online: stop its agent first, or delete it with ?force=true.`,
          );
        }
        const planId = await activePlanOn(sql, server.id);
        if (planId) {
          throw new Problem(
            "conflict",
            "server_in_running_plan",
            `Plan ${planId} is at work on ${server.name}: wait for it to end, or cancel it.`,
          );
        }
        await changingServices(sql, { serverId: server.id }, () => deleteServer(sql, server.id));
        await audit(sql, actor, entry("delete_server", server, { force }));
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  return app;
}
