import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lockStateDirectory, runningAgent } from "./state/lock.ts";
import { statusLine } from "./status.ts";

const holder = { pid: 7, since: "2026-01-01T00:00:00.000Z" };

test.each([
  [null, 4, "No agent runs on /state."],
  [{ ...holder, standing: null }, 3, "The agent is starting (process 7)."],
  [
    { ...holder, standing: { version: "1.0.0", connected: true, reason: null } },
    0,
    "The agent 1.0.0 is connected (process 7).",
  ],
  [
    { ...holder, standing: { version: "1.0.0", connected: false, reason: "It is refused." } },
    3,
    "The agent 1.0.0 is not connected (process 7). It is refused.",
  ],
])("an agent's status is one line and an exit code", (running, code, text) => {
  expect(statusLine(running, "/state")).toEqual({ code, text });
});

test("the status that the agent has reported last is returned", async () => {
  const directory = await mkdtemp(join(tmpdir(), "status-"));
  expect(await runningAgent(directory)).toBeNull();
  const lock = await lockStateDirectory(directory);
  expect(await runningAgent(directory)).toMatchObject({ pid: process.pid, standing: null });
  const standing = { version: "1.0.0", connected: false, reason: "No answer." };
  lock.tell(standing);
  expect(await runningAgent(directory)).toMatchObject({ standing });
  await lock.release();
  expect(await runningAgent(directory)).toBeNull();
  await rm(directory, { recursive: true });
});
