import { limits, textLimits } from "@bridgeport/proto";
import { status as grpcStatus } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { waitLimitMs } from "../../../test/harness/limit.ts";
import { findCommand, insertCommand } from "../commands/commands.store.ts";
import { containersOf } from "../inventory/inventory.store.ts";
import { markEnrolled } from "../servers/join-tokens.store.ts";
import { findServer } from "../servers/servers.store.ts";
import { containerReport, host, type TestAgent } from "./agent.fixture.ts";
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

async function command(): Promise<string> {
  const id = await insertCommand(rig.database, { serverId, body: restart });
  expect((await rogue.next("command")).command.id).toBe(id);
  return id;
}
const outcomeOf = async (id: string) => (await findCommand(rig.database, id))?.outcome;

test("a message of two million empty containers ends the stream, unread", async () => {
  rogue.sendBytes(emptyContainers(2_000_000));
  expect(await rogue.ended).toMatchObject({
    code: grpcStatus.RESOURCE_EXHAUSTED,
    details: expect.stringContaining(String(limits.messageBytes)),
  });
  await vi.waitFor(
    async () =>
      expect(await findServer(rig.database, serverId)).toMatchObject({ status: "offline" }),
    waitLimitMs,
  );
});

test("an inventory of more containers than a server may have ends the stream", async () => {
  const containers = Array.from({ length: limits.containersInMessage }, () => ({}));
  const chunks = limits.containers / limits.containersInMessage;
  for (let chunk = 0; chunk <= chunks; chunk += 1) {
    rogue.sendWire({ inventory: { sequence: 1, chunk, last: false, containers } });
  }
  expect(await rogue.ended).toMatchObject({
    code: grpcStatus.RESOURCE_EXHAUSTED,
    details: expect.stringContaining(String(limits.containers)),
  });
});

test("numbers and texts that no database stores are stored as what they can be", async () => {
  const strange = {
    id: "a\0b",
    name: "we\0b",
    createdAtMs: "9223372036854775807",
    stopLimitMs: "18446744073709551615",
    labels: { "\0": "\0" },
  };
  const containers = [{ ...strange, createdAtMs: "9223372036854775807" }];
  rogue.sendWire({ inventory: { sequence: "18446744073709551615", last: true, containers } });
  rogue.sendWire({ host: { hostname: "\0", memoryBytes: "18446744073709551615" } });
  const known = await vi.waitFor(async () => {
    const [first] = await containersOf(rig.database, [{ serverId, names: null }]);
    expect(first).toBeDefined();
    return first?.report;
  }, waitLimitMs);
  expect(known).toMatchObject({ id: "a\ufffdb", name: "we\ufffdb" });
  expect(new Date(known?.createdAt ?? Number.NaN).toISOString()).toMatch(/^9999/);
  // It is still the same stream.
  rogue.send({ kind: "host", host: { ...host, hostname: "still here" } });
  await vi.waitFor(
    async () =>
      expect((await findServer(rig.database, serverId))?.host?.hostname).toBe("still here"),
    waitLimitMs,
  );
});

test("a policy that is no policy is stored as what it can be", async () => {
  const policyOf = async () => (await findServer(rig.database, serverId))?.host?.policy;
  const policy = { hash: "<script>", summary: `\0${"x".repeat(500_000)}` };
  rogue.sendWire({ host: { hostname: "box", policy } });
  await vi.waitFor(async () => expect(await policyOf()).toBeDefined(), waitLimitMs);
  expect(await policyOf()).toEqual({
    hash: null,
    summary: `\ufffd${"x".repeat(textLimits.name - 1)}`,
  });
  // An agent of an earlier version says nothing of it, and then nothing is known.
  rogue.send({ kind: "host", host });
  await vi.waitFor(async () => expect(await policyOf()).toBeUndefined(), waitLimitMs);
});

test.each([
  ["of a kind that was not asked for", { commit: { removed: 1 } }],
  ["of a plan's other step", { pull: { imageId: "sha256:1" } }],
])("an answer %s is a failure of the command", async (_what, body) => {
  const id = await command();
  rogue.sendWire({ result: { commandId: id, ok: true, ...body } });
  expect((await rogue.next("resultAck")).commandId).toBe(id);
  expect(await outcomeOf(id)).toMatchObject({ ok: false, failure: { code: "internal" } });
});

test("a failure of an unknown kind, with what cannot be stored, ends its command", async () => {
  const id = await command();
  const failure = { code: "constructor", message: "a\0", logLines: ["\0"] };
  rogue.sendWire({ result: { commandId: id, ok: false, failure } });
  expect((await rogue.next("resultAck")).commandId).toBe(id);
  expect(await outcomeOf(id)).toMatchObject({ ok: false, failure: { code: "internal" } });
});

test("a result that is too long ends its command with the reason, and is not sent again", async () => {
  const id = await command();
  const failure = { code: "exited", message: "x".repeat(2 * limits.messageBytes) };
  rogue.sendWire({ result: { commandId: id, ok: false, failure } });
  expect((await rogue.next("resultAck")).commandId).toBe(id);
  expect(await outcomeOf(id)).toMatchObject({
    ok: false,
    failure: { message: expect.stringContaining("update this agent") },
  });
});

test("an honest agent's full server is taken", async () => {
  const each = limits.containersInMessage / 4;
  const chunks = 4;
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const containers = Array.from({ length: each }, (_, index) => {
      const name = `c${chunk}-${index}`;
      return containerReport({ id: name, name });
    });
    rogue.send({ kind: "inventory", sequence: 0, chunk, last: chunk === chunks - 1, containers });
    await rogue.drained();
  }
  await vi.waitFor(
    async () =>
      expect(await containersOf(rig.database, [{ serverId, names: null }])).toHaveLength(
        each * chunks,
      ),
    waitLimitMs,
  );
});

test("what an agent recorded of its containers is forgotten when another enrols", async () => {
  const name = "web";
  rogue.send({
    kind: "inventory",
    sequence: 0,
    chunk: 0,
    last: true,
    containers: [containerReport({ name })],
  });
  const recorded = async () =>
    rig.database<{ recordedSpec: object | null }[]>`
      select recorded_spec from services where server_id = ${serverId}`;
  await vi.waitFor(async () => expect(await recorded()).toHaveLength(1), waitLimitMs);
  await rig.database`
    update services set recorded_spec = '{"HostConfig": {"Privileged": true}}'
    where server_id = ${serverId}`;
  await markEnrolled(rig.database, serverId, null);
  expect(await recorded()).toEqual([{ recordedSpec: null }]);
});
