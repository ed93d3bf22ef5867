import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type AppEnv, answers, environmentParam, idParam, needs, router } from "../http/routes.ts";
import { serverJson, serverSchema } from "./server-json.ts";
import { type UpgradeParts, upgradeAgent, upgradeAgents } from "./upgrade-agents.ts";

const tag = "Servers";
const how =
  "The agent downloads the control plane's own version, checks its signature, and hands over to it. If the new version has not connected within a minute, the old one runs again and says why. `agentUpgrade` of the server shows what becomes of it.";

/** Upgrades of agents to the control plane's version. */
export function upgradeAgentsRoutes(parts: UpgradeParts): OpenAPIHono<AppEnv> {
  const app = router();

  app.openapi(
    createRoute({
      method: "post",
      path: "/servers/{id}/upgrade-agent",
      ...needs("operator", tag, "Upgrade a server's agent", how),
      request: { params: idParam },
      responses: answers(z.object({ server: serverSchema })),
    }),
    async (c) => {
      const server = await upgradeAgent(parts, c.get("actor"), c.req.valid("param").id);
      return c.json({ server: serverJson(server) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/environments/{envId}/upgrade-agents",
      ...needs(
        "operator",
        tag,
        "Upgrade all older agents of an environment",
        `\`batch\` of them at a time, by default one: the next begin when those have succeeded, and none begins once one has failed. ${how}`,
      ),
      request: {
        params: environmentParam,
        body: {
          content: {
            "application/json": {
              schema: z.strictObject({ batch: z.number().int().min(1).max(1000).default(1) }),
            },
          },
        },
      },
      responses: answers(
        z.object({
          upgrades: z.array(serverSchema),
          leftOut: z.array(z.object({ server: serverSchema, reason: z.string() })),
        }),
      ),
    }),
    async (c) => {
      const { envId: environmentId } = c.req.valid("param");
      const { batch = 1 } = c.req.valid("json") ?? {};
      const done = await upgradeAgents(parts, c.get("actor"), { environmentId, batch });
      return c.json(
        {
          upgrades: done.upgrades.map(serverJson),
          leftOut: done.leftOut.map(({ server, reason }) => ({
            server: serverJson(server),
            reason,
          })),
        },
        200,
      );
    },
  );
  return app;
}
