import type { CommandBody, CommandResult } from "@bridgeport/proto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { waitLimitMs } from "../../../test/harness/limit.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { Problem } from "../problem.ts";
import { insertServer } from "../servers/servers.store.ts";
import { awaitOutcome, runCommand } from "./await-command.ts";
import {
  answerGraceSeconds,
  claimCommands,
  endOverdueCommands,
  findCommand,
  insertCommand,
  recordNotes,
  recordOutcome,
  recordOutcomes,
  withdraw,
} from "./commands.store.ts";
import { undoneCommands } from "./undone-commands.fixture.ts";

let rig: TestDatabase;
let serverId: string;
let otherServerId: string;
const sessionId = newId();
const restart: CommandBody = { kind: "lifecycle", containerName: "app", action: "restart" };
const done: CommandResult["outcome"] = { ok: true, body: { kind: "lifecycle", state: "running" } };
const failed: CommandResult["outcome"] = {
  ok: false,
  failure: { code: "internal", message: "late", logLines: [], exitCode: null },
};

beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());
beforeEach(async () => {
  const environmentId = await insertEnvironment(rig.database, newId());
  const server = { environmentId, hostname: null, tags: [] };
  serverId = await insertServer(rig.database, { ...server, name: "one" });
  otherServerId = await insertServer(rig.database, { ...server, name: "two" });
  await rig.database`
    update servers set session_id = ${sessionId}, status = 'online', last_seen_at = now()
    where id = ${serverId}`;
});

test("commands come back in the order in which they were given, without credentials", async () => {
  const pull: CommandBody = {
    kind: "pull",
    reference: "nginx@sha256:1",
    platform: null,
    credentials: { username: "u", password: "secret", registryHost: "h", identityToken: null },
    sizeBytes: null,
    platforms: [],
    containers: [],
  };
  const first = await insertCommand(rig.database, { serverId, body: pull });
  const second = await insertCommand(rig.database, { serverId, body: restart });
  const rows = await undoneCommands(rig.database, serverId);
  expect(rows.map(({ id }) => id)).toEqual([first, second]);
  expect(rows[0]?.body).toEqual({ ...pull, credentials: null });
});

test("only the session that holds the server may deliver, and not what was taken back", async () => {
  const kept = await insertCommand(rig.database, { serverId, body: restart });
  const taken = await insertCommand(rig.database, { serverId, body: restart });
  expect(await withdraw(rig.database, [taken])).toEqual([taken]);
  const late = await insertCommand(rig.database, {
    serverId,
    body: restart,
    deadlineAt: new Date(Date.now() - 1000),
  });
  const claim = async (session: string, but: string[] = []): Promise<string[]> => {
    const claimed = await claimCommands(rig.database, { serverId, sessionId: session }, but);
    return claimed.map(({ id }) => id);
  };
  expect(await claim(newId())).toEqual([]);
  expect(await claim(sessionId)).toEqual([kept]);
  // Again on the next stream, and not twice on one.
  expect(await claim(sessionId)).toEqual([kept]);
  expect(await claim(sessionId, [kept])).toEqual([]);
  expect((await findCommand(rig.database, late))?.status).toBe("queued");
  expect(await withdraw(rig.database, [kept])).toEqual([]);
  expect((await findCommand(rig.database, taken))?.outcome).toMatchObject({
    ok: false,
    failure: { code: "cancelled" },
  });
});

test("the first outcome stays, and only the server's own agent may say it", async () => {
  const id = await insertCommand(rig.database, { serverId, body: restart });
  expect(await recordOutcome(rig.database, otherServerId, { commandId: id, outcome: done })).toBe(
    false,
  );
  expect(await recordOutcome(rig.database, serverId, { commandId: id, outcome: done })).toBe(true);
  expect(await recordOutcome(rig.database, serverId, { commandId: id, outcome: failed })).toBe(
    false,
  );
  expect((await findCommand(rig.database, id))?.outcome).toEqual(done);
  expect(await recordOutcome(rig.database, serverId, { commandId: newId(), outcome: done })).toBe(
    false,
  );
});

