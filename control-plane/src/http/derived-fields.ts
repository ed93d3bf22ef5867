import { createMiddleware } from "hono/factory";
import { Problem } from "../problem.ts";
import type { AppEnv } from "./routes.ts";

/**
 * Refuses, with 422, a body that sets what the product computes. Goes before the validation of
 * the body, which would only say that the field is unknown.
 */
export function derivedFields(...fields: string[]) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const body: unknown = await c.req.json().catch(() => null);
    if (typeof body === "object" && body !== null) {
      const sent = fields.filter((field) => Object.hasOwn(body, field));
      if (sent.length > 0) {
        throw new Problem(
          "derived_field",
          "derived_field",
          `${sent.join(", ")} cannot be set: Bridgeport works ${sent.length === 1 ? "it" : "them"} out by itself.`,
          { details: sent.map((path) => ({ path, message: "is derived" })) },
        );
      }
    }
    await next();
  });
}
