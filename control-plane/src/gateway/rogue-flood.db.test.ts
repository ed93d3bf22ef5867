import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { agentLinkService, encodeAgentMessage, limits, type Port } from "@bridgeport/proto";
import { status as grpcStatus } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { waitLimitMs } from "../../../test/harness/limit.ts";
import { findCommand, insertCommand } from "../commands/commands.store.ts";
import { newId } from "../database/ids.ts";
import { newCertificateRequest } from "../servers/certificate-request.fixture.ts";
import { connectAgent, containerReport, hello, type TestAgent } from "./agent.fixture.ts";
import { allowances } from "./allowance.ts";
import { emptyContainers, openRogueRig, type RogueRig } from "./rogue.fixture.ts";

let rig: RogueRig;
let serverId: string;
let rogue: TestAgent;

beforeAll(async () => {
  rig = await openRogueRig();
});
afterAll(() => rig.close());
beforeEach(async () => {
  serverId = await rig.newServer();
  rogue = await rig.join(serverId);
});
afterEach(() => rig.leave());

const restart = { kind: "lifecycle", containerName: "web", action: "restart" } as const;
const exhausted = (details: string) => ({
  code: grpcStatus.RESOURCE_EXHAUSTED,
  details: expect.stringContaining(details),
});
const progress = (commandId: string, message = "pulled") =>
  ({ kind: "progress", commandId, phase: "pull", message, at: 1 }) as const;
const ended = (commandId: string) =>
  ({
    kind: "result",
    result: {
      commandId,
      startedAt: 1,
      finishedAt: 2,
      outcome: { ok: true, body: { kind: "lifecycle", state: "running" } },
    },
  }) as const;
const bytesOf = (message: Parameters<typeof encodeAgentMessage>[0]) =>
  agentLinkService.Connect.requestSerialize(encodeAgentMessage(message));

/** Sends until nothing is taken any longer. */
async function flood(agent: TestAgent, bytes: () => Buffer): Promise<void> {
  let over = false;
  void agent.ended.then(() => {
    over = true;
  });
  while (!over) {
    for (let count = 0; count < 16; count += 1) agent.sendBytes(bytes());
    await agent.drained();
    // What comes back is read in between.
    await setImmediate();
  }
}

describe("commands of its own only", () => {
  test("another server's command can neither be told of nor ended", async () => {
    const victimId = await rig.newServer("victim");
    const victim = await rig.join(victimId);
    const id = await insertCommand(rig.database, { serverId: victimId, body: restart });
    await victim.next("command");
    rogue.send(progress(id));
    rogue.send(ended(id));
    rogue.send(ended("no id at all"));
    expect((await rogue.next("resultAck")).commandId).toBe(id);
    expect((await rogue.next("resultAck")).commandId).toBe("no id at all");
    expect(await findCommand(rig.database, id)).toMatchObject({ outcome: null, progress: [] });
  });

  test.each([
    ["progress", () => progress(newId())],
    ["acceptance", () => ({ kind: "accepted", commandId: newId() }) as const],
    ["results", () => ended(newId())],
    ["results with ids that are none", () => ended("x")],
    [
      "lines",
      () => ({ kind: "log" as const, followId: newId(), lines: [], end: true, error: null }),
    ],
  ])("who invents %s without end is cut off with the reason", async (_what, invent) => {
    await flood(rogue, () => bytesOf(invent()));
    expect(await rogue.ended).toMatchObject(exhausted("never given"));
  });

  test("what an earlier stream was given is told of on the next one, before it is given again", async () => {
    const id = await insertCommand(rig.database, { serverId, body: restart });
    await rogue.next("command");
    rogue.vanish();
    const again = await connectAgent(rig.authority, rig.gateway.address.port, serverId);
    again.send(hello);
    again.send(progress(id, "again"));
    again.send(ended(id));
    await again.next("resultAck");
    expect(await findCommand(rig.database, id)).toMatchObject({
      outcome: { ok: true },
      progress: [{ message: "again" }],
    });
    // An acknowledgement may be lost: it says so once more.
    again.send(ended(id));
    expect((await again.next("resultAck")).commandId).toBe(id);
    again.vanish();
  });

  test("progress of one command is kept up to a number of lines", async () => {
    const id = await insertCommand(rig.database, { serverId, body: restart });
    await rogue.next("command");
    for (let line = 0; line < 3000; line += 1) rogue.send(progress(id));
    rogue.send(ended(id));
    await rogue.next("resultAck");
    const { progress: kept } = (await findCommand(rig.database, id)) ?? { progress: [] };
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThanOrEqual(1000);
  });
});

