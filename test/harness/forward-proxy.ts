import { createServer, request } from "node:http";
import { connect, type Socket } from "node:net";

/*
 * A proxy for tests: forwards plain requests and tunnels the others, to the local ports that stand
 * for hosts of other names.
 */

export class ForwardProxy {
  /** what it was asked: `GET http://host/path` or `CONNECT host:port` */
  readonly asked: string[] = [];
  /** `host:port` to the local port that answers for it */
  readonly hosts = new Map<string, number>();
  /** what `Proxy-Authorization` has to be; null: no login is needed */
  login: string | null = null;
  /** an answer in the place of a connection */
  refusesWith: number | null = null;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((incoming, response) => {
    this.asked.push(`${incoming.method} ${incoming.url}`);
    const refusal = this.#refusal(incoming.headers["proxy-authorization"]);
    const url = new URL(incoming.url ?? "");
    const port = this.hosts.get(`${url.hostname}:${url.port || "80"}`);
    if (refusal !== null || port === undefined) {
      return void response.writeHead(refusal ?? 502).end();
    }
    const { "proxy-authorization": _, ...headers } = incoming.headers;
    const { method } = incoming;
    const onward = request(
      { host: "127.0.0.1", port, method, path: `${url.pathname}${url.search}`, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on("error", () => response.destroy());
    incoming.pipe(onward);
  });

  async start(): Promise<void> {
    this.#server.on("connection", (socket) => this.#hold(socket));
    this.#server.on("connect", (incoming, socket: Socket, head: Buffer) => {
      this.asked.push(`CONNECT ${incoming.url}`);
      const refusal = this.#refusal(incoming.headers["proxy-authorization"]);
      const port = this.hosts.get(incoming.url ?? "");
      socket.on("error", () => {});
      if (refusal !== null || port === undefined) {
        return void socket.end(`HTTP/1.1 ${refusal ?? 502} No\r\n\r\n`);
      }
      const onward = connect(port, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        onward.write(head);
        socket.pipe(onward).pipe(socket);
      });
      this.#hold(onward);
      onward.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get host(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("it is not started");
    return `127.0.0.1:${address.port}`;
  }

  #refusal(given: string | undefined): number | null {
    if (this.login !== null && given !== this.login) return 407;
    return this.refusesWith;
  }

  #hold(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
  }
}
