import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type Database, transaction } from "../database/connection.ts";
import {
  type AppEnv,
  answers,
  emptyAnswer,
  idField,
  idParam,
  jsonBody,
  needs,
  router,
} from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { Problem } from "../problem.ts";
import { fieldProblem, imageEntry, imageFor } from "./image-for.ts";
import { isLinked, jobsOfImages, removeImageJob, setImageJob } from "./image-jobs.store.ts";
import { imageJobSchema } from "./image-json.ts";

const tag = "Container images";
const oneJob = answers(z.object({ job: imageJobSchema }));

/** One argument of a command: an empty one is one, too. */
const word = z
  .string()
  .max(4096)
  .refine((text) => !text.includes("\0"), "must have no NUL character");

const jobBody = z.strictObject({
  command: z
    .array(word)
    .min(1)
    .max(100)
    .refine(([program]) => program !== "", "must begin with a program")
    .describe(
      'In the place of the image\'s CMD, word by word and without a shell; the image\'s entrypoint stays: `["migrate", "up"]`. People who may read the image see it: it is no place for a password',
    ),
  serviceId: idField.describe(
    "The service of this image whose container's settings it has: environment, networks, volumes and user",
  ),
  timeoutMs: z
    .number()
    .int()
    .min(1000)
    .max(86_400_000)
    .describe("How long it may run, in milliseconds, before it is stopped and has failed"),
});

/** What runs once before a plan replaces the first service of an image. */
export function imageJobRoutes({ database }: { database: Database }): OpenAPIHono<AppEnv> {
  const app = router();

  app.openapi(
    createRoute({
      method: "get",
      path: "/container-images/{id}/job",
      ...needs("viewer", tag, "Read an image's job", "404 where it has none."),
      request: { params: idParam },
      responses: oneJob,
    }),
    async (c) => {
      const image = await imageFor(database, c.get("actor"), c.req.valid("param").id);
      const job = (await jobsOfImages(database, [image.id])).get(image.id);
      if (job === undefined) throw noJob();
      return c.json({ job }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "put",
      path: "/container-images/{id}/job",
      ...needs(
        "operator",
        tag,
        "Give an image a job",
        "It runs once in each plan, from the new image, when all images are there and before the first service is replaced. Where it fails, nothing is replaced. A rollback runs none.",
      ),
      request: { params: idParam, body: jsonBody(jobBody) },
      responses: oneJob,
    }),
    async (c) => {
      const actor = c.get("actor");
      const body = c.req.valid("json");
      const job = await transaction(database, async (sql) => {
        const image = await imageFor(sql, actor, c.req.valid("param").id);
        if (!(await isLinked(sql, image.id, body.serviceId))) {
          throw fieldProblem(
            "serviceId",
            "There is no such service of this image: link it to the image first, or name another one.",
          );
        }
        await setImageJob(sql, image.id, body);
        await audit(sql, actor, imageEntry("set_image_job", image, body));
        return (await jobsOfImages(sql, [image.id])).get(image.id);
      });
      if (job === undefined) throw noJob();
      return c.json({ job }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/container-images/{id}/job",
      ...needs("operator", tag, "Remove an image's job", "Plans that are made already keep it."),
      request: { params: idParam },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      const actor = c.get("actor");
      await transaction(database, async (sql) => {
        const image = await imageFor(sql, actor, c.req.valid("param").id);
        if (!(await removeImageJob(sql, image.id))) throw noJob();
        await audit(sql, actor, imageEntry("remove_image_job", image));
      });
      return c.json({ ok: true as const }, 200);
    },
  );

  return app;
}

function noJob(): Problem {
  return new Problem("not_found", "not_found", "This container image has no job.");
}