test("who sends more lines than its reader has asked for is cut off", async () => {
  let seen = 0;
  const stop = await rig.gateway.followLogs(
    serverId,
    "web",
    { tail: 0, since: null },
    ({ lines }) => {
      seen += lines.length;
      return new Promise<void>(() => undefined);
    },
  );
  const { followId, credit } = await rogue.next("logStart");
  const line = { at: 1, stream: "stdout", text: "x" } as const;
  const lines = Array.from({ length: credit / 4 }, () => line);
  for (let part = 0; part < 4; part += 1) {
    rogue.send({ kind: "log", followId, lines, end: false, error: null });
  }
  await vi.waitFor(() => expect(seen).toBe(credit), waitLimitMs);
  rogue.send({ kind: "log", followId, lines: [line], end: false, error: null });
  expect(await rogue.ended).toMatchObject(exhausted("more lines"));
  stop();
});

describe("a rate", () => {
  test("messages without end end the stream, and the next one too", async () => {
    const nothing = Buffer.from([0x9a, 0x06, 0x00]);
    await flood(rogue, () => nothing);
    expect(await rogue.ended).toMatchObject(exhausted("faster"));
    const again = await connectAgent(rig.authority, rig.gateway.address.port, serverId);
    again.send(hello);
    await flood(again, () => nothing);
    expect(await again.ended).toMatchObject(exhausted("faster"));
  });

  test("certificates without end end the stream", async () => {
    const { csrPem } = await newCertificateRequest("CN=agent");
    for (let count = 0; count <= allowances.renewals.burst; count += 1) {
      rogue.send({ kind: "renew", csrPem });
    }
    expect(await rogue.ended).toMatchObject(exhausted("certificates"));
  });

  test("streams without end are refused, and another server's is not", async () => {
    const { port } = rig.gateway.address;
    const agents: TestAgent[] = [];
    for (let count = 0; count < allowances.streams.burst; count += 1) {
      agents.push(await connectAgent(rig.authority, port, serverId));
      agents.at(-1)?.send(hello);
    }
    expect(await Promise.race(agents.map((agent) => agent.ended))).toMatchObject(
      expect.objectContaining({ details: expect.any(String) }),
    );
    const last = await connectAgent(rig.authority, port, serverId);
    last.send(hello);
    expect(await last.ended).toMatchObject(exhausted("too often"));
    for (const agent of agents) agent.vanish();
    await rig.join(await rig.newServer("other"));
  });
});

describe("while one floods", () => {
  let beside: Server;
  beforeAll(async () => {
    beside = createServer((_request, response) => response.end("ok"));
    await new Promise<void>((resolve) => beside.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => beside.close());

  /** An order to another agent, there and back, and a request to this process. */
  async function round(other: TestAgent, otherId: string): Promise<void> {
    const { port } = beside.address() as AddressInfo;
    await (await fetch(`http://127.0.0.1:${port}`)).text();
    const id = await insertCommand(rig.database, { serverId: otherId, body: restart });
    await other.next("command");
    other.send(ended(id));
    await other.next("resultAck");
  }

  const port: Port = { containerPort: 1, hostPort: null, hostIp: null, protocol: "" };
  const full = containerReport({ ports: Array.from({ length: 50_000 }, () => port) });
  const tiny = Buffer.from([0x9a, 0x06, 0x00]);
  const chunk = emptyContainers(limits.containersInMessage);

  test.each([
    ["messages of millions of empty containers", () => emptyContainers(2_000_000)],
    [
      "containers of many ports",
      () => bytesOf({ kind: "change", sequence: 1, change: { upsert: full } }),
    ],
    ["messages that say nothing", () => tiny],
    ["inventories that never end", () => chunk],
  ])(
    "with %s, its stream ends, and all that the others are asked is answered",
    async (_what, make) => {
      const otherId = await rig.newServer("other");
      const other = await rig.join(otherId);
      const bytes = make();
      let over = false;
      const flooding = flood(rogue, () => bytes).then(() => {
        over = true;
      });
      let answered = 0;
      do {
        await round(other, otherId);
        answered += 1;
      } while (!over);
      await flooding;
      await round(other, otherId);
      expect(answered).toBeGreaterThan(0);
    },
  );
});
