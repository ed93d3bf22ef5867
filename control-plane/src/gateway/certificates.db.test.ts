import { X509Certificate } from "node:crypto";
import { status as grpcStatus } from "@grpc/grpc-js";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { transaction } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { newCertificateRequest } from "../servers/certificate-request.fixture.ts";
import { insertCertificate, revokeCertificates } from "../servers/certificates.store.ts";
import { markEnrolled } from "../servers/join-tokens.store.ts";
import { issuedCertificate } from "../servers/presented-certificate.ts";
import { findServer } from "../servers/servers.store.ts";
import { hello, openStream, type TestAgent } from "./agent.fixture.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { openRogueRig, type RogueRig } from "./rogue.fixture.ts";

/*
 * What an agent's state directory is worth in the hands of two: in all of these it was copied, or the
 * agent is killed at the worst moment.
 */

let rig: RogueRig;
/** another replica */
let other: Gateway;
/** how far the gateways' clocks are ahead of ours */
let ahead = 0;
let agents: TestAgent[] = [];
let serverId: string;
/** of the agent */
const host = (hostname: string) => ({ ...hello.host, hostname });

/** What is in an agent's state directory. */
interface State {
  certificatePem: string;
  privateKeyPem: string;
}

beforeAll(async () => {
  rig = await openRogueRig({ now: () => Date.now() + ahead });
  other = await startGateway({
    database: rig.database,
    authority: rig.authority,
    log: pino({ level: "silent" }),
    address: { host: "127.0.0.1", port: 0 },
    credentialsFor: async () => ({ ok: true, value: null }),
  });
});
afterAll(async () => {
  await other.stop();
  await rig.close();
});
beforeEach(async () => {
  serverId = await rig.newServer();
});
afterEach(() => {
  ahead = 0;
  for (const agent of agents) agent.vanish();
  agents = [];
});

async function enrol(of = serverId): Promise<State> {
  const { csrPem, privateKeyPem } = await newCertificateRequest("CN=agent");
  const generation = await markEnrolled(rig.database, of, null);
  const identity = { serverId: of, generation };
  const certificatePem = (await rig.authority.issueForServer(identity, csrPem)) ?? "";
  await insertCertificate(rig.database, issuedCertificate(identity, certificatePem, rig.authority));
  return { certificatePem, privateKeyPem };
}

/** As one was issued before certificates were counted: its row is not there. */
async function enrolBefore(): Promise<State> {
  const state = await enrol();
  await rig.database`delete from server_certificates where server_id = ${serverId}`;
  return state;
}

function connect(
  state: State,
  how: Partial<typeof hello & { instanceId: string }> = {},
  at = rig.gateway,
) {
  const agent = openStream(
    at.address.port,
    rig.authority.certificatePem,
    state.privateKeyPem,
    state.certificatePem,
  );
  agents.push(agent);
  agent.send({ ...hello, instanceId: newId(), ...how });
  return agent;
}

async function welcomed(...args: Parameters<typeof connect>): Promise<TestAgent> {
  const agent = connect(...args);
  await agent.next("welcome");
  return agent;
}

async function renew(agent: TestAgent): Promise<State> {
  const { csrPem, privateKeyPem } = await newCertificateRequest("CN=agent");
  agent.send({ kind: "renew", csrPem });
  const { certificatePem } = await agent.next("certificate");
  return { certificatePem, privateKeyPem };
}

const audited = async (action: string, of: string | null = serverId) =>
  (
    await rig.database<{ details: Record<string, unknown>; actorName: string }[]>`
      select details, actor_name from audit_logs
      where action = ${action} and resource_id is not distinct from ${of} order by at, id`
  ).map(({ details }) => details);
const events = async (name: string) => {
  const rows = await rig.database`
    select data from domain_events where name = ${name} and subject_id = ${serverId}`;
  return rows.map(({ data }) => data);
};
const statusOf = async () => (await findServer(rig.database, serverId))?.status;

