import { type AddressInfo, createServer, type Socket } from "node:net";

/** A mail as it was sent. */
export interface Mail {
  from: string;
  to: string[];
  /** With its headers. */
  text: string;
}

/** A mail server that keeps what it is sent; it knows neither TLS nor passwords. */
export interface Mailbox {
  readonly port: number;
  readonly mails: readonly Mail[];
  close(): Promise<void>;
}

/** Starts a mail server on a free loopback port. */
export async function startMailbox(): Promise<Mailbox> {
  const mails: Mail[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    converse(socket, (mail) => mails.push(mail));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function converse(socket: Socket, keep: (mail: Mail) => void): void {
  const say = (line: string): void => {
    socket.write(`${line}\r\n`);
  };
  const address = (line: string): string => /<(.*?)>/.exec(line)?.[1] ?? "";
  let mail: Mail = { from: "", to: [], text: "" };
  let reading = false;
  let rest = "";
  const hear = (line: string): void => {
    if (reading) {
      if (line !== ".") {
        mail.text += `${line.replace(/^\.\./, ".")}\n`;
        return;
      }
      reading = false;
      keep(mail);
      mail = { from: "", to: [], text: "" };
      say("250 kept");
      return;
    }
    switch (line.slice(0, 4).toUpperCase()) {
      case "MAIL":
        mail.from = address(line);
        say("250 ok");
        return;
      case "RCPT":
        mail.to.push(address(line));
        say("250 ok");
        return;
      case "DATA":
        reading = true;
        say("354 go on");
        return;
      case "QUIT":
        say("221 bye");
        socket.end();
        return;
      default:
        say("250 ok");
    }
  };
  say("220 mail.test ESMTP");
  socket.on("data", (chunk) => {
    const lines = (rest + chunk.toString("utf8")).split("\r\n");
    rest = lines.pop() ?? "";
    for (const line of lines) hear(line);
  });
}
