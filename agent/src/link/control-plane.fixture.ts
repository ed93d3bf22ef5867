import "reflect-metadata";
import { createHash, KeyObject, randomBytes, webcrypto } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type AgentLinkHandlers,
  type AgentMessage,
  agentLinkService,
  type ControlMessage,
  decodeAgentMessage,
  type EnrollRequest,
  encodeControlMessage,
  type WireAgentMessageOutput,
  type WireControlMessage,
  type WireEnrollResponse,
} from "@bridgeport/proto";
import { Metadata, Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  Pkcs10CertificateRequest,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { waitUntil } from "../wait-until.fixture.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const hourMs = 3_600_000;

/** A certificate authority like the control plane's. */
export interface TestAuthority {
  caPem: string;
  newToken(): string;
  issue(csrPem: string, life?: { from: number; to: number }): Promise<string>;
  /** for a listener of that name; default: the gateway's */
  issueForGateway(name?: string): Promise<{ certificatePem: string; keyPem: string }>;
}

export async function testAuthority(): Promise<TestAuthority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  // Authorities have the same name, and are told apart by their keys.
  const keyId = await SubjectKeyIdentifierExtension.create(keys.publicKey);
  const ca = await X509CertificateGenerator.createSelfSigned({
    name: "CN=Test CA",
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - hourMs),
    notAfter: new Date(Date.now() + 100 * hourMs),
    extensions: [new BasicConstraintsExtension(true, 0, true), keyId],
  });
  const issue = async (
    publicKey: PublicKey,
    name: { type: "dns" | "url"; value: string },
    life = { from: Date.now() - hourMs, to: Date.now() + 10 * hourMs },
  ) => {
    const certificate = await X509CertificateGenerator.create({
      subject: "CN=test",
      issuer: ca.subject,
      publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
      notBefore: new Date(life.from),
      notAfter: new Date(life.to),
      extensions: [
        new SubjectAlternativeNameExtension([name]),
        new AuthorityKeyIdentifierExtension(keyId.keyId),
      ],
    });
    return certificate.toString("pem");
  };
  return {
    caPem: ca.toString("pem"),
    newToken() {
      const hash = createHash("sha256").update(Buffer.from(ca.rawData)).digest("base64url");
      return `bp1.${hash}.${randomBytes(32).toString("base64url")}`;
    },
    issue: (csrPem, life) =>
      issue(
        new Pkcs10CertificateRequest(csrPem).publicKey,
        { type: "url", value: "bridgeport://server/1" },
        life,
      ),
    async issueForGateway(host = "bridgeport-control-plane") {
      const own = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
      const name = { type: "dns" as const, value: host };
      return {
        certificatePem: await issue(await PublicKey.create(own.publicKey), name),
        keyPem: KeyObject.from(own.privateKey).export({ type: "pkcs8", format: "pem" }).toString(),
      };
    },
  };
}

/** One agent's stream, as the control plane sees it. */
export class TestStream {
  readonly received: AgentMessage[] = [];
  readonly #stream: ServerDuplexStream<WireAgentMessageOutput, WireControlMessage>;
  closed = false;

  constructor(stream: ServerDuplexStream<WireAgentMessageOutput, WireControlMessage>) {
    this.#stream = stream;
    stream.on("data", (wire: WireAgentMessageOutput) => {
      const message = decodeAgentMessage(wire);
      if (message !== null) this.received.push(message);
    });
    const close = () => {
      this.closed = true;
    };
    for (const event of ["end", "close", "cancelled", "error"]) stream.on(event, close);
  }

  send(message: ControlMessage): void {
    this.#stream.write(encodeControlMessage(message));
  }

  /** Shows that it has heard of the stream. */
  hear(): void {
    this.#stream.sendMetadata(new Metadata());
  }

  welcome(): void {
    this.send({ kind: "welcome", protocolVersion: 1, serverId: "server-1", capabilities: [] });
  }

  end(): void {
    this.#stream.end();
  }

  stopReading(): void {
    this.#stream.pause();
  }

  refuse(code: number, details: string): void {
    this.#stream.emit("error", { code, details });
  }

  /** The first message of that kind for which `holds`. */
  message<K extends AgentMessage["kind"]>(
    kind: K,
    holds: (message: Extract<AgentMessage, { kind: K }>) => boolean = () => true,
    timeoutMs?: number,
  ): Promise<Extract<AgentMessage, { kind: K }>> {
    return waitUntil(
      `a ${kind} message has come`,
      () => {
        for (const message of this.received) {
          const one = message as Extract<AgentMessage, { kind: K }>;
          if (message.kind === kind && holds(one)) return one;
        }
        return null;
      },
      timeoutMs,
    );
  }
}

/** A gRPC listener for agents that is controlled by the test. */
export interface TestGateway {
  readonly port: number;
  readonly streams: TestStream[];
  /** The stream with this index; waits until it is there. */
  stream(n?: number, timeoutMs?: number): Promise<TestStream>;
  stop(): void;
}

/** @param enroll answers who has no certificate; without it, one is demanded, as by earlier versions */
export async function testGateway(
  authority: TestAuthority,
  port = 0,
  enroll?: (request: EnrollRequest) => Promise<WireEnrollResponse>,
): Promise<TestGateway> {
  const streams: TestStream[] = [];
  const server = new Server();
  const handlers: Partial<AgentLinkHandlers> = {
    Connect: (stream) => {
      streams.push(new TestStream(stream));
    },
    ...(enroll && {
      Enroll: (call, answer) => {
        enroll(call.request).then((response) => answer(null, response), answer);
      },
    }),
  };
  server.addService(agentLinkService, handlers as never);
  const { certificatePem, keyPem } = await authority.issueForGateway();
  const credentials = ServerCredentials.createSsl(
    Buffer.from(authority.caPem),
    [{ cert_chain: Buffer.from(certificatePem), private_key: Buffer.from(keyPem) }],
    enroll === undefined,
  );
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, actual) => {
      if (error) reject(error);
      else resolve(actual);
    });
  });
  return {
    port: bound,
    streams,
    stream: (n = 0, timeoutMs) =>
      waitUntil(`stream ${n} has come`, () => streams[n] ?? null, timeoutMs),
    stop: () => server.forceShutdown(),
  };
}

/** What is said over HTTP. */
export interface EnrolAnswer {
  status: number;
  headers?: Record<string, string>;
  body: unknown;
}

/**
 * An HTTP server that answers enrolments.
 * @param authority says where to enrol; without it, there is only HTTP, as with earlier
 *   versions
 */
export async function testEnrolment(
  answer: (request: { token: string; csr: string; hostname: string }) => Promise<EnrolAnswer>,
  authority: EnrolAnswer = { status: 404, body: { error: "No such resource", code: "not_found" } },
): Promise<{ url: string; requests: unknown[]; stop(): void }> {
  const requests: unknown[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const isPost = request.method === "POST";
      const body = isPost ? JSON.parse(Buffer.concat(chunks).toString()) : null;
      if (isPost) requests.push({ method: request.method, path: request.url, body });
      (isPost ? answer(body) : Promise.resolve(authority)).then(
        ({ status, headers, body: content }) => {
          response.writeHead(status, headers);
          response.end(typeof content === "string" ? content : JSON.stringify(content));
        },
        (error) => response.destroy(error),
      );
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
