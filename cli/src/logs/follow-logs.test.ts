import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { followLogs } from "./follow-logs.ts";

/** A control plane that answers WebSockets in these ways, one after another. */
async function serving(answers: ("away" | "forbidden" | "lines")[]): Promise<Server> {
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer();
  server.on("upgrade", (request, socket, head) => {
    const answer = answers.shift() ?? "forbidden";
    if (answer !== "lines") {
      socket.end(`HTTP/1.1 ${answer === "away" ? "502 Bad Gateway" : "403 Forbidden"}\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (open) => {
      open.send("no JSON");
      open.send("null");
      open.send(JSON.stringify({ event: "ready" }));
      open.on("message", () => {
        const lines = [{ at: "2026-01-01T00:00:00Z", stream: "stdout", text: "line" }];
        open.send(JSON.stringify({ event: "lines", data: { lines } }));
        open.send(JSON.stringify({ event: "end", data: { error: null } }));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

async function follow(answers: Parameters<typeof serving>[0]) {
  const server = await serving(answers);
  const seen = { lines: [] as string[], lost: 0, error: "" };
  const at = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: "t" };
  const listener = {
    lines: (batch: { text: string }[]) => void seen.lines.push(...batch.map(({ text }) => text)),
    lost() {
      seen.lost += 1;
    },
  };
  try {
    await followLogs(at, "s", listener, new AbortController().signal).catch((error: Error) => {
      seen.error = error.message;
    });
  } finally {
    server.close();
    server.closeAllConnections();
  }
  return seen;
}

it("goes on when what is in between answers for a control plane that is away", async () => {
  expect(await follow(["away", "lines"])).toEqual({ lines: ["line"], lost: 1, error: "" });
});

it("ends when it is refused", async () => {
  const { lost, error } = await follow(["forbidden"]);
  expect(lost).toBe(0);
  expect(error).toContain("answered 403");
});
