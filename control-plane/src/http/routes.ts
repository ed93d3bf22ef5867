import { OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context, Next } from "hono";
import { createMiddleware } from "hono/factory";
import { type Actor, acting, type Role } from "../actor.ts";
import { isId } from "../database/ids.ts";
import { notFound, Problem } from "../problem.ts";

/*
 * What every `*.routes.ts` is written with. A route is `createRoute({method, path,
 * ...needs(role, tag, summary), request, responses: answers(schema)})`; its handler gets
 * validated input, throws a Problem to refuse, and audits what it changes.
 */

export interface AppEnv {
  Variables: {
    actor: Actor;
    requestId: string;
    /** where the request comes from; not set in tests without a connection */
    address?: string;
    /** has a request with an `Idempotency-Key` done once; called when its role is known to suffice */
    once?: (next: Next) => Promise<Response | undefined>;
    /** the answer shows a secret, so that it is stored nowhere */
    showsSecret?: boolean;
  };
}

/** For handlers whose answer has a secret in it: it is not kept for an `Idempotency-Key`. */
export function markSecret(c: Context<AppEnv>): void {
  c.set("showsSecret", true);
}

// Sentences of our own where zod's speak of types.
z.config({
  customError(issue) {
    if (issue.code === "invalid_type") {
      if (issue.input === undefined) return "is required";
      const words: Record<string, string> = { record: "object", int: "whole number" };
      const expected = words[issue.expected] ?? issue.expected;
      return `must be ${/^[aeio]/.test(expected) ? "an" : "a"} ${expected}`;
    }
    if (issue.code === "invalid_value") {
      const values = issue.values.map(String).join(", ");
      if (issue.input === undefined) return `is required: one of ${values}`;
      return issue.values.length === 1 ? `must be ${values}` : `must be one of ${values}`;
    }
    if (issue.code === "too_small" && issue.origin === "number") {
      return `must be at least ${issue.minimum}`;
    }
    if (issue.code === "too_big" && issue.origin === "number") {
      return `must be at most ${issue.maximum}`;
    }
    return undefined;
  },
});

/** A router whose validation failures become our errors. */
export function router(): OpenAPIHono<AppEnv> {
  return new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      if (result.target === "param") throw notFound("resource");
      const whole = result.target === "json" ? "body" : result.target;
      const details = result.error.issues.flatMap((issue) => {
        if (issue.code !== "unrecognized_keys") {
          return [{ path: fieldPath(issue.path) || whole, message: issue.message }];
        }
        return issue.keys.map((key) => ({
          path: fieldPath([...issue.path, key]),
          message: "is not a field of this request",
        }));
      });
      const first = details[0];
      throw new Problem(
        "invalid",
        "validation_failed",
        first ? `${first.path}: ${first.message}` : "The request is not valid",
        { details },
      );
    },
  });
}

/** As it is written in JavaScript: `targets[2].tag`. */
function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((before, part) => {
    if (typeof part === "number") return `${before}[${part}]`;
    return before === "" ? String(part) : `${before}.${String(part)}`;
  }, "");
}

const roleGate = (role: Role) =>
  createMiddleware<AppEnv>(async (context, next) => {
    context.set("actor", acting(context.get("actor"), role));
    const once = context.get("once");
    return once === undefined ? next() : once(next);
  });

/**
 * Which role a route needs, and how the reference lists it. The handler's actor counts only in those
 * environments where it has the role: see `requireEnvironment` and `environmentsOf`.
 */
export function needs(role: Role, tag: string, summary: string, description?: string) {
  return {
    tags: [tag],
    summary,
    description: [description, `Needs the role ${role}.`].filter(Boolean).join("\n\n"),
    security: [{ bearer: [] }],
    middleware: roleGate(role),
  };
}

/** Like `needs`, for routes that need no login. */
export function open(tag: string, summary: string, description?: string) {
  return { tags: [tag], summary, description, security: [] };
}

export const errorSchema = z
  .object({
    error: z.string().describe("A sentence a person can act on"),
    code: z.string().describe("A stable word"),
    details: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi("Error");

/** The responses of a route: one good answer, and our errors. */
export function answers<S extends z.ZodType>(schema: S, description = "The answer") {
  return {
    200: { description, content: { "application/json": { schema } } },
    default: {
      description: "An error",
      content: { "application/json": { schema: errorSchema } },
    },
  };
}

export function jsonBody<S extends z.ZodType>(schema: S) {
  return { required: true, content: { "application/json": { schema } } };
}

/** An id in a path: anything malformed is an unknown one, a 404. */
export const id = z.string().refine(isId).openapi({ format: "uuid" });

/** An id in a body or query. */
export const idField = z.string().refine(isId, "is not an id").openapi({ format: "uuid" });

export const idParam = z.object({ id });
export const environmentParam = z.object({ envId: id });

/** ISO 8601, UTC, with milliseconds. */
export const timestamp = z.string().openapi({ format: "date-time" });

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(25),
  offset: z.coerce.number().int().min(0).max(1_000_000_000).default(0),
});

/** A name that a person gives: trimmed, not empty, at most `max` characters, no control characters. */
export function nameField(max = 100) {
  return z
    .string()
    .trim()
    .min(1, "must not be empty")
    .max(max, `must have at most ${max} characters`)
    .refine((value) => !/\p{Cc}/u.test(value), "must not contain control characters");
}

/** A good answer of JSON that is written already; a route's type knows only what `c.json` is given. */
export function writtenJson(c: Context<AppEnv>, body: Uint8Array<ArrayBuffer>): never {
  return c.body(body, 200, { "Content-Type": "application/json" }) as never;
}

export const emptyAnswer = z.object({ ok: z.literal(true) });

export function iso(date: Date): string;
export function iso(date: Date | null): string | null;
export function iso(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}

/** The responses of a route that sends a file. */
export function fileAnswers(type: string, description: string) {
  return {
    200: { description, content: { [type]: { schema: z.string().openapi({ format: "binary" }) } } },
    default: {
      description: "An error",
      content: { "application/json": { schema: errorSchema } },
    },
  };
}
