import { createHash } from "node:crypto";
import type { Context, Next } from "hono";
import { createMiddleware } from "hono/factory";
import type { Database } from "../database/connection.ts";
import { Problem } from "../problem.ts";
import type { Secrets } from "../secrets.ts";
import { claimKey, recordAnswer, releaseKey } from "./idempotency.store.ts";
import type { AppEnv } from "./routes.ts";

const unsafe = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/**
 * `Idempotency-Key` on an unsafe request: the same key and request of the same session or API token
 * within 24 hours gets the first answer, and has the effect once. It is looked at where the route has
 * found the role sufficient. A refusal is not kept, because the next attempt may be allowed; neither
 * is an answer that shows a secret, so that a repetition is told that it was done already.
 */
export function idempotency(database: Database, secrets: Secrets) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const key = c.req.header("idempotency-key");
    const credentialId = c.get("actor")?.credentialId;
    if (key === undefined || !credentialId || !unsafe.has(c.req.method)) return next();
    if (key.length === 0 || key.length > 255) {
      throw new Problem(
        "invalid",
        "bad_idempotency_key",
        "Idempotency-Key must have 1 to 255 characters.",
      );
    }
    c.set("once", (proceed) => once({ database, secrets, credentialId, key }, c, proceed));
    return next();
  });
}

interface Asked {
  database: Database;
  secrets: Secrets;
  credentialId: string;
  key: string;
}

async function once(
  { database, secrets, credentialId, key }: Asked,
  c: Context<AppEnv>,
  next: Next,
): Promise<Response | undefined> {
  const url = new URL(c.req.url);
  const hash = createHash("sha256")
    .update(`${c.req.method} ${url.pathname}${url.search}\n`)
    // An answer of an environment is not repeated when the role there has changed.
    .update(`${JSON.stringify(c.get("actor").roles)}\n`)
    .update(await c.req.text())
    .digest();
  const request = { credentialId, key, hash };
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
  if (claim.kind === "not_kept") {
    throw new Problem(
      "conflict",
      "idempotent_answer_not_kept",
      "This was done by the first request with this Idempotency-Key. Its answer showed a secret and is not kept: read what was made, or make another with a new key.",
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
  const kept = answer.ok && answer.headers.get("content-type")?.startsWith("application/json");
  if (!kept) {
    await releaseKey(database, request);
    return undefined;
  }
  const body = c.get("showsSecret")
    ? null
    : secrets.encrypt(await answer.clone().text()).toString("base64");
  await recordAnswer(database, request, { status: answer.status, body });
  return undefined;
}
