import {
  type AgentMessage,
  agentLinkService,
  type ContainerReport,
  type ControlMessage,
  decodeControlMessage,
  encodeAgentMessage,
  type HostStatus,
  protocolVersion,
  type WireAgentMessage,
  type WireControlMessageOutput,
} from "@bridgeport/proto";
import { ChannelCredentials, Client, type ClientDuplexStream } from "@grpc/grpc-js";
import type { Authority } from "../servers/certificate-authority.ts";
import { newCertificateRequest } from "../servers/certificate-request.fixture.ts";

export interface TestAgent {
  send(message: AgentMessage): void;
  /** Sends any fields or any bytes, as only a rogue would. */
  sendWire(message: WireAgentMessage): void;
  sendBytes(bytes: Buffer): void;
  /** Resolves when everything that was sent is on its way, or nothing is taken any longer. */
  drained(): Promise<void>;
  /** The next message that `wanted` takes, in order; others are passed over. */
  next<K extends ControlMessage["kind"]>(kind: K): Promise<Extract<ControlMessage, { kind: K }>>;
  /** How the stream ended: the status code and its words. */
  ended: Promise<{ code: number; details: string }>;
  /** Stops reading what is sent. */
  pause(): void;
  /** Leaves without a word. */
  vanish(): void;
}

export const host: HostStatus = {
  engineAvailable: true,
  engineError: null,
  dockerVersion: "29.1.0",
  apiVersion: "1.52",
  os: "linux",
  architecture: "amd64",
  variant: null,
  cpus: 2,
  memoryBytes: 8_000_000_000,
  diskFreeBytes: 40_000_000_000,
  hostname: "box",
};

export const hello = {
  kind: "hello",
  protocolVersion,
  agentVersion: "0.1.0",
  capabilities: [],
  host,
} satisfies AgentMessage;

/** For tests: a stream as an agent opens it, by mutual TLS with a certificate of that server. */
export async function connectAgent(
  authority: Authority,
  port: number,
  serverId: string,
  generation = 0,
): Promise<TestAgent> {
  const { csrPem, privateKeyPem } = await newCertificateRequest("CN=agent");
  const certificate = (await authority.issueForServer({ serverId, generation }, csrPem)) ?? "";
  return openStream(port, authority.certificatePem, privateKeyPem, certificate);
}

export function openStream(
  port: number,
  ca: string,
  privateKeyPem: string,
  certificatePem: string,
): TestAgent {
  const client = new Client(
    `127.0.0.1:${port}`,
    ChannelCredentials.createSsl(
      Buffer.from(ca),
      Buffer.from(privateKeyPem),
      Buffer.from(certificatePem),
    ),
    {
      "grpc.ssl_target_name_override": "bridgeport-control-plane",
      "grpc.use_local_subchannel_pool": 1,
    },
  );
  const { path, requestSerialize, responseDeserialize } = agentLinkService.Connect;
  const stream: ClientDuplexStream<Buffer, WireControlMessageOutput> = client.makeBidiStreamRequest(
    path,
    (bytes: Buffer) => bytes,
    responseDeserialize,
  );
  const sendWire = (message: WireAgentMessage) => void stream.write(requestSerialize(message));
  const received: ControlMessage[] = [];
  let arrived = () => {};
  stream.on("data", (wire: WireControlMessageOutput) => {
    const message = decodeControlMessage(wire);
    if (message) received.push(message);
    arrived();
  });
  stream.on("error", () => {});
  const ended = new Promise<{ code: number; details: string }>((resolve) => {
    stream.on("status", ({ code, details }) => {
      resolve({ code, details });
      client.close();
    });
  });
  return {
    send: (message) => sendWire(encodeAgentMessage(message)),
    sendWire,
    sendBytes: (bytes) => void stream.write(bytes),
    async drained() {
      if (!stream.writableNeedDrain) return;
      await Promise.race([new Promise<void>((resolve) => stream.once("drain", resolve)), ended]);
    },
    async next<K extends ControlMessage["kind"]>(kind: K) {
      for (;;) {
        for (let message = received.shift(); message; message = received.shift()) {
          if (message.kind === kind) return message as Extract<ControlMessage, { kind: K }>;
        }
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
      }
    },
    ended,
    pause: () => void stream.pause(),
    vanish() {
      stream.cancel();
      client.close();
    },
  };
}

/** For tests: one container as an engine describes it. */
export function containerReport(more: Partial<ContainerReport> = {}): ContainerReport {
  return {
    id: "c".repeat(64),
    name: "web",
    imageName: "nginx:1.27",
    imageId: `sha256:${"1".repeat(64)}`,
    repoDigests: [`nginx@sha256:${"2".repeat(64)}`],
    state: "running",
    health: "none",
    exitCode: 0,
    restartCount: 0,
    createdAt: 1_800_000_000_000,
    startedAt: 1_800_000_000_000,
    finishedAt: null,
    labels: {},
    ports: [{ containerPort: 80, hostPort: 8080, hostIp: "127.0.0.1", protocol: "tcp" }],
    self: false,
    autoRemove: false,
    imagePlatform: "linux/amd64",
    stopLimitMs: 10_000,
    checkLimitMs: 0,
    needs: [],
    ...more,
  };
}
