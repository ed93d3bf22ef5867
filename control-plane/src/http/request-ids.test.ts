import { Writable } from "node:stream";
import { Hono } from "hono";
import { pino } from "pino";
import { beforeEach, expect, test } from "vitest";
import { loggedActivity } from "../activity.ts";
import { secretsWith } from "../secrets.ts";
import { createApp } from "./app.ts";

let lines: Record<string, unknown>[] = [];
let ended: object[] = [];
beforeEach(() => {
  lines = [];
  ended = [];
});

const write = (line: Buffer, _: string, done: () => void) => {
  lines.push(JSON.parse(String(line)));
  done();
};
const live = new Hono();
live.post("/breaks", () => {
  throw new TypeError("broken");
});
// Nothing here needs a login, so the database is not asked.
const health = new Hono().route("/api", live);
const traceId = "0af7651916cd43dd8448eb211c80319c";
const app = createApp({
  database: null as never,
  secrets: secretsWith("22".repeat(32)),
  log: pino({ mixin: loggedActivity }, new Writable({ write })),
  version: "0.0.0",
  routes: [],
  answered: () => undefined,
  traces: {
    request: (traceParent) => ({
      traceParent: traceParent ?? `00-${traceId}-b7ad6b7169203331-01`,
      end: (answer) => ended.push(answer),
    }),
  },
  live: new Hono(),
  health,
  console: new Hono(),
});

const ask = (headers: Record<string, string> = {}, method = "POST", path = "/api/breaks") =>
  app.request(path, { method, headers });

test("an error's answer and the log have the same id", async () => {
  const answer = await ask();
  expect(answer.status).toBe(500);
  const id = answer.headers.get("x-request-id");
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(((await answer.json()) as { error: string }).error).toContain(id);
  expect(lines).toMatchObject([
    { msg: "request failed", requestId: id, traceId },
    { msg: "request answered", requestId: id, method: "POST", status: 500, traceId },
  ]);
  expect(ended).toMatchObject([
    { method: "POST", route: "/api/breaks", status: 500, requestId: id },
  ]);
});

test("the id that a proxy has given is kept, where it is one", async () => {
  const given = "edge:7f.a_1-2";
  expect((await ask({ "x-request-id": given })).headers.get("x-request-id")).toBe(given);
  expect(lines.map(({ requestId }) => requestId)).toEqual([given, given]);
  for (const odd of ["", "two words", "a".repeat(129), '"}{"level":60'] as const) {
    const answer = await ask({ "x-request-id": odd });
    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test("a refused request has an id too, and what only reads is not logged", async () => {
  const refused = await ask({ "x-request-id": "mine" }, "GET", "/api/environments");
  expect([refused.status, refused.headers.get("x-request-id")]).toEqual([401, "mine"]);
  expect(lines).toEqual([]);
});