describe("renewing", () => {
  test("a stolen state directory is worth nothing once its agent has renewed", async () => {
    const stolen = await enrol();
    const agent = await welcomed(stolen);
    const next = await renew(agent);
    await welcomed(next);

    const thief = connect(stolen);
    expect(await thief.ended).toMatchObject({
      code: grpcStatus.PERMISSION_DENIED,
      details: expect.stringMatching(/copy of the agent's state directory.*new join token/),
    });
    expect(await statusOf()).toBe("online");
    await expect
      .poll(() => audited("refuse_agent"))
      .toEqual([{ reason: "retired", address: "127.0.0.1" }]);
    expect(await audited("report_two_agents")).toHaveLength(1);
    expect(await events("server.two_agents")).toHaveLength(1);
    expect(await audited("renew_certificate")).toEqual([
      {
        address: "127.0.0.1",
        expiresAt: new Date(new X509Certificate(next.certificatePem).validTo).toISOString(),
      },
    ]);
  });

  test("nor does it renew over a stream that was open before", async () => {
    const stolen = await enrol();
    const agent = await welcomed(stolen);
    const next = await renew(agent);
    const thief = await welcomed(stolen);
    // As another replica takes the agent's next stream, this one has not heard of it.
    await rig.database`
      update server_certificates set used_at = coalesce(used_at, now()),
        retired_at = case when serial = ${new X509Certificate(stolen.certificatePem).serialNumber}
          then now() end
      where server_id = ${serverId}`;
    thief.send({ kind: "renew", csrPem: (await newCertificateRequest("CN=x")).csrPem });
    expect(await thief.ended).toMatchObject({
      code: grpcStatus.PERMISSION_DENIED,
      details: expect.stringContaining("replaced by a newer one"),
    });
    await expect.poll(() => audited("refuse_agent")).toHaveLength(1);
    await welcomed(next);
  });

  test("where the thief renews first, the agent is refused, and that is reported", async () => {
    const state = await enrol();
    await welcomed(state);
    const theirs = await renew(await welcomed(state));
    await welcomed(theirs);
    expect((await connect(state).ended).code).toBe(grpcStatus.PERMISSION_DENIED);
    expect(await events("server.two_agents")).toHaveLength(1);
  });

  test("an agent that is killed before it has stored the new one comes again with the old one", async () => {
    const state = await enrol();
    for (let killed = 0; killed < 3; killed += 1) {
      const agent = await welcomed(state);
      await renew(agent);
      agent.vanish();
    }
    const next = await renew(await welcomed(state));
    await welcomed(next);
    expect((await connect(state).ended).code).toBe(grpcStatus.PERMISSION_DENIED);
  });

  test("one that has stored it and is killed before it was used comes with the new one", async () => {
    const agent = await welcomed(await enrol());
    const next = await renew(agent);
    agent.vanish();
    await welcomed(next);
    await welcomed(next, {}, other);
  });

  test("of several that were given, the one that was stored counts, and no other afterwards", async () => {
    const agent = await welcomed(await enrol());
    const first = await renew(agent);
    const second = await renew(agent);
    await welcomed(first);
    expect((await connect(second).ended).code).toBe(grpcStatus.PERMISSION_DENIED);
    await welcomed(first);
  });

  test("what is remembered of a server is bounded, and what was forgotten stays worthless", async () => {
    const stolen = await enrol();
    const agent = await welcomed(stolen);
    const next = await renew(agent);
    const newest = await welcomed(next);
    const identity = { serverId, generation: 1 };
    const { validFrom } = issuedCertificate(identity, stolen.certificatePem, rig.authority);
    for (let n = 1; n <= 20; n += 1) {
      // One a minute.
      const issued = issuedCertificate(identity, stolen.certificatePem, rig.authority);
      const later = new Date(validFrom.getTime() + n * 60_000);
      await insertCertificate(rig.database, { ...issued, serial: `AA${n}`, validFrom: later });
    }
    const [count] = await rig.database<{ rows: number }[]>`
      select count(*) as rows from server_certificates where server_id = ${serverId}`;
    expect(count?.rows).toBeLessThan(20);
    const known = await rig.database`
      select from server_certificates
      where serial = ${new X509Certificate(stolen.certificatePem).serialNumber}`;
    expect(known).toHaveLength(0);
    expect((await connect(stolen).ended).code).toBe(grpcStatus.PERMISSION_DENIED);
    newest.vanish();
    await welcomed(next);
  });

  test("a stream does not go on for long with the certificate that was replaced", async () => {
    const impatient = await startGateway({
      database: rig.database,
      authority: rig.authority,
      log: pino({ level: "silent" }),
      address: { host: "127.0.0.1", port: 0 },
      credentialsFor: async () => ({ ok: true, value: null }),
      renewedGraceMs: 1,
    });
    try {
      const state = await enrol();
      const agent = await welcomed(state, {}, impatient);
      await renew(agent);
      expect(await agent.next("goodbye")).toMatchObject({
        reason: expect.stringContaining("was renewed"),
      });
      // It could not store the new one: it is let in, and asks again.
      await welcomed(state, {}, impatient);
    } finally {
      await impatient.stop();
    }
  });
});

describe("certificates from before they were counted", () => {
  test("go on working, and are retired like others when they are renewed", async () => {
    const state = await enrolBefore();
    await welcomed(state);
    const next = await renew(await welcomed(state));
    await welcomed(next);
    expect((await connect(state).ended).code).toBe(grpcStatus.PERMISSION_DENIED);
  });

  test("are good after the one that was in use, as after a restored backup, and not before it", async () => {
    const older = await enrolBefore();
    const generation = 1;
    const since = new X509Certificate(older.certificatePem).validFrom;
    // The certificate that is known is newer than this one.
    await rig.database`
      insert into server_certificates (server_id, serial, generation, valid_from, expires_at, used_at)
      values (${serverId}, 'AB', ${generation},
        ${new Date(Date.parse(since) + 60_000)}, now() + interval '1 year', now())`;
    expect((await connect(older).ended).code).toBe(grpcStatus.PERMISSION_DENIED);
    await rig.database`
      update server_certificates set valid_from = ${new Date(Date.parse(since) - 60_000)}
      where server_id = ${serverId}`;
    await welcomed(older);
  });
});

describe("revoking", () => {
  test.each(["this", "another"])(
    "ends the stream on %s replica, and every certificate",
    async (where) => {
      const state = await enrol();
      const agent = await welcomed(state, {}, where === "this" ? rig.gateway : other);
      const next = await renew(agent);
      await revokeCertificates(rig.database, serverId);
      expect(await agent.ended).toMatchObject({
        code: grpcStatus.PERMISSION_DENIED,
        details: expect.stringMatching(/revoked.*new join token/),
      });
      expect(await statusOf()).toBe("offline");
      for (const each of [state, next]) {
        expect(await connect(each).ended).toMatchObject({
          code: grpcStatus.PERMISSION_DENIED,
          details: expect.stringContaining("revoked"),
        });
      }
      await expect
        .poll(() => audited("refuse_agent"))
        .toEqual([{ reason: "revoked", address: "127.0.0.1" }]);
      // The way back.
      await welcomed(await enrol());
      expect(await connect(next).ended).toMatchObject({
        details: expect.stringContaining("another agent has enrolled"),
      });
    },
  );

  test("a stream that opens while it happens is refused or ended", async () => {
    const state = await enrol();
    const [agent] = await Promise.all([
      connect(state),
      transaction(rig.database, (sql) => revokeCertificates(sql, serverId)),
    ]);
    expect((await agent.ended).code).toBe(grpcStatus.PERMISSION_DENIED);
    expect(await statusOf()).not.toBe("online");
  });
});

test("a certificate that expires while its stream is open ends the stream", async () => {
  const agent = await welcomed(await enrol());
  ahead = 366 * 86_400_000;
  expect(await agent.ended).toMatchObject({
    code: grpcStatus.PERMISSION_DENIED,
    details: expect.stringMatching(/expired.*new join token/),
  });
  await expect
    .poll(() => audited("refuse_agent"))
    .toEqual([{ reason: "expired", address: "127.0.0.1" }]);
});

describe("two agents with one certificate", () => {
  test("that take over from each other are reported once", async () => {
    const state = await enrol();
    for (let times = 0; times < 3; times += 1) {
      await welcomed(state, { instanceId: "one" });
      await welcomed(state, { instanceId: "two" }, other);
    }
    expect(await audited("report_two_agents")).toEqual([
      { reason: "two agents take over from each other", address: "127.0.0.1" },
    ]);
    expect(await events("server.two_agents")).toHaveLength(1);
  });

  test("of an earlier version are told apart by their hosts", async () => {
    const state = await enrol();
    for (const hostname of ["box", "elsewhere", "box"]) {
      await welcomed(state, { host: host(hostname), instanceId: "" });
    }
    expect(await events("server.two_agents")).toHaveLength(1);
  });

  test("one whose network fails, or that is started again, is not reported", async () => {
    const state = await enrol();
    for (const instanceId of ["one", "one", "one", "two", "two", "three"]) {
      const agent = await welcomed(state, { instanceId });
      agent.vanish();
    }
    for (let times = 0; times < 3; times += 1) await welcomed(state, { instanceId: "" });
    expect(await events("server.two_agents")).toEqual([]);
    expect(await audited("report_two_agents")).toEqual([]);
  });
});
