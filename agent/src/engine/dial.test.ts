import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitUntil } from "../wait-until.fixture.ts";
import {
  connectEngine,
  type Engine,
  engineErrorKind,
  engineMessage,
  openStream,
} from "./client.ts";
import { inspectContainer } from "./inspection.ts";

let directory: string;
let server: Server;
/** short limits for requests that inspect or make a small change */
let hasty: Engine;
let patient: Engine;
let asked: string[];
let open: Set<ServerResponse>;
/** how the engine answers a request; false: never */
let respond: (request: IncomingMessage, response: ServerResponse) => false | unknown;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dial-"));
  asked = [];
  open = new Set();
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    open.add(response);
    response.on("close", () => open.delete(response));
    respond(request, response);
  });
  const path = join(directory, "docker.sock");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  hasty = connectEngine(`unix://${path}`, { look: 50, change: 50 });
  patient = connectEngine(hasty.host);
});

afterEach(async () => {
  hasty.close();
  patient.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true });
});

const pings = (request: IncomingMessage) => request.url === "/_ping";

test("only the request for a stuck container fails, and it holds no connection", async () => {
  respond = (request, response) => pings(request) && response.end("OK");
  const error = await inspectContainer(hasty, "stuck").catch((thrown: unknown) => thrown);
  expect(engineErrorKind(error)).toBe("silent");
  expect(engineMessage(error)).toBe("no answer to GET /containers/stuck/json within 1 s");
  await waitUntil("the request is closed", () => open.size === 0);
});

test("an answer that stops half-way counts as none", async () => {
  respond = (request, response) => {
    if (pings(request)) response.end("OK");
    else response.writeHead(200, { "content-length": "100" }).write('{"Id":');
  };
  const error = await inspectContainer(hasty, "stuck").catch((thrown: unknown) => thrown);
  expect(engineErrorKind(error)).toBe("silent");
  await waitUntil("the request is closed", () => open.size === 0);
});

test("a change that hangs fails, too", async () => {
  respond = (request, response) => pings(request) && response.end("OK");
  const renaming = hasty.docker.getContainer("stuck").rename({ name: "other" });
  expect(engineErrorKind(await renaming.catch((thrown: unknown) => thrown))).toBe("silent");
});

test("an engine that answers no request is unavailable", async () => {
  respond = () => false;
  const engine = connectEngine(hasty.host, { look: 50, ping: 50 });
  const error = await inspectContainer(engine, "any").catch((thrown: unknown) => thrown);
  expect(engineErrorKind(error)).toBe("unavailable");
  engine.close();
});

test("behind a proxy that forbids pings the engine counts as reachable", async () => {
  respond = (request, response) => pings(request) && response.writeHead(403).end();
  const error = await inspectContainer(hasty, "stuck").catch((thrown: unknown) => thrown);
  expect(engineErrorKind(error)).toBe("silent");
});

test("a stream that has begun has no limit, and can be aborted", async () => {
  respond = (request, response) => {
    if (pings(request)) response.end("OK");
    else response.writeHead(200).flushHeaders();
  };
  const abort = new AbortController();
  const stream = await openStream(patient, "/events", {}, abort.signal);
  respond = (request, response) => pings(request) && response.end("OK");
  // Meanwhile a silent request reaches its limit.
  await expect(inspectContainer(hasty, "stuck")).rejects.toThrow("no answer");
  expect(stream.destroyed).toBe(false);
  const closed = new Promise((resolve) => stream.once("close", resolve));
  stream.on("error", () => undefined);
  abort.abort();
  await closed;
});

test("a GET whose connection is cut is repeated once, a change is not", async () => {
  let cuts = 1;
  respond = (request, response) => {
    if (cuts > 0) {
      cuts -= 1;
      request.socket.destroy();
    } else response.setHeader("content-type", "application/json").end('{"Id":"web"}');
  };
  expect(await inspectContainer(patient, "web")).toEqual({ Id: "web" });
  expect(asked).toHaveLength(2);
  cuts = 2;
  expect(engineErrorKind(await inspectContainer(patient, "web").catch((e: unknown) => e))).toBe(
    "unavailable",
  );
  cuts = 1;
  asked = [];
  const change = patient.docker.getContainer("web").rename({ name: "other" });
  expect(engineErrorKind(await change.catch((thrown: unknown) => thrown))).toBe("unavailable");
  expect(asked).toHaveLength(1);
});

test("a stop whose connection is cut again and again is asked for until it is done", async () => {
  let cuts = 3;
  respond = (request, response) => {
    cuts -= 1;
    if (cuts >= 0) request.socket.destroy();
    else response.writeHead(204).end();
  };
  await patient.docker.getContainer("slow").stop();
  expect(asked).toEqual(Array(4).fill("POST /containers/slow/stop"));
});
