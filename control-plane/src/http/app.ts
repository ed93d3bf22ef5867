import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { matchedRoutes } from "hono/route";
import { secureHeaders } from "hono/secure-headers";
import type { Logger } from "pino";
import { during } from "../activity.ts";
import type { Database } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { Problem } from "../problem.ts";
import type { Secrets } from "../secrets.ts";
import type { Traces } from "../traces.ts";
import { authentication } from "./authentication.ts";
import { clientAddress, type Networks } from "./client-address.ts";
import { errorAnswer } from "./errors.ts";
import { idempotency } from "./idempotency.ts";
import type { AnsweredRequest } from "./metrics.ts";
import { RateLimit } from "./rate-limit.ts";
import { discardBody, requestBody } from "./request-body.ts";
import { type AppEnv, router } from "./routes.ts";

export interface AppParts {
  database: Database;
  secrets: Secrets;
  log: Logger;
  version: string;
  /** the console is reached by https */
  secureCookie?: boolean;
  /** of one session, API token or address, for long; not set or 0: without limit */
  requestsPerSecond?: number;
  /** proxies whose word on where a request comes from is believed */
  trustedProxies?: Networks;
  /** every subject's routes, mounted below /api */
  routes: OpenAPIHono<AppEnv>[];
  /** told of every request when its answer begins */
  answered: (request: AnsweredRequest) => void;
  /** absent: traces are not wanted */
  traces?: Pick<Traces, "request"> | undefined;
  /** the WebSocket */
  live: Hono;
  /** liveness, readiness, metrics */
  health: Hono;
  console: Hono;
}

const bodyMaximum = 1024 * 1024;

/** The whole HTTP side: middleware, every subject's routes, the API's description, the console. */
export function createApp(parts: AppParts): OpenAPIHono<AppEnv> {
  const app = router();
  app.onError((error, c) => errorAnswer(error, c, parts.log));

  const addressOf = clientAddress(parts.trustedProxies ?? []);
  app.use((c, next) => {
    const requestId = requestIdOf(c.req.header("X-Request-Id"));
    c.set("requestId", requestId);
    c.set("address", addressOf(c));
    const began = performance.now();
    const isApi = c.req.path.startsWith("/api/");
    const span = isApi ? parts.traces?.request(c.req.header("traceparent")) : undefined;
    const traced = span && { traceParent: span.traceParent };
    return during({ requestId, ...traced }, async () => {
      await next();
      c.header("X-Request-Id", requestId);
      const { method } = c.req;
      const { status } = c.res;
      const route = routeOf(c);
      const seconds = (performance.now() - began) / 1000;
      parts.answered({ method, route, status, seconds });
      span?.end({ method, route, status, requestId });
      // What changes nothing is asked far more often, and metrics count it.
      if (reads.has(method) || !isApi) return;
      parts.log.info({ method, route, status, ms: Math.round(seconds * 1000) }, "request answered");
    });
  });
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", "data:"],
        fontSrc: ["'self'", "data:"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        frameAncestors: ["'none'"],
      },
      crossOriginEmbedderPolicy: false,
      // Where the console is reached without TLS there is none to promise.
      strictTransportSecurity: parts.secureCookie ? "max-age=31536000" : false,
    }),
  );
  app.route("/", parts.health as never);

  app.use("/api/*", async (c, next) => {
    await next();
    // What has no name of its own changes, and much of it is for one reader only.
    const own = c.res.headers.get("cache-control");
    if (own === null || own === "no-cache") c.header("Cache-Control", "no-store");
  });
  app.use(
    "/api/*",
    bodyLimit({
      maxSize: bodyMaximum,
      async onError(c) {
        await discardBody(c.req.raw);
        // What is left of it now is not waited for.
        c.header("Connection", "close");
        throw new Problem("too_large", "body_too_large", "The request body is over 1 MiB.");
      },
    }),
  );
  app.use(
    "/api/*",
    authentication({
      database: parts.database,
      secureCookie: parts.secureCookie ?? false,
      limit: new RateLimit(parts.requestsPerSecond ?? 0),
    }),
  );
  app.use("/api/*", requestBody());
  app.use("/api/*", idempotency(parts.database, parts.secrets));
  for (const routes of parts.routes) app.route("/api", routes);
  app.route("/api", parts.live as never);
  describeApi(app, parts.version);
  app.all("/api/*", (c) =>
    c.json({ error: `There is no ${c.req.method} ${c.req.path}`, code: "not_found" }, 404),
  );

  app.route("/", parts.console as never);
  return app;
}

