import { createHash, X509Certificate } from "node:crypto";
import { AgentLinkClient, type EnrollResponse } from "@bridgeport/proto";
import { ChannelCredentials, status as grpcStatus, type ServiceError } from "@grpc/grpc-js";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Actor, system } from "../actor.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { secretsWith } from "../secrets.ts";
import { agentAuthorityRoutes } from "../servers/agent-authority.routes.ts";
import { type Authority, openAuthority } from "../servers/certificate-authority.ts";
import { newCertificateRequest } from "../servers/certificate-request.fixture.ts";
import { enrolmentRoutes } from "../servers/enrolment.routes.ts";
import { newJoinToken } from "../servers/join.ts";
import { insertJoinToken } from "../servers/join-tokens.store.ts";
import { retireIfAllRenewed } from "../servers/rotate-authority.ts";
import { hello, openStream, type TestAgent } from "./agent.fixture.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { openRogueRig, type RogueRig } from "./rogue.fixture.ts";

/* The certificate authority is replaced while agents are connected, away, of an earlier version or killed. */

/** What is in an agent's state directory. */
interface State {
  caPem: string;
  certificatePem: string;
  privateKeyPem: string;
}

let rig: RogueRig;
/** another replica, with what it has read of the authority itself */
let other: Gateway;
let otherAuthority: Authority;
let api: TestApi;
let agents: TestAgent[] = [];
const administrator: Actor = { ...system, type: "user", id: null, name: "root@bridgeport.test" };

beforeEach(async () => {
  rig = await openRogueRig();
  otherAuthority = await openAuthority(rig.database, secretsWith("11".repeat(32)));
  other = await startGateway({
    database: rig.database,
    authority: otherAuthority,
    log: pino({ level: "silent" }),
    address: { host: "127.0.0.1", port: 0 },
    credentialsFor: async () => ({ ok: true, value: null }),
  });
  const { database, authority } = rig;
  const log = pino({ level: "silent" });
  api = testApi(
    agentAuthorityRoutes({ database, authority }),
    enrolmentRoutes({ database, authority, agentAddress: () => "cp.test:7443", log }),
  );
  api.actor = administrator;
});
afterEach(async () => {
  for (const agent of agents) agent.vanish();
  agents = [];
  await other.stop();
  await rig.close();
});

const pemOf = (authority: Authority) =>
  authority.trusted.map(({ certificatePem }) => certificatePem);

async function newToken(serverId: string): Promise<string> {
  const token = newJoinToken(rig.authority.fingerprint);
  await insertJoinToken(rig.database, serverId, token);
  return token;
}

/** Enrols as an agent does that finds `caPem` pinned by its token, which asks again where that may help. */
async function enrol(token: string, caPem: string, at = rig.gateway): Promise<State> {
  for (;;) {
    try {
      return await enrolOnce(token, caPem, at);
    } catch (error) {
      if ((error as ServiceError).code !== grpcStatus.UNAVAILABLE) throw error;
    }
  }
}

async function enrolOnce(token: string, caPem: string, at: Gateway): Promise<State> {
  const { csrPem, privateKeyPem } = await newCertificateRequest("CN=agent");
  const client = new AgentLinkClient(
    `127.0.0.1:${at.address.port}`,
    ChannelCredentials.createSsl(Buffer.from(caPem)),
    {
      "grpc.ssl_target_name_override": "bridgeport-control-plane",
      "grpc.use_local_subchannel_pool": 1,
    },
  );
  try {
    const answer = await new Promise<EnrollResponse>((resolve, reject) => {
      client.enroll({ joinToken: token, csrPem, hostname: "box" }, (error, given) =>
        given === undefined ? reject(error) : resolve(given),
      );
    });
    return {
      caPem: answer.caPem.join("\n"),
      certificatePem: answer.certificatePem,
      privateKeyPem,
    };
  } finally {
    client.close();
  }
}

