import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { alsoAllowing } from "../reach.ts";
import { type CallerOptions, openCaller } from "./call.ts";

/** Calls a server that answers so. */
async function called(
  answer: RequestListener,
  {
    signal = new AbortController().signal,
    ...options
  }: CallerOptions & { signal?: AbortSignal } = {},
) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const caller = openCaller({ environment: {}, ...options });
  try {
    return await caller.call(
      {
        ...{ method: "POST", url: `http://127.0.0.1:${port}/?a=1`, headers: { "X-A": "b" } },
        ...{ body: "text", timeoutMs: 10_000 },
      },
      signal,
    );
  } finally {
    await caller.close();
    server.closeAllConnections();
    server.close();
  }
}

test("what is asked arrives, and the beginning of the answer comes back", async () => {
  const answer = await called(async (request, response) => {
    const body = (await request.setEncoding("utf8").toArray()).join("");
    response.end(`${request.method} ${request.url} ${request.headers["x-a"]} ${body}`);
  });
  expect(answer).toEqual({
    ...{ ok: true, status: 200, text: "POST /?a=1 b text", error: null, again: false },
  });
  const long = await called((_, response) => response.end("é".repeat(100_000)));
  expect(long.text).toBe("é".repeat(2000));
});

test.each([
  [500, true],
  [429, true],
  [404, false],
])("%s is no success, and asked again: %s", async (status, again) => {
  const answer = await called((_, response) => response.writeHead(status).end("why"));
  const error = `It answered ${status}.`;
  expect(answer).toEqual({ ok: false, status, text: "why", error, again });
});

test("a redirect is not followed", async () => {
  const answer = await called((_, response) =>
    response.writeHead(302, { Location: "http://169.254.169.254/" }).end(),
  );
  expect(answer).toMatchObject({ ok: false, status: 302, again: false });
  expect(answer.error).toContain("not followed");
});

test("a connection that breaks is asked again, an address that may not be asked is not", async () => {
  const broken = await called((request) => request.socket.destroy());
  expect(broken).toMatchObject({ ok: false, status: null, again: true });
  let asked = false;
  const refused = await called(
    (_, response) => {
      asked = true;
      response.end();
    },
    { allows: alsoAllowing([]) },
  );
  expect([refused.ok, refused.again, asked]).toEqual([false, false, false]);
  expect(refused.error).toContain("BRIDGEPORT_ALLOWED_TARGETS");
});

test("the signal ends a call, and it is not made again", async () => {
  const over = new AbortController();
  const answer = await called(() => over.abort(), { signal: over.signal });
  expect(answer).toMatchObject({ ok: false, status: null, again: false });
});
