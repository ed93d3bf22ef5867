import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** A wire between a client and a server on loopback that can be made to fail as networks do. */
export interface FaultyWire {
  /** Of 127.0.0.1: what the client connects to. */
  readonly port: number;
  /** Resets every connection; new ones are reset, too, until `mend`. */
  cut(): void;
  /** Nothing arrives until `mend`, and nobody is told; then everything does, as what TCP sends again. */
  hold(): void;
  /** Each piece of at most 64 KiB takes so many milliseconds, and the next one waits for it. */
  slow(ms: number): void;
  /** Tells one side of each connection that the other says nothing more; it may go on itself. */
  halfClose(side: "client" | "server"): void;
  /** New connections work, and so do those that are still there. */
  mend(): void;
  close(): Promise<void>;
}

/** Starts a wire to a port of 127.0.0.1, which need not be listened on yet. */
export async function startFaultyWire(target: number): Promise<FaultyWire> {
  const pairs = new Set<{ client: Socket; server: Socket }>();
  let refuses = false;
  let delayMs = 0;
  let release: () => void = () => undefined;
  let passable = Promise.resolve();
  let held = false;

  /** One direction, a piece at a time: what waits here is not read, so its sender is slowed down, too. */
  function pass(from: Socket, to: Socket): void {
    from.on("data", async (piece) => {
      from.pause();
      if (delayMs > 0) await pause(delayMs);
      await passable;
      if (!to.destroyed && to.writable) to.write(piece, () => from.resume());
      else from.resume();
    });
    from.on("end", async () => {
      await passable;
      to.end();
    });
    from.on("error", () => undefined);
    // Whoever dies behind a wire that is held is missed only when it works again.
    from.on("close", async () => {
      await passable;
      to.destroy();
    });
  }

  async function accept(client: Socket): Promise<void> {
    client.on("error", () => undefined);
    if (refuses) return void client.resetAndDestroy();
    client.pause();
    await passable;
    if (client.destroyed) return;
    const server = connect({ port: target, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const pair = { client, server };
    pairs.add(pair);
    server.on("close", () => pairs.delete(pair));
    pass(client, server);
    pass(server, client);
    client.resume();
  }

  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    void accept(client);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));

  const cut = (): void => {
    for (const { client, server } of pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  };
  const mend = (): void => {
    refuses = false;
    delayMs = 0;
    held = false;
    release();
  };
  return {
    port: (listener.address() as AddressInfo).port,
    cut() {
      refuses = true;
      cut();
    },
    hold() {
      if (held) return;
      held = true;
      passable = new Promise((resolve) => {
        release = resolve;
      });
    },
    slow(ms) {
      delayMs = ms;
    },
    halfClose(side) {
      for (const pair of pairs) pair[side].end();
    },
    mend,
    async close() {
      const closed = new Promise((resolve) => listener.close(resolve));
      mend();
      cut();
      await closed;
    },
  };
}
