import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { AgentLinkClient } from "@bridgeport/proto";
import { ChannelCredentials } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { waitLimitMs } from "../../../test/harness/limit.ts";
import { newCertificateRequest } from "../servers/certificate-request.fixture.ts";
import { newJoinToken } from "../servers/join.ts";
import { insertJoinToken } from "../servers/join-tokens.store.ts";
import { hello, openStream, type TestAgent } from "./agent.fixture.ts";
import { connectionLimits } from "./connections.ts";
import { openRogueRig, type RogueRig } from "./rogue.fixture.ts";

/* Who opens connections at the listener for agents and says nothing. */

const limits = { ...connectionLimits, strangers: { ofSource: 100, ofAll: 150 }, ofCertificate: 2 };
let rig: RogueRig;
let sockets: Socket[] = [];

beforeAll(async () => {
  rig = await openRogueRig({ connectionLimits: limits });
});
afterAll(() => rig.close());
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  rig.leave();
});

type Kind = "TCP" | "TLS" | "HTTP/2";
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "latin1");

async function open(kind: Kind, from: string, certificate: object = {}): Promise<Socket> {
  const to = { port: rig.gateway.address.port, host: "127.0.0.1", localAddress: from };
  const tls = { ca: rig.authority.certificatePem, ALPNProtocols: ["h2"], ...certificate };
  const name = { servername: "bridgeport-control-plane" };
  const socket = kind === "TCP" ? connectTcp(to) : connectTls({ ...to, ...tls, ...name });
  sockets.push(socket);
  await new Promise<void>((resolve) => {
    socket.once(kind === "TCP" ? "connect" : "secureConnect", resolve);
    socket.once("close", () => resolve());
    socket.on("error", () => undefined);
  });
  if (kind === "HTTP/2") socket.write(preface);
  // So that its end is seen.
  return socket.resume();
}

const openMany = (count: number, kind: Kind, from: string) =>
  Promise.all(Array.from({ length: count }, () => open(kind, from)));
const stillOpen = (some: Socket[]) => some.filter(({ destroyed }) => !destroyed).length;

/** Enrols and connects with what it was given, from 127.0.0.1 as every client of gRPC. */
async function join(): Promise<TestAgent> {
  const { authority, gateway } = rig;
  const { port } = gateway.address;
  const joinToken = newJoinToken(authority.fingerprint);
  await insertJoinToken(rig.database, await rig.newServer(), joinToken);
  const { csrPem, privateKeyPem } = await newCertificateRequest("CN=x");
  const client = new AgentLinkClient(
    `127.0.0.1:${port}`,
    ChannelCredentials.createSsl(Buffer.from(authority.certificatePem)),
    {
      "grpc.ssl_target_name_override": "bridgeport-control-plane",
      "grpc.use_local_subchannel_pool": 1,
    },
  );
  try {
    const certificatePem = await new Promise<string>((resolve, reject) => {
      client.enroll({ joinToken, csrPem, hostname: "box" }, (error, answer) =>
        error || !answer ? reject(error ?? new Error("no answer")) : resolve(answer.certificatePem),
      );
    });
    const agent = openStream(port, authority.certificatePem, privateKeyPem, certificatePem);
    agent.send(hello);
    await agent.next("welcome");
    return agent;
  } finally {
    client.close();
  }
}

async function isServed(agent: TestAgent): Promise<void> {
  agent.send({ kind: "renew", csrPem: (await newCertificateRequest("CN=x")).csrPem });
  await agent.next("certificate");
}

describe.each<Kind>(["TCP", "TLS", "HTTP/2"])("hundreds of silent connections (%s)", (kind) => {
  test("of one network keep neither itself nor another one from joining", async () => {
    const before = await rig.join(await rig.newServer());
    const own = await openMany(300, kind, "127.0.0.1");
    await vi.waitFor(() => expect(stillOpen(own)).toBeLessThanOrEqual(100), waitLimitMs);
    (await join()).vanish();
    for (const socket of sockets) socket.destroy();
    const others = await openMany(300, kind, "127.0.0.2");
    await vi.waitFor(() => expect(stillOpen(others)).toBeLessThanOrEqual(100), waitLimitMs);
    (await join()).vanish();
    expect(stillOpen(others)).toBe(100);
    await isServed(before);
    await vi.waitFor(async () => {
      const rows = await rig.database<{ address: string }[]>`
        select distinct details ->> 'address' as address from audit_logs
        where action = 'refuse_agent'
          and details ->> 'reason' = 'too many connections without a certificate'`;
      const addresses = rows.map(({ address }) => address);
      expect(addresses).toEqual(expect.arrayContaining(["127.0.0.1", "127.0.0.2"]));
    }, waitLimitMs);
  });

  test("of many networks neither", async () => {
    const before = await rig.join(await rig.newServer());
    const others = await Promise.all(
      Array.from({ length: 100 }, (_, at) => openMany(3, kind, `127.0.1.${at + 1}`)),
    );
    await vi.waitFor(() => expect(stillOpen(others.flat())).toBeLessThanOrEqual(150), waitLimitMs);
    (await join()).vanish();
    await isServed(before);
  });
});

test("connections with one certificate and without a stream push out each other only", async () => {
  const serverId = await rig.newServer();
  const { csrPem, privateKeyPem: key } = await newCertificateRequest("CN=x");
  const cert = (await rig.authority.issueForServer({ serverId, generation: 0 }, csrPem)) ?? "";
  const { port } = rig.gateway.address;
  const agent = openStream(port, rig.authority.certificatePem, key, cert);
  agent.send(hello);
  await agent.next("welcome");
  const silent: Socket[] = [];
  for (let count = 0; count < 20; count += 1) {
    silent.push(await open("HTTP/2", "127.0.0.1", { key, cert }));
  }
  await vi.waitFor(() => expect(stillOpen(silent)).toBe(2), waitLimitMs);
  await isServed(agent);
  agent.vanish();
});

test("one that resumes a session without a certificate is a stranger", async () => {
  const to = { port: rig.gateway.address.port, host: "127.0.0.1", localAddress: "127.0.0.9" };
  const tls = { ca: rig.authority.certificatePem, ALPNProtocols: ["h2"] };
  const resuming = (session?: Buffer) =>
    connectTls({
      ...to,
      ...tls,
      ...(session ? { session } : {}),
      servername: "bridgeport-control-plane",
    });
  const first = resuming();
  sockets.push(first);
  const [session] = (await once(first, "session")) as [Buffer];
  const resumed: TLSSocket[] = [];
  for (let count = 0; count <= limits.ofCertificate; count += 1) {
    const socket = resuming(session);
    sockets.push(socket);
    await once(socket, "secureConnect");
    socket.on("error", () => undefined);
    resumed.push(socket);
  }
  // From the last one on: what it does to others has happened once it is answered.
  for (const socket of resumed.toReversed()) {
    expect(socket.isSessionReused()).toBe(true);
    const session = connectHttp2("https://agents.test", { createConnection: () => socket });
    session.on("error", () => undefined);
    const problem = await new Promise((resolve) => session.ping((error) => resolve(error)));
    expect(problem).toBeNull();
  }
});