test("what an agent tells is kept until the command is done, the last of it with the result", async () => {
  const [id, other] = [
    await insertCommand(rig.database, { serverId, body: restart }),
    await insertCommand(rig.database, { serverId, body: restart }),
  ];
  const line = (at: number) => ({ at, phase: "stop", message: "stopping" });
  const note = (commandId: string, at: number) => ({
    commandId,
    accepted: true,
    progress: [line(at)],
  });
  await recordNotes(rig.database, otherServerId, [note(id, 0)]);
  expect(await findCommand(rig.database, id)).toMatchObject({ status: "queued", progress: [] });
  await recordNotes(rig.database, serverId, [note(id, 1), note(other, 2)]);
  await recordNotes(rig.database, serverId, [{ ...note(other, 3), accepted: false }]);
  expect(await findCommand(rig.database, id)).toMatchObject({ status: "accepted" });
  const ends = [
    { commandId: id, outcome: done, progress: [line(4)] },
    { commandId: id, outcome: failed, progress: [line(6)] },
  ];
  expect(await recordOutcomes(rig.database, serverId, ends)).toBe(1);
  await recordNotes(rig.database, serverId, [note(id, 5)]);
  expect(await findCommand(rig.database, id)).toMatchObject({
    status: "done",
    outcome: done,
    progress: [line(1), line(4)],
  });
  expect((await findCommand(rig.database, other))?.progress).toEqual([line(2), line(3)]);
});

test("every deadline ends in an outcome, with a grace for what was delivered", async () => {
  const past = new Date(Date.now() - 1000);
  const longPast = new Date(Date.now() - (answerGraceSeconds + 1) * 1000);
  const sent = await insertCommand(rig.database, { serverId, body: restart });
  const lost = await insertCommand(rig.database, { serverId, body: restart });
  const delivered = await claimCommands(rig.database, { serverId, sessionId });
  expect(delivered.map(({ id }) => id)).toEqual([sent, lost]);
  for (const [id, deadline] of [
    [sent, past],
    [lost, longPast],
  ] as const) {
    await rig.database`update commands set deadline_at = ${deadline} where id = ${id}`;
  }
  const queued = await insertCommand(rig.database, { serverId, body: restart, deadlineAt: past });
  const endless = await insertCommand(rig.database, { serverId, body: restart });
  await endOverdueCommands(rig.database, { delivered: false });
  expect((await findCommand(rig.database, queued))?.status).toBe("done");
  expect((await findCommand(rig.database, lost))?.status).toBe("sent");
  await endOverdueCommands(rig.database);
  const left = await undoneCommands(rig.database, serverId);
  expect(left.map(({ id }) => id)).toEqual([sent, endless]);
  for (const id of [queued, lost]) {
    expect((await findCommand(rig.database, id))?.outcome).toMatchObject({
      failure: { code: "timeout" },
    });
  }
});

test("whoever waits is woken by the result", async () => {
  const id = await insertCommand(rig.database, { serverId, body: restart });
  const waiting = awaitOutcome(rig.database, id, waitLimitMs);
  await recordOutcome(rig.database, serverId, { commandId: id, outcome: done });
  expect(await waiting).toEqual(done);
});

test("nobody waits for a server that is not connected, nor for ever", async () => {
  const offline = { id: otherServerId, name: "two", status: "offline" as const };
  const refused = runCommand(rig.database, offline, restart, 1000);
  await expect(refused).rejects.toMatchObject({ kind: "agent_unavailable" });
  expect(await undoneCommands(rig.database, otherServerId)).toEqual([]);

  const online = { id: serverId, name: "one", status: "online" as const };
  const late = await runCommand(rig.database, online, restart, 10).catch((error) => error);
  expect(late).toBeInstanceOf(Problem);
  expect(late).toMatchObject({ kind: "agent_unavailable", code: "agent_timeout" });
  expect(await undoneCommands(rig.database, serverId)).toEqual([]);
});
