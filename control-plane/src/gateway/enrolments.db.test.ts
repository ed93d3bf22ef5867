import { X509Certificate } from "node:crypto";
import {
  AgentLinkClient,
  agentLinkService,
  type EnrollResponse,
  protocolVersion,
} from "@bridgeport/proto";
import { ChannelCredentials, status as grpcStatus, type ServiceError } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { waitLimitMs } from "../../../test/harness/limit.ts";
import { openTestDatabase } from "../database/test-database.ts";
import { secretsWith } from "../secrets.ts";
import { openAuthority } from "../servers/certificate-authority.ts";
import { newCertificateRequest } from "../servers/certificate-request.fixture.ts";
import { newJoinToken } from "../servers/join.ts";
import { insertJoinToken } from "../servers/join-tokens.store.ts";
import { identityOf } from "../servers/server-uri.ts";
import { findServer } from "../servers/servers.store.ts";
import { connectAgent, hello, openStream } from "./agent.fixture.ts";
import { openRogueRig, type RogueRig } from "./rogue.fixture.ts";

/* What can be done at the listener for agents without a certificate of a server. */

let rig: RogueRig;
let serverId: string;
let clients: AgentLinkClient[] = [];

beforeAll(async () => {
  rig = await openRogueRig({ agentAddress: ({ port }) => `cp.test:${port}` });
});
afterAll(() => rig.close());
beforeEach(async () => {
  serverId = await rig.newServer();
});
afterEach(() => {
  for (const client of clients) client.close();
  clients = [];
});

/** A client that trusts our authority, and shows no certificate. */
function stranger(
  port = rig.gateway.address.port,
  ca = rig.authority.certificatePem,
): AgentLinkClient {
  const client = new AgentLinkClient(
    `127.0.0.1:${port}`,
    ChannelCredentials.createSsl(Buffer.from(ca)),
    {
      "grpc.ssl_target_name_override": "bridgeport-control-plane",
      "grpc.use_local_subchannel_pool": 1,
    },
  );
  clients.push(client);
  return client;
}

async function newToken(): Promise<string> {
  const token = newJoinToken(rig.authority.fingerprint);
  await insertJoinToken(rig.database, serverId, token);
  return token;
}

function enrol(
  joinToken: string,
  csrPem: string,
  hostname = "box",
  client = stranger(),
): Promise<EnrollResponse> {
  return new Promise((resolve, reject) => {
    client.enroll({ joinToken, csrPem, hostname }, (error, answer) => {
      if (error || !answer) reject(error ?? new Error("no answer"));
      else resolve(answer);
    });
  });
}

const refusalOf = (asked: Promise<unknown>): Promise<ServiceError> =>
  asked.then(
    () => Promise.reject(new Error("it was let in")),
    (error: ServiceError) => error,
  );

describe("enrolling by TLS that the token pins", () => {
  test("gives a certificate that is let in, once", async () => {
    const token = await newToken();
    const { csrPem, privateKeyPem } = await newCertificateRequest("CN=x");
    const answer = await enrol(token, csrPem);
    const { port } = rig.gateway.address;
    expect(answer).toMatchObject({
      serverId,
      agentAddr: `cp.test:${port}`,
      caPem: [rig.authority.certificatePem],
    });
    expect(identityOf(new X509Certificate(answer.certificatePem).subjectAltName)).toEqual({
      serverId,
      generation: 1,
    });
    const { certificatePem: ca } = rig.authority;
    const agent = openStream(port, ca, privateKeyPem, answer.certificatePem);
    agent.send(hello);
    await agent.next("welcome");
    agent.vanish();

    expect(await refusalOf(enrol(token, csrPem))).toMatchObject({
      code: grpcStatus.UNAUTHENTICATED,
      details: expect.stringContaining("make a new one"),
    });
    const entries = await rig.database`
      select action, details from audit_logs where resource_id = ${serverId}
        and action like '%enrol%' order by at, id`;
    expect(entries.map((entry) => ({ ...entry }))).toEqual([
      { action: "enroll_server", details: { hostname: "box", address: "127.0.0.1" } },
      {
        action: "refuse_enrolment",
        details: { reason: "the join token is used", address: "127.0.0.1" },
      },
    ]);
  });

  test("a request that cannot be used leaves the token as it was", async () => {
    const token = await newToken();
    const { csrPem } = await newCertificateRequest("CN=x");
    for (const bad of ["", "nonsense", "x".repeat(17_000), "x".repeat(2_000_000)]) {
      expect((await refusalOf(enrol(token, bad))).code).toBe(grpcStatus.INVALID_ARGUMENT);
    }
    expect((await refusalOf(enrol("", csrPem))).code).toBe(grpcStatus.INVALID_ARGUMENT);
    // A host may call itself anything.
    expect((await enrol(token, csrPem, "a\0b")).serverId).toBe(serverId);
  });
});

