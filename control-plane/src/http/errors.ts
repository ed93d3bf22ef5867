import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Logger } from "pino";
import { databaseAway } from "../database/reachable.ts";
import { Problem, type ProblemKind } from "../problem.ts";

const statusOf: Record<ProblemKind, ContentfulStatusCode> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  derived_field: 422,
  rate_limited: 429,
  registry: 502,
  not_ready: 503,
  agent_unavailable: 503,
};

const databaseRetrySeconds = 5;
/** The answer to a commit may be what was lost. */
const lookFirst = "If you asked for a change, look whether it was made before you ask again.";

/** Our one form of an error. What was not expected is logged whole and told briefly. */
export function errorAnswer(error: unknown, c: Context, log: Logger): Response {
  if (error instanceof Problem) {
    if (error.retryAfterSeconds !== undefined) {
      c.header("Retry-After", String(error.retryAfterSeconds));
    }
    return c.json(
      { error: error.message, code: error.code, details: error.details },
      statusOf[error.kind],
    );
  }
  // Hono's own refusals: malformed JSON, for example.
  if (error instanceof HTTPException && error.status < 500) {
    return c.json({ error: error.message, code: "bad_request" }, error.status);
  }
  const requestId = c.get("requestId");
  if (isCutOff(error)) {
    log.debug({ requestId, method: c.req.method, path: c.req.path }, "a request was cut off");
    return c.json({ error: "The request was cut off.", code: "bad_request" }, 400);
  }
  const away = databaseAway(error);
  if (away !== null) {
    const { method, path } = c.req;
    const reason = error instanceof Error ? error.message : String(error);
    log.warn(
      { reason, requestId, method, path },
      "a request needs the database, which cannot be used",
    );
    c.header("Retry-After", String(databaseRetrySeconds));
    const asks = ["GET", "HEAD"].includes(method);
    return c.json(
      { error: asks ? away : `${away} ${lookFirst}`, code: "database_unavailable" },
      503,
    );
  }
  log.error({ err: error, requestId, method: c.req.method, path: c.req.path }, "request failed");
  return c.json(
    {
      error: `Something went wrong on our side. The log has the details under ${requestId}.`,
      code: "internal_error",
    },
    500,
  );
}

/** What Node.js says where a client goes before it has sent its whole request: it hears no answer. */
function isCutOff(error: unknown): boolean {
  return (
    error instanceof Error &&
    error.message === "aborted" &&
    "code" in error &&
    error.code === "ECONNRESET"
  );
}
