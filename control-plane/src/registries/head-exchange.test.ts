import { Pool } from "undici";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exchangeHead } from "./head-exchange.ts";
import { RegistryDouble } from "./registry-double.fixture.ts";

let registry: RegistryDouble;
let pool: Pool;

beforeEach(async () => {
  registry = new RegistryDouble();
  await registry.start();
  pool = new Pool(registry.origin, { connections: 1 });
});
afterEach(async () => {
  await pool.destroy();
  await registry.stop();
});

const path = "/v2/app/manifests/v1";
const head = (signal?: AbortSignal) => exchangeHead(pool, { path, reset: false }, signal);

test("gives status and headers, and keeps the connection", async () => {
  const digest = registry.push("app", "v1");
  const { statusCode, headers } = await head();
  expect([statusCode, headers["docker-content-digest"]]).toEqual([200, digest]);
  registry.repository("app").tags.delete("v1");
  expect((await head()).statusCode).toBe(404);
  expect(registry.connectionCount).toBe(1);
});

test("a connection that breaks is its failure", async () => {
  registry.faults.push((request) => {
    request.socket.destroy();
    return true;
  });
  await expect(head()).rejects.toThrow("other side closed");
});

test("is called off where it waits for its answer, or for its turn", async () => {
  const asked = new Promise<void>((resolve) => {
    registry.faults.push(() => {
      resolve();
      return true;
    });
  });
  const abort = new AbortController();
  const both = [head(abort.signal), head(abort.signal)];
  await asked;
  abort.abort(new Error("called off"));
  const outcomes = await Promise.allSettled(both);
  expect(
    outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason.message),
  ).toEqual(["called off", "called off"]);
  await expect(head(abort.signal)).rejects.toThrow("called off");
});

test("of a pool that is closed fails", async () => {
  await pool.destroy();
  await expect(head()).rejects.toThrow("destroyed");
});