async function joined(): Promise<State & { serverId: string }> {
  const serverId = await rig.newServer();
  const token = await newToken(serverId);
  return { ...(await enrol(token, rig.authority.certificatePem)), serverId };
}

function connect(state: State, at = rig.gateway): TestAgent {
  const { caPem, privateKeyPem, certificatePem } = state;
  const agent = openStream(at.address.port, caPem, privateKeyPem, certificatePem);
  agents.push(agent);
  agent.send({ ...hello, capabilities: ["authorities"] });
  return agent;
}

/** As agents do, it comes again where a replica has not heard of the authority yet. */
async function welcomed(state: State, at = rig.gateway): Promise<TestAgent> {
  for (;;) {
    const agent = connect(state, at);
    const end = await Promise.race([agent.next("welcome").then(() => null), agent.ended]);
    if (end === null) return agent;
    if (end.code !== grpcStatus.UNAVAILABLE) throw new Error(end.details);
  }
}

/** What an agent does that is told of two authorities: it trusts both, and asks for a certificate. */
async function renewed(agent: TestAgent, state: State): Promise<State> {
  const { csrPem, privateKeyPem } = await newCertificateRequest("CN=agent");
  agent.send({ kind: "renew", csrPem });
  const { certificatePem, caPem } = await agent.next("certificate");
  return { ...state, caPem, certificatePem, privateKeyPem };
}

const issuerOf = ({ certificatePem }: State) =>
  rig.authority.trusted.find(({ publicKey }) =>
    new X509Certificate(certificatePem).verify(publicKey),
  )?.fingerprint;

async function rotate() {
  const { status, body } = await api.post("/agent-authority/rotate");
  expect(status).toBe(200);
  return body;
}

const audited = async () => {
  const rows = await rig.database<{ action: string; actorName: string }[]>`
    select action, actor_name from audit_logs where resource_type = 'agent_authority'
    order by at, id`;
  return rows.map(({ action, actorName }) => `${action} by ${actorName}`);
};

