import { X509Certificate } from "node:crypto";
import type { CommandBody, CommandResult, Credentials, Failure } from "@bridgeport/proto";
import { status as grpcStatus } from "@grpc/grpc-js";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { waitLimitMs } from "../../../test/harness/limit.ts";
import { awaitOutcome } from "../commands/await-command.ts";
import { findCommand, insertCommand, withdraw } from "../commands/commands.store.ts";
import { undoneCommands } from "../commands/undone-commands.fixture.ts";
import { ConfigError } from "../config.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { refreshInventory } from "../inventory/refresh.ts";
import { secretsWith } from "../secrets.ts";
import { type Authority, openAuthority } from "../servers/certificate-authority.ts";
import { newCertificateRequest } from "../servers/certificate-request.fixture.ts";
import { markEnrolled } from "../servers/join-tokens.store.ts";
import { leaseSeconds } from "../servers/online.store.ts";
import { deleteServer, findServer, insertServer } from "../servers/servers.store.ts";
import { listServices } from "../services/services.store.ts";
import {
  connectAgent,
  containerReport,
  hello,
  openStream,
  type TestAgent,
} from "./agent.fixture.ts";
import type { CredentialsRequest } from "./delivery.ts";
import { type Gateway, startGateway } from "./gateway.ts";

let rig: TestDatabase;
let authority: Authority;
let gateway: Gateway;
let environmentId: string;
let serverId: string;
let agents: TestAgent[] = [];
const credentials: Credentials = {
  username: "u",
  password: "secret",
  registryHost: "registry.example.com",
  identityToken: null,
};
const withToken = (renewals: number): Credentials => ({
  ...{ username: "", password: "", registryHost: "registry.example.com", identityToken: null },
  registryToken: { value: `token ${renewals}`, expiresAt: 1_800_000_000_000 },
});
const enterAgain = "Enter them again.";
let asked: CredentialsRequest[] = [];
const log = pino({ level: "silent" });
const restart: CommandBody = { kind: "lifecycle", containerName: "web", action: "restart" };
const done: CommandResult["outcome"] = { ok: true, body: { kind: "lifecycle", state: "running" } };
const failure: Failure = { code: "unhealthy", message: "no", logLines: [], exitCode: null };

function startOne(): Promise<Gateway> {
  return startGateway({
    database: rig.database,
    log,
    authority,
    address: { host: "127.0.0.1", port: 0 },
    async credentialsFor(request) {
      const { registryId, agent } = request;
      asked.push(request);
      if (registryId === broken) return { ok: false, code: "unauthorized", message: enterAgain };
      if (registryId === slow) await new Promise(() => undefined);
      return { ok: true, value: agent.takesTokens ? withToken(agent.renewals) : credentials };
    },
  });
}
const broken = newId();
const slow = newId();

beforeAll(async () => {
  rig = await openTestDatabase();
  authority = await openAuthority(rig.database, secretsWith("11".repeat(32)));
  gateway = await startOne();
});
afterAll(async () => {
  await gateway.stop();
  await rig.close();
});
beforeEach(async () => {
  environmentId = await insertEnvironment(rig.database, newId());
  serverId = await insertServer(rig.database, {
    environmentId,
    name: "one",
    hostname: null,
    tags: [],
  });
});
afterEach(() => {
  for (const agent of agents) agent.vanish();
  agents = [];
  asked = [];
});

async function join(
  port = gateway.address.port,
  id = serverId,
  capabilities: string[] = [],
): Promise<TestAgent> {
  const agent = await connectAgent(authority, port, id);
  agents.push(agent);
  agent.send({ ...hello, capabilities });
  expect(await agent.next("welcome")).toMatchObject({ serverId: id, protocolVersion: 1 });
  return agent;
}

const services = async () => {
  const filter = { of: { serverId }, q: null, imageId: null };
  return (await listServices(rig.database, filter, null)).services;
};
const statusOf = async (id = serverId) => (await findServer(rig.database, id))?.status;
const inventory = (sequence: number, ...containers: ReturnType<typeof containerReport>[]) => ({
  kind: "inventory" as const,
  sequence,
  chunk: 0,
  last: true,
  containers,
});
const result = (commandId: string, outcome: CommandResult["outcome"] = done) => ({
  kind: "result" as const,
  result: { commandId, startedAt: 1, finishedAt: 2, outcome },
});

