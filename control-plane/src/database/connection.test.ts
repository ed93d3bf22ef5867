import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import postgres from "postgres";
import { expect, test } from "vitest";
import { reconnectPause } from "./connection.ts";

test("a database that is back after a long outage is found within a second", () => {
  for (const failures of [0, 1, 5, 10, 1000, 1_000_000]) {
    for (let n = 0; n < 20; n++) {
      expect(reconnectPause(failures)).toBeGreaterThan(0);
      expect(reconnectPause(failures)).toBeLessThanOrEqual(1);
    }
  }
});

/** Lets everyone in, and does that at the first question, which is the driver's own. */
const atFirstQuestion = (then: (socket: Socket) => void) => (socket: Socket) => {
  socket.once("data", () => {
    socket.write(Buffer.from("R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I", "latin1"));
    socket.once("data", () => then(socket));
  });
};

test.each<[string, string, (socket: Socket) => void]>([
  ["is closed at once", "CONNECTION_CLOSED", (socket) => socket.end()],
  ["is closed while it is opened", "CONNECTION_CLOSED", atFirstQuestion((socket) => socket.end())],
  [
    "is reset while it is opened",
    "ECONNRESET",
    atFirstQuestion((socket) => socket.resetAndDestroy()),
  ],
])(
  "a connection that %s is an error of what was asked, and of nothing else",
  async (_, code, peer) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined).resume();
      peer(socket);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const unhandled: unknown[] = [];
    const note = (error: unknown) => void unhandled.push(error);
    process.on("unhandledRejection", note);
    const sql = postgres({ host: "127.0.0.1", port, user: "someone", max: 1, onnotice: () => {} });
    try {
      await expect(sql`select 1`).rejects.toMatchObject({ code });
      // Rejections are told of after the microtasks of their turn.
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
    } finally {
      process.off("unhandledRejection", note);
      await sql.end({ timeout: 0 });
      server.close();
    }
  },
);