describe("without a server's certificate", () => {
  const refusedIn = async () => {
    const rows = await rig.database<{ details: { reason: string } }[]>`
      select details from audit_logs where action = 'refuse_agent' and resource_id is null`;
    return rows.map(({ details }) => details);
  };

  test("there is no stream, and it is in the audit", async () => {
    const stream = stranger().connect();
    const ended = new Promise<ServiceError>((resolve) => stream.on("error", resolve));
    stream.on("data", () => {});
    stream.write({ hello: { protocolVersion } });
    expect(await ended).toMatchObject({
      code: grpcStatus.UNAUTHENTICATED,
      details: expect.stringContaining("no certificate of a server"),
    });
    await expect
      .poll(refusedIn)
      .toEqual([{ reason: expect.stringContaining("no certificate"), address: "127.0.0.1" }]);
  });

  test("many who try are refused, and no agent waits for them", async () => {
    const tries = Array.from({ length: 10 }, () => stranger()).flatMap((client) =>
      Array.from({ length: 50 }, () => {
        const stream = client.connect();
        stream.on("data", () => {});
        return new Promise<ServiceError>((resolve) => stream.on("error", resolve));
      }),
    );
    const agent = await connectAgent(rig.authority, rig.gateway.address.port, serverId);
    agent.send(hello);
    await agent.next("welcome");
    agent.vanish();
    for (const { code } of await Promise.all(tries)) {
      expect(code).toBe(grpcStatus.UNAUTHENTICATED);
    }
    expect(await refusedIn()).toHaveLength(1);
  });

  test.each(["another authority's", "a self-made"])("nor with %s certificate", async (whose) => {
    const other = await openTestDatabase();
    try {
      const theirs = await openAuthority(other.database, secretsWith("22".repeat(32)));
      const { csrPem, privateKeyPem } = await newCertificateRequest("CN=x");
      const certificate = (await theirs.issueForServer({ serverId, generation: 0 }, csrPem)) ?? "";
      const shown =
        whose === "a self-made" ? `${certificate}\n${theirs.certificatePem}` : certificate;
      const { port } = rig.gateway.address;
      const agent = openStream(port, rig.authority.certificatePem, privateKeyPem, shown);
      agent.send(hello);
      expect((await agent.ended).code).toBe(grpcStatus.UNAUTHENTICATED);
      expect(await statusOf()).toBe("pending");
    } finally {
      await other.close();
    }
  });

  test("nor with the control plane's own certificate", async () => {
    const { certificatePem, privateKeyPem } = await rig.authority.issueForControlPlane();
    const { port } = rig.gateway.address;
    const agent = openStream(port, rig.authority.certificatePem, privateKeyPem, certificatePem);
    agent.send(hello);
    expect((await agent.ended).code).toBe(grpcStatus.UNAUTHENTICATED);
  });
});

