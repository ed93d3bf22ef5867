import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { get as getByTls, Agent as TlsAgent } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import type { TLSSocket } from "node:tls";
import { upgradeWebSocket } from "@hono/node-server";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type HttpListener, listenHttp } from "./listener.ts";
import { certificateOf } from "./registries/tls.fixture.ts";

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of answer) text += chunk;
  return text;
}

/** What opens a connection again and again is none of a test's: it asks once, and keeps it. */
function client(port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    agent,
    ask: (path = "/") =>
      new Promise<IncomingMessage>((resolve, reject) => {
        get({ port, host: "127.0.0.1", path, agent }, resolve).on("error", reject);
      }),
  };
}

it("an idle connection is kept for longer than balancers keep theirs", async () => {
  const port = await freePort();
  const listener = await listenHttp({ host: "127.0.0.1", port });
  const { agent, ask } = client(port);
  try {
    const answer = await ask();
    answer.resume();
    // What the server tells a client of it, and keeps to.
    expect(answer.headers["keep-alive"]).toBe("timeout=75");
  } finally {
    agent.destroy();
    await listener.close();
  }
});

describe("a listener that drains", () => {
  const tooLong = 10 ** 8;
  let port: number;
  let listener: HttpListener;
  let clients: ReturnType<typeof client>[];
  let answerSlow: () => void;
  let asked: Promise<void>;
  beforeEach(async () => {
    port = await freePort();
    clients = [];
    listener = await listenHttp({ host: "127.0.0.1", port });
    const app = new Hono();
    app.get("/", (c) => c.text("here"));
    let wasAsked: () => void;
    asked = new Promise((resolve) => {
      wasAsked = resolve;
    });
    app.get("/slow", async (c) => {
      await new Promise<void>((resolve) => {
        answerSlow = resolve;
        wasAsked();
      });
      return c.text("at last");
    });
    app.get("/stream", (c) =>
      streamSSE(c, async (stream) => {
        await stream.writeSSE({ event: "first", data: "1" });
        await new Promise<void>((resolve) => stream.onAbort(resolve));
      }),
    );
    app.get(
      "/ws",
      upgradeWebSocket(() => ({ onMessage: (_event, ws) => ws.send("heard") })),
    );
    listener.use(app.fetch as never);
  });
  afterEach(async () => {
    for (const { agent } of clients) agent.destroy();
    await listener.close();
  });
  const newClient = () => {
    const made = client(port);
    clients.push(made);
    return made;
  };

  it("answers, and each answer is the last of its connection", async () => {
    const early = newClient();
    const slow = early.ask("/slow");
    await asked;
    listener.lastAnswers();
    answerSlow();
    const answer = await slow;
    expect(await textOf(answer)).toBe("at last");
    expect(answer.headers.connection).toBe("close");
    const later = await newClient().ask();
    expect([later.statusCode, later.headers.connection]).toEqual([200, "close"]);
    expect(await textOf(later)).toBe("here");
  });

  it("takes no WebSocket any longer", async () => {
    listener.lastAnswers();
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    const [error] = (await once(socket, "error")) as [Error];
    expect(error.message).toContain("503");
  });

  it("finishes when what was asked is answered, and takes nothing new", async () => {
    const slow = newClient().ask("/slow");
    await asked;
    let finished = false;
    const finishing = listener.finish(tooLong).then(() => {
      finished = true;
    });
    await expect(newClient().ask()).rejects.toThrow("ECONNREFUSED");
    expect(finished).toBe(false);
    answerSlow();
    expect(await textOf(await slow)).toBe("at last");
    await finishing;
  });

  it("finishes without what takes too long", async () => {
    const slow = newClient().ask("/slow");
    slow.catch(() => {});
    await asked;
    await listener.finish(1);
    await listener.close();
    await expect(slow).rejects.toThrow();
  });

  it("ends event streams as a whole, and has WebSockets connect again", async () => {
    const stream = await newClient().ask("/stream");
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    await once(socket, "open");
    const closed = once(socket, "close") as Promise<[number, Buffer]>;
    await listener.finish(tooLong);
    expect(await textOf(stream)).toContain("event: first");
    expect((await closed)[0]).toBe(1012);
  });
});

describe("with TLS", () => {
  let port: number;
  let listener: HttpListener;
  const first = certificateOf("localhost");
  beforeEach(async () => {
    port = await freePort();
    const { certificate: cert, key } = await first;
    listener = await listenHttp({ host: "127.0.0.1", port }, { tls: { cert, key } });
    const app = new Hono();
    app.get("/", (c) => c.text("here"));
    app.get(
      "/ws",
      upgradeWebSocket(() => ({ onMessage: (_event, ws) => ws.send("heard") })),
    );
    listener.use(app.fetch as never);
  });
  afterEach(() => listener.close());

  function ask(ca: string): Promise<IncomingMessage> {
    const agent = new TlsAgent({ ca });
    return new Promise((resolve, reject) => {
      getByTls({ port, host: "localhost", family: 4, agent }, resolve).on("error", reject);
    });
  }

  it("answers, and shows new connections a new certificate while the others go on", async () => {
    const { certificate } = await first;
    const socket = new WebSocket(`wss://localhost:${port}/ws`, { ca: certificate, family: 4 });
    await once(socket, "open");
    expect(await textOf(await ask(certificate))).toBe("here");

    const next = await certificateOf("localhost");
    listener.show({ cert: next.certificate, key: next.key });
    const answer = await ask(next.certificate);
    expect((answer.socket as TLSSocket).authorized).toBe(true);
    expect(await textOf(answer)).toBe("here");
    await expect(ask(certificate)).rejects.toThrow();
    socket.send("there?");
    expect(String(((await once(socket, "message")) as [Buffer])[0])).toBe("heard");
    socket.terminate();
  });

  it("tells who speaks plain HTTP what to do", async () => {
    const { agent, ask: askPlain } = client(port);
    const answer = await askPlain();
    expect(answer.statusCode).toBe(400);
    expect(JSON.parse(await textOf(answer))).toEqual({
      error: "This port takes https:// only.",
      code: "https_only",
    });
    agent.destroy();
  });
});
