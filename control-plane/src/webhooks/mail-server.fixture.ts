import { type AddressInfo, createServer, type Socket } from "node:net";

export interface MailServer {
  port: number;
  commands: string[];
  recipients: string[];
  /** of the last mail, with its headers */
  text: string;
  /** takes no mail from now on */
  refuse: boolean;
  close(): Promise<void>;
}

/** As much of an SMTP server as taking a mail needs; it knows neither TLS nor passwords. */
export async function startMailServer(): Promise<MailServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let buffered = "";
    let inData = false;
    const say = (line: string) => socket.write(`${line}\r\n`);
    say("220 mail.test ESMTP");
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      buffered += chunk.toString("utf8");
      for (;;) {
        const end = buffered.indexOf("\r\n");
        if (end < 0) return;
        const line = buffered.slice(0, end);
        buffered = buffered.slice(end + 2);
        if (inData) {
          if (line === ".") {
            inData = false;
            say("250 queued");
          } else mail.text += `${line}\n`;
          continue;
        }
        mail.commands.push(line);
        const verb = line.slice(0, 4).toUpperCase();
        if (verb === "QUIT") {
          say("221 bye");
          socket.end();
        } else if (mail.refuse && verb === "MAIL") say("550 not today");
        else if (verb === "RCPT") {
          mail.recipients.push(/<(.*)>/.exec(line)?.[1] ?? "");
          say("250 ok");
        } else if (verb === "DATA") {
          inData = true;
          mail.text = "";
          say("354 go on");
        } else say("250 ok");
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const mail: MailServer = {
    port: (server.address() as AddressInfo).port,
    commands: [],
    recipients: [],
    text: "",
    refuse: false,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return mail;
}