const reads: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** The id that a request came with, from a proxy for example, where it is one; else a new one. */
function requestIdOf(given: string | undefined): string {
  return given !== undefined && /^[\w.:-]{1,128}$/.test(given) ? given : newId();
}

/** The pattern of the route that answered; all files of the console are one. */
function routeOf(c: Context): string {
  const routes = matchedRoutes(c).map(({ path }) => path);
  const own = routes.find((path) => !path.endsWith("*"));
  return own ?? (c.req.path.startsWith("/api/") ? "/api/*" : "/*");
}

/** The OpenAPI document as generated from the route schemas, and a page to read it. */
function describeApi(app: OpenAPIHono<AppEnv>, version: string): void {
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "A session token from login, or an API token",
  });
  describeOthers(app);
  let document: string | undefined;
  app.get("/api/openapi.json", (c) => {
    document ??= JSON.stringify(openApiDocument(app, version));
    return c.body(document, 200, { "Content-Type": "application/json" });
  });
  app.get("/api/docs", (c) => {
    c.header(
      "Content-Security-Policy",
      "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; img-src 'self' data:; font-src 'self' data:; worker-src blob:",
    );
    return c.html(docsPage);
  });
  let reference: Uint8Array<ArrayBuffer> | undefined;
  app.get("/api/docs/reference.js", (c) => {
    reference ??= new Uint8Array(readFileSync(referenceScript()));
    return c.body(reference, 200, {
      "Content-Type": "text/javascript; charset=utf-8",
      "Cache-Control": "public, max-age=86400",
    });
  });
}

/** What is not one of the routes that describe themselves. */
function describeOthers(app: OpenAPIHono<AppEnv>): void {
  const others: [path: string, tag: string, status: number, summary: string, answer: string][] = [
    [
      "/api/ws",
      "Live updates",
      101,
      "Follow changes over a WebSocket",
      'Send {"type":"auth","token":…} within 5 s unless the request has a session, then {"type":"subscribe","topics":["environment:<id>","plan:<id>","plan-changes:<id>","logs:<serviceId>"]}; what comes is {topic, event, data, at}',
    ],
    ["/healthz", "Health", 200, "Does the process live", "It does"],
    [
      "/readyz",
      "Health",
      200,
      "Can requests be sent here",
      "They can; 503 while the database cannot be used, and from when this process was told to stop",
    ],
    [
      "/metrics",
      "Health",
      200,
      "Metrics",
      "Prometheus text. Needs the role viewer and all environments; without a login at BRIDGEPORT_METRICS_ADDR",
    ],
  ];
  for (const [path, tag, status, summary, description] of others) {
    const responses = { [status]: { description } };
    app.openAPIRegistry.registerPath({
      method: "get",
      path,
      tags: [tag],
      summary,
      security: path === "/metrics" ? [{ bearer: [] }] : [],
      responses,
    });
  }
}

export function openApiDocument(app: OpenAPIHono<AppEnv>, version: string): object {
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Bridgeport",
      version,
      description:
        "Images, digests and deployment plans for Docker services on your own servers. Lists take `limit` (1 to 100, default 25) and `offset`, the long ones also `cursor`, which is `nextCursor` of the page before; errors are `{error, code, details?}`.",
    },
  });
}

function referenceScript(): string {
  const require = createRequire(import.meta.url);
  const main = require.resolve("@scalar/api-reference");
  return `${main.slice(0, main.indexOf("dist"))}dist/browser/standalone.js`;
}

const docsPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Bridgeport API</title></head>
<body>
<script id="api-reference" data-url="/api/openapi.json" data-configuration='{"withDefaultFonts":false,"telemetry":false}'></script>
<script src="/api/docs/reference.js"></script>
</body>
</html>`;
