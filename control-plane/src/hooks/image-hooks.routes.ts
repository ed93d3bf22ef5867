import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type Database, transaction } from "../database/connection.ts";
import {
  type AppEnv,
  answers,
  emptyAnswer,
  idParam,
  jsonBody,
  needs,
  router,
} from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { imageEntry, imageFor } from "../images/image-for.ts";
import type { Secrets } from "../secrets.ts";
import { openedHooks, sealedHooks, withoutValues, withStoredValues } from "./hook.ts";
import { hooksAudit, hooksSchema } from "./hook-json.ts";
import { hooksOfImages, setImageHooks } from "./image-hooks.store.ts";

const tag = "Container images";
const allHooks = answers(z.object({ hooks: hooksSchema }));

/** HTTP calls that every plan of an image makes. */
export function imageHooksRoutes({
  database,
  secrets,
}: {
  database: Database;
  secrets: Secrets;
}): OpenAPIHono<AppEnv> {
  const app = router();

  app.openapi(
    createRoute({
      method: "get",
      path: "/container-images/{id}/hooks",
      ...needs("operator", tag, "Read an image's hooks", "Values of headers are shown as ***."),
      request: { params: idParam },
      responses: allHooks,
    }),
    async (c) => {
      const image = await imageFor(database, c.get("actor"), c.req.valid("param").id);
      const hooks = openedHooks(secrets, await hooksOfImages(database, [image.id]));
      return c.json({ hooks: withoutValues(hooks) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "put",
      path: "/container-images/{id}/hooks",
      ...needs(
        "operator",
        tag,
        "Replace an image's hooks",
        "Every plan of the image calls those `before` first, and is over before anything is touched where one does not answer 2xx; those `after` it calls when it ends, whichever way.",
      ),
      request: { params: idParam, body: jsonBody(hooksSchema) },
      responses: allHooks,
    }),
    async (c) => {
      const actor = c.get("actor");
      const asked = c.req.valid("json");
      const hooks = await transaction(database, async (sql) => {
        const image = await imageFor(sql, actor, c.req.valid("param").id);
        const stored = openedHooks(secrets, await hooksOfImages(sql, [image.id]));
        const hooks = withStoredValues(asked, stored);
        await setImageHooks(sql, image.id, sealedHooks(secrets, hooks));
        await audit(sql, actor, imageEntry("set_image_hooks", image, hooksAudit(hooks)));
        return hooks;
      });
      return c.json({ hooks: withoutValues(hooks) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/container-images/{id}/hooks",
      ...needs(
        "operator",
        tag,
        "Remove an image's hooks",
        "Plans that are made already keep them.",
      ),
      request: { params: idParam },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      await transaction(database, async (sql) => {
        const image = await imageFor(sql, actor, c.req.valid("param").id);
        await setImageHooks(sql, image.id, { before: [], after: [] });
        await audit(sql, actor, imageEntry("remove_image_hooks", image));
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  return app;
}