describe("who may connect", () => {
  test("a server's agent is welcomed, and its server is online with what it told", async () => {
    await join();
    const server = await findServer(rig.database, serverId);
    expect(server).toMatchObject({
      status: "online",
      agentVersion: "0.1.0",
      hostname: "box",
      host: { dockerVersion: "29.1.0" },
    });
  });

  test("a certificate of another authority gets nowhere", async () => {
    const other = await openTestDatabase();
    try {
      const theirs = await openAuthority(other.database, secretsWith("22".repeat(32)));
      const { csrPem, privateKeyPem } = await newCertificateRequest("CN=x");
      const certificate = (await theirs.issueForServer({ serverId, generation: 0 }, csrPem)) ?? "";
      const { port } = gateway.address;
      const agent = openStream(port, authority.certificatePem, privateKeyPem, certificate);
      agents.push(agent);
      agent.send(hello);
      expect((await agent.ended).code).toBe(grpcStatus.UNAUTHENTICATED);
    } finally {
      await other.close();
    }
  });

  test("our own certificate is no agent's", async () => {
    const own = await authority.issueForControlPlane();
    const { port } = gateway.address;
    const { certificatePem, privateKeyPem } = own;
    const agent = openStream(port, authority.certificatePem, privateKeyPem, certificatePem);
    agents.push(agent);
    agent.send(hello);
    expect((await agent.ended).code).toBe(grpcStatus.UNAUTHENTICATED);
  });

  test("a deleted server's certificate is refused", async () => {
    await deleteServer(rig.database, serverId);
    const agent = await connectAgent(authority, gateway.address.port, serverId);
    agents.push(agent);
    agent.send(hello);
    expect((await agent.ended).code).toBe(grpcStatus.PERMISSION_DENIED);
  });

  test("an agent that enrols again cuts the earlier one off, and its certificate is worthless", async () => {
    const earlier = await join();
    const generation = await markEnrolled(rig.database, serverId, null);
    expect(await earlier.next("goodbye")).toMatchObject({
      reason: expect.stringContaining("another agent has enrolled"),
    });
    await earlier.ended;
    expect(await statusOf()).toBe("offline");

    const again = await connectAgent(authority, gateway.address.port, serverId);
    agents.push(again);
    again.send(hello);
    expect(await again.ended).toMatchObject({
      code: grpcStatus.PERMISSION_DENIED,
      details: expect.stringContaining("another agent has enrolled"),
    });

    const { port } = gateway.address;
    const newer = await connectAgent(authority, port, serverId, generation);
    agents.push(newer);
    newer.send(hello);
    await newer.next("welcome");
    // What it gets when it renews is of its own enrolment.
    newer.send({ kind: "renew", csrPem: (await newCertificateRequest("CN=x")).csrPem });
    const { certificatePem } = await newer.next("certificate");
    expect(new X509Certificate(certificatePem).subjectAltName).toMatch(
      new RegExp(`/${generation}$`),
    );
  });

  test("an agent that does not begin with Hello is refused", async () => {
    const agent = await connectAgent(authority, gateway.address.port, serverId);
    agents.push(agent);
    agent.send({ kind: "goodbye", reason: "x" });
    expect((await agent.ended).code).toBe(grpcStatus.INVALID_ARGUMENT);
    expect(await statusOf()).toBe("pending");
  });
});

describe("a session's end", () => {
  test.each(["vanishes", "says goodbye"])(
    "the server is offline when its agent %s",
    async (how) => {
      const agent = await join();
      if (how === "vanishes") agent.vanish();
      else agent.send({ kind: "goodbye", reason: "restarting" });
      await expect.poll(() => statusOf()).toBe("offline");
    },
  );

  test("deleting the server ends its stream at once", async () => {
    const agent = await join();
    await deleteServer(rig.database, serverId);
    expect(await agent.next("goodbye")).toMatchObject({ reason: "this server was deleted" });
    await agent.ended;
  });

  test("the newest session wins, also over replicas", async () => {
    const second = await startOne();
    try {
      const first = await join();
      const newer = await join();
      await first.ended;
      expect(await statusOf()).toBe("online");

      const elsewhere = await join(second.address.port);
      // Whatever the replaced one still says has no effect, and ends it.
      newer.send(inventory(0, containerReport()));
      await newer.ended;
      expect(await services()).toEqual([]);
      expect(await statusOf()).toBe("online");

      const id = await insertCommand(rig.database, { serverId, body: restart });
      expect((await elsewhere.next("command")).command.id).toBe(id);
    } finally {
      await second.stop();
    }
  });

  test("servers of a replica that died are offline when their lease has run out", async () => {
    await rig.database`
      update servers set status = 'online', session_id = ${newId()},
        last_seen_at = now() - make_interval(secs => ${leaseSeconds + 1})
      where id = ${serverId}`;
    expect(await statusOf()).toBe("offline");
  });

  test("a gateway that stops says goodbye to all", async () => {
    const second = await startOne();
    const agent = await join(second.address.port);
    await second.stop();
    expect(await agent.next("goodbye")).toMatchObject({ reason: "the control plane is stopping" });
    expect(await statusOf()).toBe("offline");
  });
});

