import type { OpenAPIHono } from "@hono/zod-openapi";
import { pino } from "pino";
import { type Actor, everywhere, system } from "../actor.ts";
import { errorAnswer } from "./errors.ts";
import { type AppEnv, router } from "./routes.ts";

/** What a request was answered with. Tests look at bodies field by field. */
export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the API says
  body: any;
}

export interface TestApi {
  /** who asks; change it at will */
  actor: Actor;
  get(path: string): Promise<Answer>;
  post(path: string, body?: unknown): Promise<Answer>;
  put(path: string, body: unknown): Promise<Answer>;
  patch(path: string, body: unknown): Promise<Answer>;
  delete(path: string): Promise<Answer>;
}

/** For tests: routes below /api without a socket, asked by whomever the test wants. */
export function testApi(...routes: OpenAPIHono<AppEnv>[]): TestApi {
  const app = router();
  const log = pino({ level: "silent" });
  app.onError((error, c) => errorAnswer(error, c, log));
  app.use(async (c, next) => {
    c.set("actor", api.actor);
    await next();
  });
  for (const each of routes) app.route("/api", each);

  async function call(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await app.request(`/api${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
    });
    return { status: response.status, body: await response.json() };
  }

  const api: TestApi = {
    actor: { ...system, roles: everywhere("operator") },
    get: (path) => call("GET", path),
    post: (path, body) => call("POST", path, body),
    put: (path, body) => call("PUT", path, body),
    patch: (path, body) => call("PATCH", path, body),
    delete: (path) => call("DELETE", path),
  };
  return api;
}
