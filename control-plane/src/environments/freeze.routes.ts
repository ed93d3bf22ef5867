import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type Actor, requireAllEnvironments } from "../actor.ts";
import { type Database, type Sql, transaction } from "../database/connection.ts";
import {
  type AppEnv,
  answers,
  environmentParam,
  iso,
  jsonBody,
  nameField,
  needs,
  router,
  timestamp,
} from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { Problem } from "../problem.ts";
import { environmentFor } from "./environment-for.ts";
import { endFreeze, type Freeze, findFreeze, findFreezeOfAll, setFreeze } from "./freezes.store.ts";

const freezeSchema = z
  .object({
    until: timestamp,
    reason: z.string(),
    by: z.string().describe("Who set it"),
    everywhere: z.boolean().describe("It is one of all environments"),
  })
  .openapi("Freeze");

// A schema of its own: `.nullable()` would make the shared one nullable.
export const freezeOrNone = z
  .union([freezeSchema, z.null()])
  .describe("Until when nothing is deployed; null: no freeze");

export function freezeJson(freeze: Freeze | null): z.infer<typeof freezeOrNone> {
  return freeze && { ...freeze, until: iso(freeze.until) };
}

const body = z.strictObject({
  until: z.iso
    .datetime({
      offset: true,
      error: "must be a time with its offset, such as 2030-01-31T18:00:00+01:00",
    })
    .describe("ISO 8601 with `Z` or an offset; it ends by itself then"),
  reason: nameField(500).describe("Shown to everybody who is refused"),
});

const tag = "Environments";
const answer = answers(z.object({ freeze: freezeOrNone }));
const about =
  "New plans are not started until then: by people, webhooks, auto-update or promotion. Rollbacks are, and plans may be made and previewed.";

/** Freezes: times in which nothing is deployed, in one environment or in all of them. */
export function freezeRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();

  app.openapi(
    createRoute({
      method: "put",
      path: "/environments/{envId}/freeze",
      ...needs("admin", tag, "Freeze an environment", about),
      request: { params: environmentParam, body: jsonBody(body) },
      responses: answer,
    }),
    async (c) => {
      const actor = c.get("actor");
      const asked = read(c.req.valid("json"));
      const freeze = await transaction(database, async (sql) => {
        const { id, name } = await environmentFor(sql, actor, c.req.valid("param").envId);
        await freezeNow(sql, actor, { id, name }, asked);
        return findFreeze(sql, id);
      });
      return c.json({ freeze: freezeJson(freeze) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/environments/{envId}/freeze",
      ...needs(
        "admin",
        tag,
        "End the freeze of an environment",
        "Also where there is none. The answer has the freeze of all environments, if there is one.",
      ),
      request: { params: environmentParam },
      responses: answer,
    }),
    async (c) => {
      const actor = c.get("actor");
      const freeze = await transaction(database, async (sql) => {
        const { id, name } = await environmentFor(sql, actor, c.req.valid("param").envId);
        await endNow(sql, actor, { id, name });
        return findFreeze(sql, id);
      });
      return c.json({ freeze: freezeJson(freeze) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/freeze",
      ...needs("viewer", tag, "Read the freeze of all environments"),
      responses: answer,
    }),
    async (c) => c.json({ freeze: freezeJson(await findFreezeOfAll(database)) }, 200),
  );

  app.openapi(
    createRoute({
      method: "put",
      path: "/freeze",
      ...needs("admin", tag, "Freeze all environments", about),
      request: { body: jsonBody(body) },
      responses: answer,
    }),
    async (c) => {
      const actor = c.get("actor");
      requireAllEnvironments(actor);
      const asked = read(c.req.valid("json"));
      await transaction(database, (sql) => freezeNow(sql, actor, null, asked));
      return c.json({ freeze: freezeJson(await findFreezeOfAll(database)) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/freeze",
      ...needs(
        "admin",
        tag,
        "End the freeze of all environments",
        "Also where there is none. Freezes of single environments stay.",
      ),
      responses: answer,
    }),
    async (c) => {
      const actor = c.get("actor");
      requireAllEnvironments(actor);
      await transaction(database, (sql) => endNow(sql, actor, null));
      return c.json({ freeze: null }, 200);
    },
  );

  return app;
}

interface Asked {
  until: Date;
  reason: string;
}

/** @throws {Problem} 400 for a time that is past */
function read({ until, reason }: z.infer<typeof body>): Asked {
  const end = new Date(until);
  if (end.getTime() > Date.now()) return { until: end, reason };
  throw new Problem("invalid", "freeze_is_past", `until: ${until} is past; give a time to come`);
}

type Named = { id: string; name: string } | null;

async function freezeNow(sql: Sql, actor: Actor, environment: Named, asked: Asked): Promise<void> {
  await setFreeze(sql, environment?.id ?? null, { ...asked, by: actor.name });
  const details = { until: asked.until.toISOString(), reason: asked.reason };
  await audit(sql, actor, entry("freeze", environment, details));
}

async function endNow(sql: Sql, actor: Actor, environment: Named): Promise<void> {
  const ended = await endFreeze(sql, environment?.id ?? null);
  if (ended) await audit(sql, actor, entry("unfreeze", environment));
}

/** @param environment null: all of them */
function entry(action: string, environment: Named, details: Record<string, unknown> = {}) {
  return {
    action: `${action}_environment${environment === null ? "s" : ""}`,
    resourceType: "environment",
    resourceId: environment?.id ?? null,
    resourceName: environment?.name ?? null,
    environmentId: environment?.id ?? null,
    details,
  };
}