describe("commands", () => {
  test("are delivered when they are queued, answered and acknowledged", async () => {
    const agent = await join();
    const id = await insertCommand(rig.database, { serverId, body: restart });
    const expected = { id, deadlineAt: null, after: [], planId: null, body: restart };
    expect((await agent.next("command")).command).toEqual(expected);
    agent.send({ kind: "accepted", commandId: id });
    agent.send({ kind: "progress", commandId: id, phase: "stop", message: "stopping", at: 5 });
    const phases = [{ name: "stop" as const, startedAt: 6, finishedAt: 8 }];
    agent.send({ kind: "result", result: { ...result(id).result, phases } });
    expect(await agent.next("resultAck")).toEqual({ kind: "resultAck", commandId: id });
    expect(await findCommand(rig.database, id)).toMatchObject({
      status: "done",
      outcome: done,
      progress: [{ at: 5, phase: "stop", message: "stopping" }],
      work: { startedAt: expect.any(Number), finishedAt: expect.any(Number), phases },
    });
  });

  test("wait for their server, keep their order, and come again on the next stream", async () => {
    const first = await insertCommand(rig.database, { serverId, body: restart });
    const second = await insertCommand(rig.database, { serverId, body: restart });
    const gone = await insertCommand(rig.database, { serverId, body: restart });
    await withdraw(rig.database, [gone]);
    const agent = await join();
    expect((await agent.next("command")).command.id).toBe(first);
    expect((await agent.next("command")).command.id).toBe(second);
    agent.send(result(first));
    await agent.next("resultAck");
    agent.vanish();

    const again = await join();
    expect((await again.next("command")).command.id).toBe(second);
    again.send(result(second));
    await again.next("resultAck");
    expect(await undoneCommands(rig.database, serverId)).toEqual([]);
  });

  describe("that wait for others", () => {
    const joinAs = (...capabilities: string[]) =>
      join(gateway.address.port, serverId, capabilities);
    const insertPair = async () => {
      const first = await insertCommand(rig.database, { serverId, body: restart });
      const after = [first];
      const second = await insertCommand(rig.database, { serverId, body: restart, after });
      return { first, second };
    };

    test("are delivered at once, and again, to an agent that can hold them back", async () => {
      const { first, second } = await insertPair();
      for (const agent of [await joinAs("after", "more"), await joinAs("after")]) {
        expect((await agent.next("command")).command).toMatchObject({ id: first, after: [] });
        expect((await agent.next("command")).command).toMatchObject({ id: second, after: [first] });
      }
    });

    test("are delivered to any other agent when those have succeeded, and not if they fail", async () => {
      const good = await insertPair();
      const bad = await insertPair();
      const other = await insertCommand(rig.database, { serverId, body: restart });
      const agent = await joinAs("more");
      for (const id of [good.first, bad.first, other]) {
        expect((await agent.next("command")).command.id).toBe(id);
      }
      agent.send(result(bad.first, { ok: false, failure }));
      agent.send(result(good.first));
      expect((await agent.next("command")).command).toMatchObject({ id: good.second, after: [] });
      expect(await findCommand(rig.database, bad.second)).toMatchObject({ status: "queued" });
    });

    test("are kept from an agent that cannot hold them back any longer", async () => {
      const { first, second } = await insertPair();
      const able = await joinAs("after");
      await able.next("command");
      await able.next("command");
      const downgraded = await joinAs();
      expect((await downgraded.next("command")).command.id).toBe(first);
      downgraded.send(result(first));
      await downgraded.next("resultAck");
      expect((await downgraded.next("command")).command).toMatchObject({ id: second, after: [] });
    });
  });

  test("that are overdue are ended instead of delivered", async () => {
    const late = await insertCommand(rig.database, {
      serverId,
      body: restart,
      deadlineAt: new Date(Date.now() - 1),
    });
    const timely = await insertCommand(rig.database, { serverId, body: restart });
    const agent = await join();
    expect((await agent.next("command")).command.id).toBe(timely);
    expect((await findCommand(rig.database, late))?.outcome).toMatchObject({
      failure: { code: "timeout" },
    });
  });

  test("get their credentials on the wire only", async () => {
    const registryId = await insertRegistry(newId());
    const reference = `registry.example.com/app@sha256:${"2".repeat(64)}`;
    const body: CommandBody = {
      kind: "pull",
      reference,
      platform: null,
      credentials: null,
      sizeBytes: null,
      platforms: [],
      containers: [],
    };
    const agent = await join();
    const id = await insertCommand(rig.database, { serverId, body, registryId });
    expect((await agent.next("command")).command.body).toEqual({ ...body, credentials });
    expect((await findCommand(rig.database, id))?.body).toEqual(body);

    const waiting = await insertRegistry(slow);
    await insertCommand(rig.database, { serverId, body, registryId: waiting });
    const other = await insertCommand(rig.database, { serverId, body: restart });
    expect((await agent.next("command")).command.id).toBe(other);

    const unreadable = await insertRegistry(broken);
    const back: CommandBody = {
      kind: "rollback",
      ...{ serviceId: newId(), containerName: "web", runCommandId: newId(), spec: null },
      ...{ reference, order: "stop-first", credentials: null },
      gate: { waitMs: null, retries: 0, intervalMs: 0, url: null, probe: "eager" },
    };
    await insertCommand(rig.database, { serverId, body: back, registryId: unreadable });
    expect((await agent.next("command")).command.body).toEqual(back);
    const failing = { serverId, body, registryId: unreadable };
    const failed = await insertCommand(rig.database, failing);
    expect(await awaitOutcome(rig.database, failed, waitLimitMs)).toMatchObject({
      failure: { code: "unauthorized" },
    });
  });

  test("get another token when theirs has run out, and only as long as they are open", async () => {
    const registryId = await insertRegistry(newId());
    const reference = `registry.example.com/app@sha256:${"2".repeat(64)}`;
    const body: CommandBody = {
      ...{ kind: "pull", reference, platform: null, credentials: null, sizeBytes: null },
      ...{ platforms: [], containers: [] },
    };
    const agent = await join(gateway.address.port, serverId, ["registry-token"]);
    const id = await insertCommand(rig.database, { serverId, body, registryId });
    expect((await agent.next("command")).command.body).toMatchObject({ credentials: withToken(0) });
    agent.send({ kind: "credentialsRequest", commandId: id });
    const first = await agent.next("credentials");
    expect(first).toMatchObject({ commandId: id, credentials: withToken(1), error: null });
    agent.send({ kind: "credentialsRequest", commandId: id });
    expect(await agent.next("credentials")).toMatchObject({ credentials: withToken(2) });
    expect(asked[0]?.agent).toEqual({
      ...{ server: "one", takesTokens: true, engineTakesTokens: null, renewals: 0 },
    });
    // A command of another kind, one that is over, and one that this server never had.
    const other = await insertCommand(rig.database, { serverId, body: restart });
    await agent.next("command");
    agent.send({ kind: "credentialsRequest", commandId: other });
    agent.send({
      kind: "result",
      result: { ...result(id).result, outcome: { ok: false, failure } },
    });
    await agent.next("resultAck");
    const before = asked.length;
    agent.send({ kind: "credentialsRequest", commandId: id });
    agent.send({ kind: "credentialsRequest", commandId: newId() });
    agent.send(result(other));
    await agent.next("resultAck");
    expect(asked.length).toBe(before);
    const wakes = await insertCommand(rig.database, { serverId, body, registryId });
    expect((await agent.next("command")).command.id).toBe(wakes);
  });

  test("that can be told why there are no credentials look for the image first", async () => {
    const registryId = await insertRegistry(broken);
    const reference = `registry.example.com/app@sha256:${"2".repeat(64)}`;
    const body: CommandBody = {
      ...{ kind: "pull", reference, platform: null, credentials: null, sizeBytes: null },
      ...{ platforms: [], containers: [] },
    };
    const agent = await join(gateway.address.port, serverId, ["registry-token"]);
    const id = await insertCommand(rig.database, { serverId, body, registryId });
    const refusal = { code: "unauthorized", message: enterAgain };
    expect((await agent.next("command")).command.body).toMatchObject({ credentials: { refusal } });
    expect(await findCommand(rig.database, id)).toMatchObject({ status: "sent", body });
  });

  test("results of unknown commands are acknowledged, so that the agent forgets them", async () => {
    const agent = await join();
    const commandId = newId();
    agent.send(result(commandId));
    expect(await agent.next("resultAck")).toEqual({ kind: "resultAck", commandId });
  });
});

