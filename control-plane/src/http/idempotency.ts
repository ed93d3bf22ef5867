import { createHash } from "node:crypto";
import { createMiddleware } from "hono/factory";
import type { Database } from "../database/connection.ts";
import { Problem } from "../problem.ts";
import type { Secrets } from "../secrets.ts";
import { claimKey, recordAnswer, releaseKey } from "./idempotency.store.ts";
import type { AppEnv } from "./routes.ts";

const unsafe = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/**
 * `Idempotency-Key` on an unsafe request: the same key and request within 24 hours gets the
 * first answer, and has the effect once. Answers are kept encrypted: some show a secret once.
 */
export function idempotency(database: Database, secrets: Secrets) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const key = c.req.header("idempotency-key");
    const actorId = c.get("actor")?.id;
    if (key === undefined || !actorId || !unsafe.has(c.req.method)) return next();
    if (key.length === 0 || key.length > 255) {
      throw new Problem(
        "invalid",
        "bad_idempotency_key",
        "Idempotency-Key must have 1 to 255 characters.",
      );
    }
    const url = new URL(c.req.url);
    const hash = createHash("sha256")
      .update(`${c.req.method} ${url.pathname}${url.search}\n`)
      .update(await c.req.text())
      .digest();
    const request = { actorId, key, hash };
    const claim = await claimKey(database, request);
    if (claim.kind === "other_request") {
      throw new Problem(
        "conflict",
        "idempotency_key_reused",
        "This Idempotency-Key was used for another request: take a new one for each.",
      );
    }
    if (claim.kind === "in_progress") {
      throw new Problem(
        "conflict",
        "idempotency_key_in_progress",
        "The first request with this Idempotency-Key is still being answered: try again in a moment.",
      );
    }
    if (claim.kind === "answered") {
      const body = secrets.decrypt(Buffer.from(claim.body, "base64"));
      return new Response(body, {
        status: claim.status,
        headers: { "Content-Type": "application/json", "Idempotency-Replayed": "true" },
      });
    }
    await next();
    const answer = c.res;
    const kept =
      answer.status < 500 &&
      answer.status !== 429 &&
      answer.headers.get("content-type")?.startsWith("application/json");
    if (!kept) return releaseKey(database, request);
    const body = secrets.encrypt(await answer.clone().text()).toString("base64");
    await recordAnswer(database, request, { status: answer.status, body });
  });
}
