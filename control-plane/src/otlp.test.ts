import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openTraces } from "./otlp.ts";
import { readParent, type Traces } from "./traces.ts";

/* What is sent is looked at by test/e2e/tracing.test.ts. */

let collector: Server;
let requests = 0;
let status = 200;
let traces: Traces;
let lines: { msg: string }[];

beforeEach(async () => {
  [requests, status, lines] = [0, 200, []];
  collector = createServer((incoming, outgoing) => {
    requests += 1;
    incoming.resume().once("end", () => outgoing.writeHead(status).end());
  });
  collector.listen(0, "127.0.0.1");
  await once(collector, "listening");
  const { port } = collector.address() as AddressInfo;
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", `http://127.0.0.1:${port}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  collector.closeAllConnections();
  collector.close();
  await once(collector, "close");
});

function open(): Traces {
  const write = (line: Buffer, _: string, done: () => void) => {
    lines.push(JSON.parse(String(line)));
    done();
  };
  traces = openTraces({ version: "1.0.0", log: pino({}, new Writable({ write })) });
  return traces;
}

const answer = { method: "GET", route: "/api/plans", status: 200, requestId: "r" };
const traceId = "0af7651916cd43dd8448eb211c80319c";
const span = {
  ...{ name: "plan", traceId, spanId: "b7ad6b7169203331", parent: null, error: null },
  ...{ startedAt: 1000, endedAt: 2000, attributes: {} },
};

test("a request goes on with the trace that it came with, or begins one", () => {
  const { request } = open();
  const given = readParent(request(`00-${traceId}-b7ad6b7169203331-01`).traceParent);
  expect(given).toMatchObject({ traceId, sampled: true });
  expect(given.spanId).not.toBe("b7ad6b7169203331");
  expect(readParent(request(`00-${traceId}-b7ad6b7169203331-00`).traceParent).sampled).toBe(false);
  for (const odd of [undefined, "", "00-none", `00-${"0".repeat(32)}-b7ad6b7169203331-01`]) {
    const own = readParent(request(odd).traceParent);
    expect(own.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    expect(own.sampled).toBe(true);
  }
});

test("what waits is sent when the process stops", async () => {
  const { request, send, stop } = open();
  request(undefined).end(answer);
  send(span);
  expect(requests).toBe(0);
  await stop();
  expect(requests).toBe(1);
  expect(lines).toEqual([]);
});

test("the sampler that the variables name decides on what begins here", async () => {
  vi.stubEnv("OTEL_TRACES_SAMPLER", "parentbased_always_off");
  const { request, send, stop } = open();
  expect(readParent(request(undefined).traceParent).sampled).toBe(false);
  send(span);
  send({ ...span, spanId: "00f067aa0ba902b7", parent: { spanId: span.spanId, sampled: null } });
  await stop();
  expect(requests).toBe(0);
});

test("a collector that refuses is told of, and nothing fails", async () => {
  status = 400;
  const { send, stop } = open();
  send(span);
  await stop();
  expect(requests).toBe(1);
  expect(lines).toMatchObject([{ msg: "traces could not be sent" }]);
});