describe("containers", () => {
  test("become services as they are reported, and are missing when they go", async () => {
    const agent = await join();
    agent.send(inventory(0, containerReport()));
    await expect.poll(() => services()).toHaveLength(1);
    expect((await services())[0]).toMatchObject({
      name: "web",
      imageName: "nginx",
      imageTag: "1.27",
      runningDigest: `sha256:${"2".repeat(64)}`,
      discoveryStatus: "found",
      container: { state: "running" },
    });
    const removedId = containerReport().id;
    agent.send({ kind: "change", sequence: 1, change: { removedId } });
    await vi.waitFor(
      async () =>
        expect((await services())[0]).toMatchObject({
          discoveryStatus: "missing",
          runningDigest: null,
          container: null,
        }),
      { timeout: waitLimitMs },
    );
  });

  test("a gap in the reports is asked about", async () => {
    const agent = await join();
    agent.send(inventory(0));
    agent.send({ kind: "change", sequence: 2, change: { upsert: containerReport() } });
    await agent.next("inventoryRequest");
    agent.send(inventory(2, containerReport(), containerReport({ id: "d", name: "db" })));
    await expect.poll(() => services()).toHaveLength(2);
  });

  test("a complete inventory can be asked for from any replica", async () => {
    const second = await startOne();
    try {
      const agent = await join(second.address.port);
      const asking = refreshInventory(
        rig.database,
        { id: serverId, name: "one", status: "online" },
        waitLimitMs,
      );
      await agent.next("inventoryRequest");
      agent.send(inventory(0, containerReport()));
      await asking;
      expect(await services()).toHaveLength(1);
    } finally {
      await second.stop();
    }
  });
});

