import { createMiddleware } from "hono/factory";
import { Problem } from "../problem.ts";
import { fromElsewhere } from "./authentication.ts";
import type { AppEnv } from "./routes.ts";

const withBody = new Set(["POST", "PUT", "PATCH", "DELETE"]);
/** Their signature is over the body as it came, so they read it by themselves. */
const ownReading = /^\/api\/webhooks\//;
/** No request of ours is deeper than a handful; JSON.stringify gives up at some thousands. */
const depthMaximum = 64;

/**
 * Makes every request's input either something that can be read, stored and written again, or a
 * 400. The API takes JSON only, so a body is JSON whatever its Content-Type says: curl and fetch
 * name another one unless they are told. Only a page of another site has to name it, because that
 * is what makes a browser ask us first. No body at all is an empty object, so that what is missing
 * is named.
 */
export function requestBody() {
  return createMiddleware<AppEnv>(async (c, next) => {
    if (ownReading.test(c.req.path)) return next();
    if (/%00/.test(new URL(c.req.url).search)) {
      throw new Problem(
        "invalid",
        "unusable_text",
        "The query must not contain the character NUL.",
      );
    }
    if (!withBody.has(c.req.method)) return next();
    const text = await c.req.text();
    if (text.trim() === "") {
      const headers = new Headers(c.req.raw.headers);
      headers.delete("content-length");
      headers.set("content-type", "application/json");
      c.req.raw = new Request(c.req.url, { method: c.req.method, headers, body: "{}" });
      c.req.bodyCache = {};
      return next();
    }
    if (!isJson(c.req.header("content-type")) && fromElsewhere(c.req.raw)) {
      throw new Problem(
        "invalid",
        "not_json",
        "Send the body as JSON, with Content-Type: application/json.",
      );
    }
    const value = parse(text);
    if (value === undefined) {
      throw new Problem(
        "invalid",
        "malformed_json",
        "The body is not JSON: send a JSON object, with Content-Type: application/json.",
      );
    }
    const flaw = flawOf(value);
    if (flaw !== null) throw new Problem("invalid", "unusable_text", `The body ${flaw}.`);
    c.req.raw.headers.set("content-type", "application/json");
    return next();
  });
}

const discardMaximum = 64 * 1024 * 1024;
const discardMs = 5000;

/**
 * Reads a body that is not wanted. A sender that is not done when the connection is closed does not
 * get to see the answer: the kernel tells him that it is broken, and forgets what we said.
 */
export async function discardBody({ body }: Request): Promise<void> {
  if (body === null || body.locked) return;
  const reader = body.getReader();
  const giveUp = () => void reader.cancel().catch(() => {});
  const timer = setTimeout(giveUp, discardMs);
  try {
    let left = discardMaximum;
    while (left > 0) {
      const { done, value } = await reader.read();
      if (done) return;
      left -= value.length;
    }
    giveUp();
  } catch {
    // The sender has gone, so there is no one to answer.
  } finally {
    clearTimeout(timer);
  }
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/([a-z0-9.-]+\+)?json\b/i.test(contentType ?? "");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Valid JSON that PostgreSQL cannot store or that we could not write again. null: it is fine */
export function flawOf(value: unknown, depth = 0): string | null {
  if (typeof value === "string") return flawOfText(value);
  if (typeof value !== "object" || value === null) return null;
  if (depth >= depthMaximum) return `must not be nested deeper than ${depthMaximum} levels`;
  for (const [key, inner] of Object.entries(value)) {
    const flaw = flawOfText(key) ?? flawOf(inner, depth + 1);
    if (flaw !== null) return flaw;
  }
  return null;
}

function flawOfText(text: string): string | null {
  if (text.includes("\0")) return "must not contain the character NUL";
  // Half of a surrogate pair has no UTF-8.
  return /\p{Surrogate}/u.test(text) ? "contains half of a character" : null;
}
