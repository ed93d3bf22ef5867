import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Database } from "../database/connection.ts";
import { type AppEnv, answers, idParam, jsonBody, needs, router } from "../http/routes.ts";
import { serverFor } from "../servers/server-for.ts";
import { byteSize } from "./byte-size.ts";
import { estimatePrune, pruneImages } from "./prune-images.ts";

const tag = "Servers";
const pruneMode = z.enum(["dangling", "all"], "must be dangling or all");

/** Pruning one connected server now, and what that would free. */
export function pruneImagesRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();

  app.openapi(
    createRoute({
      method: "post",
      path: "/servers/{id}/prune-images",
      ...needs(
        "operator",
        tag,
        "Prune a server's images",
        "`dangling` removes images without a tag that no container uses; `all` removes every image that no container uses, rollback targets included.",
      ),
      request: {
        params: idParam,
        body: {
          ...jsonBody(
            z.strictObject({
              mode: pruneMode.nullish(),
            }),
          ),
          required: false,
        },
      },
      responses: answers(
        z.object({
          spaceReclaimedBytes: z.number(),
          spaceReclaimedHuman: z.string().describe("In decimal units, such as 1.5 GB"),
        }),
      ),
    }),
    async (c) => {
      const actor = c.get("actor");
      const server = await serverFor(database, actor, c.req.valid("param").id);
      const mode = c.req.valid("json")?.mode ?? "dangling";
      const { spaceReclaimedBytes } = await pruneImages(database, actor, server, mode);
      return c.json(
        { spaceReclaimedBytes, spaceReclaimedHuman: byteSize(spaceReclaimedBytes) },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/servers/{id}/prune-estimate",
      ...needs(
        "operator",
        tag,
        "Tell what a prune would free",
        "Asks the server's engine; nothing is removed. Layers that several removable images share are not counted, so a prune may free more.",
      ),
      request: { params: idParam, query: z.object({ mode: pruneMode.optional() }) },
      responses: answers(
        z.object({
          images: z.number(),
          spaceReclaimableBytes: z.number(),
          spaceReclaimableHuman: z.string().describe("In decimal units, such as 1.5 GB"),
        }),
      ),
    }),
    async (c) => {
      const server = await serverFor(database, c.get("actor"), c.req.valid("param").id);
      const { mode = "dangling" } = c.req.valid("query");
      const { images, spaceReclaimableBytes } = await estimatePrune(database, server, mode);
      return c.json(
        { images, spaceReclaimableBytes, spaceReclaimableHuman: byteSize(spaceReclaimableBytes) },
        200,
      );
    },
  );

  return app;
}