test("a certificate is renewed over the stream, in the server's name", async () => {
  const agent = await join();
  const { csrPem, privateKeyPem } = await newCertificateRequest("CN=somebody-else");
  agent.send({ kind: "renew", csrPem: "nonsense" });
  agent.send({ kind: "renew", csrPem });
  const { certificatePem, caPem } = await agent.next("certificate");
  expect(caPem).toBe(authority.certificatePem);
  const renewed = openStream(gateway.address.port, caPem, privateKeyPem, certificatePem);
  agents.push(renewed);
  renewed.send(hello);
  expect(await renewed.next("welcome")).toMatchObject({ serverId });
});

describe("followed logs", () => {
  test("come with credit, and stop when they are stopped", async () => {
    const agent = await join();
    const told: string[] = [];
    const stop = await gateway.followLogs(
      serverId,
      "web",
      { tail: 10, since: null },
      ({ lines }) => {
        told.push(...lines.map(({ text }) => text));
      },
    );
    const { followId, credit } = await agent.next("logStart");
    expect(credit).toBeGreaterThan(0);
    const lines = [{ at: 1, stream: "stdout" as const, text: "hello" }];
    agent.send({ kind: "log", followId, lines, end: false, error: null });
    expect(await agent.next("logCredit")).toEqual({ kind: "logCredit", followId, lines: 1 });
    expect(told).toEqual(["hello"]);
    stop();
    expect(await agent.next("logStop")).toEqual({ kind: "logStop", followId });
  });

  test("end with their agent's stream, and with a sentence", async () => {
    const agent = await join();
    const ended = new Promise((resolve, reject) => {
      gateway
        .followLogs(serverId, "web", { tail: 0, since: null }, (event) => {
          if (event.end) resolve(event.error);
        })
        .catch(reject);
    });
    await agent.next("logStart");
    agent.vanish();
    expect(await ended).toMatch(/not connected/);
  });

  test("of a server that is not connected anywhere are refused", async () => {
    await expect(
      gateway.followLogs(serverId, "web", { tail: 0, since: null }, () => {}),
    ).rejects.toThrow(/not connected/);
  });

  describe("from another replica", () => {
    let other: Gateway;
    beforeAll(async () => {
      other = await startOne();
    });
    afterAll(() => other.stop());

    const line = (text: string) => ({ at: 1, stream: "stdout" as const, text });
    const say = (agent: TestAgent, followId: string, ...texts: string[]) =>
      agent.send({ kind: "log", followId, lines: texts.map(line), end: false, error: null });

    /** Follows through the other replica; `taken` settles the reader's turn. */
    async function followElsewhere() {
      const told: string[] = [];
      let end: string | null | undefined;
      let taken: () => void = () => {};
      const stop = await other.followLogs(
        serverId,
        "web",
        { tail: 10, since: 5 },
        ({ lines, end: ended, error }) => {
          told.push(...lines.map(({ text }) => text));
          if (ended) end = error;
          return new Promise<void>((resolve) => {
            taken = resolve;
          });
        },
      );
      return { told, stop, end: () => end, taken: () => taken() };
    }

    test("they come in order, and the agent gets credit when the reader has them", async () => {
      const agent = await join();
      const reader = await followElsewhere();
      const { followId, ...started } = await agent.next("logStart");
      expect(started).toMatchObject({ containerName: "web", tail: 10, since: 5 });
      say(agent, followId, "one", "two");
      say(agent, followId, "three");
      await expect.poll(() => reader.told).toEqual(["one", "two"]);
      reader.taken();
      expect(await agent.next("logCredit")).toMatchObject({ lines: 2 });
      await expect.poll(() => reader.told).toEqual(["one", "two", "three"]);
      reader.taken();
      expect(await agent.next("logCredit")).toMatchObject({ lines: 1 });

      reader.stop();
      expect(await agent.next("logStop")).toEqual({ kind: "logStop", followId });
      await vi.waitFor(
        async () => {
          expect(await rig.database`select from log_follows`).toHaveLength(0);
        },
        { timeout: waitLimitMs },
      );
    });

    test("they end with the container, or with the agent's stream, and with a sentence", async () => {
      const agent = await join();
      const first = await followElsewhere();
      const { followId } = await agent.next("logStart");
      agent.send({ kind: "log", followId, lines: [], end: true, error: null });
      await expect.poll(() => first.end()).toBeNull();

      const second = await followElsewhere();
      await agent.next("logStart");
      agent.vanish();
      await expect.poll(() => second.end()).toMatch(/not connected/);
    });

    test("what a crash of the database has swept away ends with a sentence too", async () => {
      await join();
      const reader = await followElsewhere();
      await rig.database`delete from log_follows`;
      await vi.waitFor(() => expect(reader.end()).toMatch(/not connected/), {
        timeout: waitLimitMs,
      });
    });
  });
});

test("an agent that does not read is cut off rather than buffered for", async () => {
  const agent = await join();
  agent.pause();
  const text = "x".repeat(200);
  for (let sent = 0; sent < 12_000 && gateway.connected() > 0; sent++) {
    // Each unknown follow is answered; no one reads the answers.
    agent.send({
      kind: "log",
      followId: `${sent}-${text}`,
      lines: [],
      end: false,
      error: null,
    });
    if (sent % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await vi.waitFor(async () => expect(await statusOf()).toBe("offline"), { timeout: waitLimitMs });
});

test("an address that is taken is one line", async () => {
  const taken = startGateway({
    database: rig.database,
    log,
    authority,
    address: gateway.address,
    credentialsFor: async () => ({ ok: true, value: null }),
  });
  await expect(taken).rejects.toThrow(ConfigError);
});

async function insertRegistry(id: string): Promise<string> {
  await rig.database`
    insert into registries (id, environment_id, name, type, registry_url)
    values (${id}, ${environmentId}, ${id}, 'generic', 'https://registry.example.com')
    on conflict (id) do update set environment_id = excluded.environment_id`;
  return id;
}
