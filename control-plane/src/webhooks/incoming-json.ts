import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { flawOf } from "../http/request-body.ts";
import { type AppEnv, answers } from "../http/routes.ts";
import { Problem } from "../problem.ts";

export function badBody(message: string): Problem {
  return new Problem("invalid", "bad_request", message);
}

/** @throws {Problem} 400 for what is not JSON, or is and cannot be stored */
export function jsonOf(raw: Buffer | string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(raw.toString("utf8"));
  } catch {
    throw badBody("The body is not JSON.");
  }
  const flaw = flawOf(value);
  if (flaw !== null) throw badBody(`The body ${flaw}.`);
  return value;
}

/** In the answer to a delivery that was taken before. */
export const repeatField = z
  .literal(true)
  .optional()
  .describe(
    "A delivery with this id was taken within the last day: this is what it came to, and nothing was started now",
  );

/** Describes a webhook that is read by hand: its body is not looked into before its signature. */
export function describe(
  app: OpenAPIHono<AppEnv>,
  path: string,
  about: {
    summary: string;
    description: string;
    headers?: z.ZodObject;
    query?: z.ZodObject;
    body: z.ZodType;
    answer: z.ZodType;
  },
): void {
  const { headers, query } = about;
  app.openAPIRegistry.registerPath({
    method: "post",
    path: `/webhooks/${path}`,
    tags: ["Webhooks"],
    summary: about.summary,
    description: about.description,
    security: [],
    request: {
      ...(headers === undefined ? {} : { headers }),
      ...(query === undefined ? {} : { query }),
      body: { required: true, content: { "application/json": { schema: about.body } } },
    },
    responses: answers(about.answer),
  });
}
