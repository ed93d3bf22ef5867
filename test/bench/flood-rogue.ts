// A process of its own that floods the agent port as one server's agent, until it is ended: started by
// flood.ts, which gives it one line of JSON.
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as pause, setImmediate } from "node:timers/promises";
import { connect } from "node:tls";
import { hello, openStream } from "../../control-plane/src/gateway/agent.fixture.ts";
import { messages } from "./flood-kinds.ts";

/** What it is given. */
export interface RogueOrder {
  kind: string;
  port: number;
  ca: string;
  privateKey: string;
  certificate: string;
}

const [line] = (await once(createInterface(process.stdin), "line")) as [string];
const order = JSON.parse(line) as RogueOrder;
const open = () => openStream(order.port, order.ca, order.privateKey, order.certificate);
const message = messages[order.kind];

process.stdout.write("ready\n");
for (;;) {
  if (message) await sendUntilCut(message);
  else if (order.kind === "streams opened and left") await openAndLeave();
  else if (order.kind === "handshakes without a certificate") await shakeHands();
  else if (order.kind === "nothing: a busy loop") await spin();
  else throw new Error(`There is no such flood: ${order.kind}`);
}

async function sendUntilCut(bytes: () => Buffer): Promise<void> {
  const agent = open();
  let over = false;
  void agent.ended.then(() => {
    over = true;
  });
  agent.send(hello);
  while (!over) {
    for (let count = 0; count < 16; count += 1) agent.sendBytes(bytes());
    await agent.drained();
    await setImmediate();
  }
}

async function openAndLeave(): Promise<void> {
  const agents = Array.from({ length: 20 }, open);
  for (const agent of agents) agent.send(hello);
  await Promise.race(agents.map((agent) => agent.ended));
  for (const agent of agents) agent.vanish();
}

async function shakeHands(): Promise<void> {
  const handshake = async (): Promise<void> => {
    const socket = connect({ port: order.port, host: "127.0.0.1", rejectUnauthorized: false });
    socket.on("error", () => undefined);
    await new Promise<void>((resolve) => {
      socket.once("close", () => resolve());
      socket.once("secureConnect", () => socket.end());
    });
  };
  await Promise.all(Array.from({ length: 20 }, handshake));
}

async function spin(): Promise<void> {
  const until = performance.now() + 20;
  while (performance.now() < until);
  await pause(0);
}
