import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import pino from "pino";
import postgres from "postgres";
import { describe, expect, test } from "vitest";
import { openDatabase } from "../database/connection.ts";
import { errorAnswer } from "./errors.ts";

/** What an app answers whose route fails with this. */
async function answerTo(method: string, fail: () => unknown) {
  const app = new Hono();
  app.onError((error, c) => errorAnswer(error, c, pino({ level: "silent" })));
  app.all("/", async (c) => {
    await fail();
    return c.text("fine");
  });
  const answer = await app.request("/", { method });
  const body = (await answer.json()) as { error: string; code: string };
  return { status: answer.status, retryAfter: answer.headers.get("retry-after"), ...body };
}

const ofPostgres = (code: string) => () => {
  const fields = { message: "as PostgreSQL says it", code, severity: "ERROR" };
  throw Object.assign(Object.create(postgres.PostgresError.prototype), fields);
};

describe("while the database cannot be used, an answer is 503 with what is wrong", () => {
  test("nothing listens there", async () => {
    const database = openDatabase({ url: "postgres://nobody@127.0.0.1:1/none" });
    try {
      const asked = await answerTo("GET", () => database`select 1`);
      expect(asked).toEqual({
        status: 503,
        retryAfter: "5",
        error: "The database cannot be reached at present.",
        code: "database_unavailable",
      });
      const changed = await answerTo("POST", () => database.begin((sql) => sql`select 1`));
      expect(changed).toMatchObject({
        status: 503,
        error: expect.stringContaining("look whether"),
      });
    } finally {
      await database.end({ timeout: 0 });
    }
  });

  test.each([
    ["53100", "disk of the database is full"],
    ["53300", "takes no more connections"],
    ["53200", "lacks memory"],
    ["58030", "cannot read or write its files"],
    ["25006", "it is a standby"],
    ["57P01", "cannot be reached"],
    ["57P03", "cannot be reached"],
    ["08006", "cannot be reached"],
  ])("%s", async (code, words) => {
    const answer = await answerTo("POST", ofPostgres(code));
    expect(answer).toMatchObject({ status: 503, code: "database_unavailable" });
    expect(answer.error).toContain(words);
  });
});

test.each([
  ["a broken rule of the database", ofPostgres("23505")],
  [
    "a file that is not there",
    () => Promise.reject(Object.assign(new Error(), { code: "ENOENT" })),
  ],
  [
    "another host that refuses",
    () => Promise.reject(Object.assign(new Error(), { code: "ECONNREFUSED" })),
  ],
])("%s is not the database's absence", async (_, fail) => {
  expect(await answerTo("POST", fail)).toMatchObject({ status: 500, code: "internal_error" });
});

test("a client that goes before it has sent its request is no failure of ours", async () => {
  const lines: string[] = [];
  const log = pino({ level: "debug" }, { write: (line) => void lines.push(line) });
  const app = new Hono();
  const answered = new Promise<number>((resolve) => {
    app.onError((error, c) => {
      const answer = errorAnswer(error, c, log);
      resolve(answer.status);
      return answer;
    });
  });
  app.post("/", async (c) => c.text(await c.req.text()));
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  try {
    await once(server, "listening");
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
    client.write("POST / HTTP/1.1\r\nHost: bridgeport\r\nContent-Length: 1000\r\n\r\nbegun");
    await once(server, "request");
    client.destroy();
    expect(await answered).toBe(400);
    expect(lines.map((line) => JSON.parse(line).level)).toEqual([20]);
  } finally {
    server.close();
  }
});