describe("replacing the authority", () => {
  test("connected agents are told of both, renew, and the old one is retired when all have", async () => {
    const old = rig.authority.fingerprint;
    const [here, there] = [await joined(), await joined()];
    const first = await welcomed(here);
    const second = await welcomed(there, other);
    await first.next("authorities");
    await second.next("authorities");

    const state = await rotate();
    expect(state.current.fingerprint).toBe(rig.authority.fingerprint);
    expect(state.current.fingerprint).not.toBe(old);
    expect(state.previous).toMatchObject([{ fingerprint: old }]);
    expect(state.servers.renewed).toBe(0);
    expect(state.servers.notYet.map(({ id }: { id: string }) => id).sort()).toEqual(
      [here.serverId, there.serverId].sort(),
    );
    for (const agent of [first, second]) {
      expect((await agent.next("authorities")).caPems).toEqual(pemOf(rig.authority));
    }
    expect(otherAuthority.fingerprint).toBe(rig.authority.fingerprint);

    const next = await renewed(first, here);
    expect(issuerOf(next)).toBe(rig.authority.fingerprint);
    // On whichever replica; the old certificate of the other one still counts.
    await welcomed(next, other);
    expect((await api.get("/agent-authority")).body.servers).toMatchObject({
      renewed: 1,
      notYet: [{ id: there.serverId, name: "one", canBeAsked: true }],
    });
    const { database, authority } = rig;
    expect(await retireIfAllRenewed({ database, authority })).toBe(false);
    const last = await welcomed(await renewed(second, there));
    await retireIfAllRenewed({ database, authority });
    let told = await last.next("authorities");
    while (told.caPems.length > 1) told = await last.next("authorities");
    expect(told.caPems).toEqual([rig.authority.certificatePem]);
    expect((await api.get("/agent-authority")).body).toMatchObject({
      previous: [],
      servers: { renewed: 2, notYet: [] },
    });
    await expect
      .poll(async () => (await connect(here).ended).details)
      .toMatch(/authority was retired/);
    expect(await audited()).toEqual([
      "rotate_agent_authority by root@bridgeport.test",
      "retire_agent_authority by system",
    ]);
  });

  test("one that was away comes with the old certificate, and trusts only the old authority", async () => {
    const away = await joined();
    await rotate();
    for (const at of [rig.gateway, other]) {
      const agent = await welcomed(away, at);
      // A replica that has not heard of it yet tells what it knows, and then the rest.
      let told = await agent.next("authorities");
      while (told.caPems.length < 2) told = await agent.next("authorities");
      expect(told.caPems).toEqual(pemOf(rig.authority));
    }
  });

  test("an agent that is killed after any of its writes goes on from there", async () => {
    const before = await joined();
    const agent = await welcomed(before);
    await rotate();
    const told = { ...before, caPem: pemOf(rig.authority).join("\n") };
    const moved = await renewed(agent, told);
    // Nothing of it stored; the authorities stored; the certificate issued and not stored.
    for (const state of [before, told, before, told]) await welcomed(state);
    // The certificate stored: from its first use on, the one before is worth nothing.
    await welcomed(moved);
    await welcomed(moved, other);
    const { PERMISSION_DENIED, UNAUTHENTICATED } = grpcStatus;
    expect([PERMISSION_DENIED, UNAUTHENTICATED]).toContain((await connect(told).ended).code);
    await retireIfAllRenewed(rig);
    const last = { ...moved, caPem: rig.authority.certificatePem };
    // What is left to be stored is that the old one is not trusted.
    for (const state of [moved, last]) await welcomed(state);
  });

  test("one of an earlier version that renews by itself needs no more than the certificate", async () => {
    const agent = await welcomed(await joined());
    const { caPem: before } = { caPem: rig.authority.certificatePem };
    await rotate();
    const { csrPem, privateKeyPem } = await newCertificateRequest("CN=agent");
    agent.send({ kind: "renew", csrPem });
    const { certificatePem, caPem } = await agent.next("certificate");
    // It reads the first certificate of the text, and gives TLS all of it.
    expect(new X509Certificate(caPem).raw).not.toEqual(new X509Certificate(before).raw);
    expect(new X509Certificate(certificatePem).verify(new X509Certificate(caPem).publicKey)).toBe(
      true,
    );
    await welcomed({ caPem, certificatePem, privateKeyPem });
  });

  test("a replica that has not heard of it sends an agent away for a moment only", async () => {
    const agent = await joined();
    const stream = await welcomed(agent);
    const read = await openAuthority(rig.database, secretsWith("11".repeat(32)));
    let hears = false;
    const authority: Authority = Object.create(read, {
      reload: { value: async () => (hears ? read.reload() : undefined) },
    });
    const deaf = await startGateway({
      database: rig.database,
      authority,
      log: pino({ level: "silent" }),
      address: { host: "127.0.0.1", port: 0 },
      credentialsFor: async () => ({ ok: true, value: null }),
    });
    try {
      await rotate();
      const next = await renewed(stream, agent);
      hears = true;
      // It is sent away with UNAVAILABLE, unless a round of the replica was faster.
      await welcomed(next, deaf);
    } finally {
      await deaf.stop();
    }
  });
});

