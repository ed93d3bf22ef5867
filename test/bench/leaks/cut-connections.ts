import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

/** Passes connections on to an address, until it cuts them. */
export interface Cutter {
  /** host:port */
  readonly address: string;
  /** how many it passes on */
  readonly open: number;
  cut(): void;
  close(): Promise<void>;
}

export async function cutterBefore(address: string): Promise<Cutter> {
  const { hostname: host, port } = new URL(`http://${address}`);
  const pairs = new Set<() => void>();
  const server = createServer((client: Socket) => {
    const upstream = connect(Number(port), host);
    const cut = () => {
      pairs.delete(cut);
      client.destroy();
      upstream.destroy();
    };
    pairs.add(cut);
    for (const socket of [client, upstream]) socket.on("error", cut).on("close", cut);
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cutAll = () => {
    for (const cut of [...pairs]) cut();
  };
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get open() {
      return pairs.size;
    },
    cut: cutAll,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      cutAll();
      await closed;
    },
  };
}
