import { appendFile, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command, CommandResult } from "@bridgeport/proto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createLogger, silentLogger } from "../log.ts";
import { Journal } from "./journal.ts";

const dayMs = 24 * 60 * 60_000;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "journal-"));
});
afterEach(() => rm(directory, { recursive: true }));

const pull: Command = {
  id: "0197-pull",
  deadlineAt: 5_000,
  body: {
    kind: "pull",
    reference: "registry.example/app@sha256:1",
    platform: null,
    credentials: {
      username: "user",
      password: "hunter2",
      registryHost: "registry.example",
      identityToken: null,
    },
    sizeBytes: null,
    platforms: [],
    containers: [],
  },
};
const logs: Command = {
  id: "0197-logs",
  deadlineAt: null,
  body: { kind: "logs", containerName: "web", tail: 10, since: null },
};
const cancel = (commandId: string): Command => ({
  id: `cancel-${commandId}`,
  deadlineAt: null,
  body: { kind: "cancel", commandId },
});

function resultOf(commandId: string, finishedAt = 2_000): CommandResult {
  return {
    commandId,
    startedAt: 1_000,
    finishedAt,
    outcome: { ok: true, body: { kind: "commit", removed: 1 } },
  };
}

const open = () => Journal.open(directory, silentLogger);

describe("the journal", () => {
  test("keeps a command, its phases and its result over a restart", async () => {
    const first = await open();
    await first.accept(pull, 1_000);
    await first.phase(pull.id, { name: "stopping", data: { id: "abc" }, at: 1_500 });
    await first.phase(pull.id, { name: "starting", data: {}, at: 1_600 });

    const second = await open();
    expect(second.unfinished().map((one) => one.commandId)).toEqual([pull.id]);
    expect(await second.entry(pull.id)).toMatchObject({
      commandId: pull.id,
      deadlineAt: 5_000,
      acceptedAt: 1_000,
      phases: [
        { name: "stopping", data: { id: "abc" }, at: 1_500 },
        { name: "starting", data: {}, at: 1_600 },
      ],
    });
    await second.finish(resultOf(pull.id));

    const third = await open();
    expect(third.unfinished()).toEqual([]);
    expect(third.unacknowledged()).toEqual([pull.id]);
    expect(await third.result(pull.id)).toEqual(resultOf(pull.id));
    await third.acknowledge(pull.id, 3_000);

    const fourth = await open();
    expect(fourth.unacknowledged()).toEqual([]);
    expect(await fourth.result(pull.id)).toEqual(resultOf(pull.id));
  });

  test("a result that cannot be written is sent again, and written when it is acknowledged", async () => {
    const journal = await open();
    await journal.accept(pull, 1_000);
    const file = join(directory, `${pull.id}.jsonl`);
    await rename(file, `${file}.away`);
    await expect(journal.finish(resultOf(pull.id))).rejects.toThrow(/ENOENT/);
    expect(journal.unfinished()).toEqual([]);
    expect(await journal.result(pull.id)).toEqual(resultOf(pull.id));
    await expect(journal.acknowledge(pull.id, 3_000)).rejects.toThrow(/ENOENT/);
    expect(journal.unacknowledged()).toEqual([pull.id]);

    await rename(`${file}.away`, file);
    await journal.acknowledge(pull.id, 4_000);
    expect(journal.unacknowledged()).toEqual([]);

    const next = await open();
    expect(next.unfinished()).toEqual([]);
    expect(next.unacknowledged()).toEqual([]);
    expect(await next.result(pull.id)).toEqual(resultOf(pull.id));
  });

  test("never contains credentials", async () => {
    const journal = await open();
    await journal.accept(pull, 1_000);
    for (const file of await readdir(directory)) {
      expect(await readFile(join(directory, file), "utf8")).not.toContain("hunter2");
    }
    expect(journal.summary(pull.id)?.credentialsRemoved).toBe(true);
    expect((await open()).summary(pull.id)?.credentialsRemoved).toBe(true);
    await journal.accept(logs, 1_000);
    expect(journal.summary(logs.id)?.credentialsRemoved).toBe(false);
  });

  test("knows the command that cancels or undoes another one", async () => {
    const journal = await open();
    await journal.accept(cancel("run-1"), 1_000);
    expect(journal.undoneBy("run-1")?.kind).toBe("cancel");
    expect(journal.undoneBy("run-2")).toBeNull();
    expect((await open()).undoneBy("run-1")?.commandId).toBe("cancel-run-1");
  });

  test("a line that a crash cut short is ignored, and the next one does not continue it", async () => {
    const first = await open();
    await first.accept(pull, 1_000);
    await first.phase(pull.id, { name: "one", data: {}, at: 1_100 });
    const [file = ""] = await readdir(directory);
    await appendFile(join(directory, file), `{"record":"phase","phase":{"name":"tw`);

    const second = await open();
    expect((await second.entry(pull.id))?.phases.map((phase) => phase.name)).toEqual(["one"]);
    await second.phase(pull.id, { name: "three", data: {}, at: 1_300 });
    const third = await open();
    expect((await third.entry(pull.id))?.phases.map((phase) => phase.name)).toEqual([
      "one",
      "three",
    ]);
  });

  test.each([
    ["nothing", ""],
    ["no JSON", "garbage\n"],
    ["something else", `{"record":"phase","phase":{"name":"x","data":{},"at":1}}\n`],
    ["zeros", "\0".repeat(4096)],
  ])("a file with %s in it is set aside and told of", async (_, text) => {
    await writeFile(join(directory, "0197-bad.jsonl"), text);
    const told: string[] = [];
    const log = createLogger("error", { write: (line) => told.push(line), readable: false });
    const journal = await Journal.open(directory, log);
    expect(journal.unfinished()).toEqual([]);
    expect(told.join()).toMatch(/0197-bad.jsonl.unreadable-/);
    expect((await readdir(directory))[0]).toMatch(/^0197-bad.jsonl.unreadable-\d+$/);
    await journal.accept(pull, 1_000);
    expect((await open()).has(pull.id)).toBe(true);
  });

  test("a write that a crash cut short leaves nothing behind", async () => {
    await writeFile(join(directory, "0197-x.jsonl.a1b2.tmp"), "{");
    await open();
    expect(await readdir(directory)).toEqual([]);
  });

  test("a command whose id is not a valid file name is kept, too", async () => {
    const journal = await open();
    await journal.accept({ ...logs, id: "../../etc/passwd" }, 1_000);
    expect((await open()).has("../../etc/passwd")).toBe(true);
    expect((await readdir(directory))[0]).toMatch(/^h_[0-9a-f]{64}\.jsonl$/);
  });

  test("removes entries a week after the result was acknowledged, those that only read at once", async () => {
    const journal = await open();
    await journal.accept(pull, 1_000);
    await journal.finish(resultOf(pull.id, 0));
    await journal.accept(logs, 1_000);
    await journal.finish(resultOf(logs.id, 0));
    await journal.acknowledge(logs.id, 1);
    expect(journal.has(logs.id)).toBe(false);
    await journal.sweep(8 * dayMs);
    expect(journal.has(pull.id)).toBe(true);
    await journal.acknowledge(pull.id, 8 * dayMs);
    await journal.sweep(6 * dayMs);
    expect(journal.has(pull.id)).toBe(true);
    await journal.sweep(8 * dayMs);
    expect(journal.has(pull.id)).toBe(false);
    expect(await readdir(directory)).toEqual([]);
  });

  test("keeps a probe for an hour, as a deploy may wait for it, also after a restart", async () => {
    const gate = { waitMs: null, retries: 3, intervalMs: 1, url: null, probe: "eager" } as const;
    const body = {
      kind: "probe",
      serviceId: "s",
      containerName: "web",
      once: false,
      gate,
    } as const;
    const journal = await open();
    await journal.accept({ id: "probe", deadlineAt: null, body }, 0);
    await journal.finish(resultOf("probe", 0));
    await journal.acknowledge("probe", 1);
    expect((await open()).succeeded("probe")).toBe(true);
    await journal.sweep(dayMs / 48);
    expect(journal.has("probe")).toBe(true);
    await journal.sweep(dayMs / 12);
    expect(journal.has("probe")).toBe(false);
    expect(journal.succeeded("probe")).toBeNull();
  });

  test("never removes a command without a result", async () => {
    const journal = await open();
    await journal.accept(pull, 0);
    await journal.sweep(1_000 * dayMs);
    expect(journal.has(pull.id)).toBe(true);
  });

  test("takes one result for each accepted command", async () => {
    const journal = await open();
    await expect(journal.finish(resultOf("unknown"))).rejects.toThrow(/one result/);
    await journal.accept(pull, 1_000);
    await journal.finish(resultOf(pull.id));
    await expect(journal.finish(resultOf(pull.id))).rejects.toThrow(/one result/);
    await journal.acknowledge("unknown", 1);
  });
});