describe("join tokens", () => {
  test("that pin the old authority join while it is trusted, by either way", async () => {
    const [byTls, byHttp] = [await rig.newServer(), await rig.newServer()];
    const old = rig.authority;
    const oldCa = old.certificatePem;
    const tokens = [await newToken(byTls), await newToken(byHttp)] as const;
    await rotate();

    const { body: shown } = await api.get("/agent/authority");
    expect(shown.ca).toBe(rig.authority.certificatePem);
    expect(shown.trusted).toContain(oldCa);
    const state = await enrol(tokens[0], oldCa, other);
    expect(issuerOf(state)).toBe(rig.authority.fingerprint);
    await welcomed(state);

    // An agent of an earlier version believes nothing but what its token pins.
    const { csrPem, privateKeyPem } = await newCertificateRequest("CN=agent");
    const { status, body } = await api.post("/agent/enroll", { token: tokens[1], csr: csrPem });
    expect(status).toBe(200);
    const hash = createHash("sha256").update(new X509Certificate(body.ca).raw).digest("base64url");
    expect(tokens[1]).toContain(`bp1.${hash}.`);
    await welcomed({ caPem: body.ca, certificatePem: body.certificate, privateKeyPem });
  });

  test("of after it pin the new one", async () => {
    await rotate();
    const serverId = await rig.newServer();
    const state = await enrol(await newToken(serverId), rig.authority.certificatePem, other);
    await welcomed(state);
  });

  test("keep the old authority until they are used or end", async () => {
    const serverId = await rig.newServer();
    await newToken(serverId);
    await rotate();
    expect(await retireIfAllRenewed(rig)).toBe(false);
    await rig.database`update join_tokens set expires_at = now() where true`;
    await retireIfAllRenewed(rig);
    expect((await api.get("/agent-authority")).body.previous).toEqual([]);
  });
});

describe("an administrator", () => {
  test("retires it by naming whom that shuts out; their streams end with what to do", async () => {
    const stuck = await joined();
    const agent = await welcomed(stuck, other);
    await rotate();
    const refused = await api.post("/agent-authority/retire", {});
    expect(refused).toMatchObject({
      status: 409,
      body: {
        code: "servers_would_be_shut_out",
        error: expect.stringContaining("one"),
        details: [{ path: stuck.serverId }],
      },
    });
    const { status, body } = await api.post("/agent-authority/retire", {
      shutOut: [stuck.serverId],
    });
    expect([status, body.shutOut.map(({ id }: { id: string }) => id)]).toEqual([
      200,
      [stuck.serverId],
    ]);
    expect(await agent.ended).toMatchObject({
      code: grpcStatus.PERMISSION_DENIED,
      details: expect.stringMatching(/authority was replaced.*new join token/),
    });
    // The way back.
    const state = await enrol(await newToken(stuck.serverId), rig.authority.certificatePem);
    await welcomed(state);
  });

  test("does one rotation after the other, and has nothing to retire otherwise", async () => {
    await joined();
    expect(await api.post("/agent-authority/retire", {})).toMatchObject({
      status: 409,
      body: { code: "no_previous_authority" },
    });
    await rotate();
    expect(await api.post("/agent-authority/rotate")).toMatchObject({
      status: 409,
      body: { code: "rotation_under_way" },
    });
  });

  test("has a session; an API token of one may only read", async () => {
    api.actor = { ...administrator, type: "token" };
    expect((await api.get("/agent-authority")).status).toBe(200);
    for (const path of ["rotate", "retire"]) {
      expect(await api.post(`/agent-authority/${path}`, {})).toMatchObject({
        status: 403,
        body: { code: "session_needed" },
      });
    }
  });
});

test("a certificate of a server that a thief of the old authority's key has made is not taken in", async () => {
  const state = await joined();
  await welcomed(state);
  const [server] = await rig.database<{ certificateGeneration: number }[]>`
    select certificate_generation from servers where id = ${state.serverId}`;
  const { csrPem, privateKeyPem } = await newCertificateRequest("CN=agent");
  const identity = { serverId: state.serverId, generation: server?.certificateGeneration ?? 0 };
  const certificatePem = (await rig.authority.issueForServer(identity, csrPem)) ?? "";
  expect((await api.post("/agent-authority/rotate")).status).toBe(200);
  const thief = connect({ ...state, certificatePem, privateKeyPem });
  expect(await thief.ended).toMatchObject({ code: grpcStatus.PERMISSION_DENIED });
  await welcomed(state);
});