describe("guesses", () => {
  test("beyond a source's share are refused before they are read, in the audit, and not in others' way", async () => {
    const few = { ofSource: 5, ofAll: 5 };
    const limits = { failures: { burst: 5, perSecond: 0 }, silent: few, worked: few };
    const strict = await openRogueRig({ enrolmentLimits: limits });
    try {
      const client = stranger(strict.gateway.address.port, strict.authority.certificatePem);
      const { csrPem } = await newCertificateRequest("CN=x");
      const codes: number[] = [];
      for (let guess = 0; guess < 8; guess += 1) {
        const { code } = await refusalOf(enrol(`bp1.x.${guess}`, csrPem, "box", client));
        codes.push(code);
      }
      const { UNAUTHENTICATED, RESOURCE_EXHAUSTED } = grpcStatus;
      expect(codes.slice(0, 5)).toEqual(Array(5).fill(UNAUTHENTICATED));
      expect(codes.slice(5)).toEqual(Array(3).fill(RESOURCE_EXHAUSTED));
      const reasons = async () => {
        const rows = await strict.database<{ details: { reason: string } }[]>`
          select details from audit_logs where action = 'refuse_enrolment' order by at, id`;
        return rows.map(({ details }) => details.reason);
      };
      await expect
        .poll(reasons)
        .toEqual(["the join token is unknown", "too many attempts to enrol"]);
      const agent = await strict.join(await strict.newServer());
      agent.vanish();
    } finally {
      await strict.close();
    }
  });

  test("that come together are let in as many at a time as the limit says", async () => {
    const { csrPem } = await newCertificateRequest("CN=x");
    const client = stranger();
    const tried = await Promise.all(
      Array.from({ length: 300 }, (_, n) => refusalOf(enrol(`bp1.x.${n}`, csrPem, "box", client))),
    );
    expect(tried.map(({ code }) => code)).toContain(grpcStatus.RESOURCE_EXHAUSTED);
    const agent = await connectAgent(rig.authority, rig.gateway.address.port, serverId);
    agent.send(hello);
    await agent.next("welcome");
    agent.vanish();
  });
});

describe("calls that say nothing", () => {
  /** @returns the status it ends with */
  function silentCall(client: AgentLinkClient): Promise<number> {
    const { path, responseDeserialize } = agentLinkService.Enroll;
    return new Promise((resolve) => {
      const same = (bytes: Buffer) => bytes;
      client
        .makeClientStreamRequest(path, same, responseDeserialize, (error) =>
          resolve(error?.code ?? grpcStatus.OK),
        )
        .on("error", () => undefined);
    });
  }

  test("give way, so that they keep nobody from joining", async () => {
    const quiet = await openRogueRig({
      enrolmentLimits: {
        failures: { burst: 100, perSecond: 0 },
        silent: { ofSource: 4, ofAll: 4 },
        worked: { ofSource: 4, ofAll: 4 },
      },
    });
    try {
      const { authority, database, gateway } = quiet;
      const { port } = gateway.address;
      // Four calls on each connection.
      const crowd = Array.from({ length: 5 }, () => stranger(port, authority.certificatePem));
      const calls = crowd.flatMap((client) => [1, 2, 3, 4].map(() => silentCall(client)));
      const ended: number[] = [];
      for (const call of calls) void call.then((code) => ended.push(code));
      await vi.waitFor(() => expect(ended.length).toBeGreaterThanOrEqual(16), waitLimitMs);
      const token = newJoinToken(authority.fingerprint);
      await insertJoinToken(database, await quiet.newServer(), token);
      const { csrPem } = await newCertificateRequest("CN=x");
      const client = stranger(port, authority.certificatePem);
      expect((await enrol(token, csrPem, "box", client)).serverId).toEqual(expect.any(String));
      expect(new Set(ended)).toEqual(new Set([grpcStatus.RESOURCE_EXHAUSTED]));
    } finally {
      await quiet.close();
    }
  });
});

const statusOf = async () => (await findServer(rig.database, serverId))?.status;
