import type { LogLine } from "@bridgeport/proto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { waitUntil } from "../../wait-until.fixture.ts";
import { importBusybox, TestContainers, testEngine } from "../busybox.fixture.ts";
import { engineErrorKind } from "../client.ts";
import { fetchLimits, fetchLogs, LogFollow, type LogRange } from "./logs.ts";

const engine = testEngine();
const { signal } = new AbortController();
let image: string;
let containers: TestContainers;

beforeAll(async () => {
  image = await importBusybox(engine, "logs-test");
  containers = new TestContainers(engine, image);
});

afterEach(() => containers.removeAll());

afterAll(async () => {
  await engine.docker.getImage(image).remove({ force: true });
  engine.close();
});

async function runToEnd(name: string, script: string, options = {}): Promise<void> {
  const container = await containers.run(name, script, options);
  await container.wait();
}

function range(containerName: string, more: Partial<LogRange> = {}): LogRange {
  return { containerName, tail: 0, since: null, ...more };
}

describe("fetching", () => {
  test("gives both streams in order, with times", async () => {
    const before = Date.now() - 1000;
    await runToEnd("logs-both", "echo one; echo two >&2; echo three");
    const { lines, truncated } = await fetchLogs(engine, range("logs-both"), signal);
    expect(truncated).toBe(false);
    const text = (stream: string) =>
      lines.filter((line) => line.stream === stream).map((line) => line.text);
    expect(text("stdout")).toEqual(["one", "three"]);
    expect(text("stderr")).toEqual(["two"]);
    for (const line of lines) {
      expect(line.at).toBeGreaterThan(before);
      expect(line.at).toBeLessThan(Date.now() + 1000);
    }
  });

  test("reads a terminal's output", async () => {
    await runToEnd("logs-tty", "echo one; echo two >&2", { Tty: true });
    const { lines } = await fetchLogs(engine, range("logs-tty"), signal);
    expect(lines.map(({ stream, text }) => [stream, text])).toEqual([
      ["stdout", "one"],
      ["stdout", "two"],
    ]);
  });

  test("does not read a container whose labels it may not read, nor follows it", async () => {
    await runToEnd("logs-denied", "echo one", { Labels: { keep: "yes" } });
    const denied = range("logs-denied", {
      refusal: ({ keep }) => (keep === "yes" ? "It is kept." : null),
    });
    const refused = expect.objectContaining({ code: "refused", message: "It is kept." });
    await expect(fetchLogs(engine, denied, signal)).rejects.toEqual(refused);
    const ended = new Promise((resolve, reject) => {
      const lines = () => reject(new Error("It was read."));
      new LogFollow(engine, { ...denied, tail: 5 }, 10, { lines, ended: resolve });
    });
    expect(await ended).toEqual(refused);
  });

  test("keeps to tail and since", async () => {
    await runToEnd("logs-tail", "for i in 1 2 3 4 5; do echo $i; done");
    const { lines } = await fetchLogs(engine, range("logs-tail", { tail: 2 }), signal);
    expect(lines.map(({ text }) => text)).toEqual(["4", "5"]);
    const later = await fetchLogs(engine, range("logs-tail", { since: Date.now() + 1000 }), signal);
    expect(later.lines).toEqual([]);
  });

  test("joins a line that the engine stores in parts", async () => {
    await runToEnd(
      "logs-long",
      "/busybox head -c 30000 /dev/zero | /busybox tr '\\0' x; echo; echo end",
    );
    const { lines } = await fetchLogs(engine, range("logs-long"), signal);
    expect(lines.map(({ text }) => text.length)).toEqual([30_000, 3]);
  });

  test("never answers with more than a message can hold", async () => {
    const script = "/busybox awk 'BEGIN { for (i = 1; i <= 4000; i++) printf(\"%0500d\\n\", i) }'";
    await runToEnd("logs-flood", script);
    const answer = await fetchLogs(engine, range("logs-flood", { tail: 4_000 }), signal);
    expect(answer.truncated).toBe(true);
    expect(answer.lines.at(-1)?.text).toMatch(/0004000$/);
    const bytes = answer.lines.reduce((sum, { text }) => sum + text.length, 0);
    expect(bytes).toBeLessThan(fetchLimits.bytes);
    expect(bytes).toBeGreaterThan(fetchLimits.bytes * 0.9);
  });

  test("says that there is no such container, or nothing to read", async () => {
    const missing = await fetchLogs(engine, range("logs-nobody"), signal).catch((error) => error);
    expect(missing).toMatchObject({ code: "not_found" });
    await runToEnd("logs-none", "echo hidden", { HostConfig: { LogConfig: { Type: "none" } } });
    const none = await fetchLogs(engine, range("logs-none"), signal).catch((error) => error);
    expect(engineErrorKind(none)).toBe("engine");
  });
});

describe("following", () => {
  function follow(containerName: string, credit: number, tail = 100) {
    const seen = { lines: [] as LogLine[], ended: undefined as unknown };
    const following = new LogFollow(engine, range(containerName, { tail }), credit, {
      lines: (lines) => seen.lines.push(...lines),
      ended: (error) => {
        seen.ended = error;
      },
    });
    return { seen, following };
  }

  test("gives what was, then what comes, then the end", async () => {
    const container = await containers.run("logs-follow", "echo old; read line; echo new", {
      OpenStdin: true,
      AttachStdin: true,
    });
    const { seen } = follow("logs-follow", 100);
    await waitUntil("the old line is there", () => seen.lines.length === 1);
    expect(seen.ended).toBeUndefined();
    const stdin = await container.attach({ stream: true, stdin: true, hijack: true });
    stdin.write("go\n");
    await waitUntil("it has ended", () => seen.ended === null);
    expect(seen.lines.map(({ text }) => text)).toEqual(["old", "new"]);
    stdin.end();
  });

  test("stops at the end of its credit and loses nothing", async () => {
    await runToEnd("logs-credit", "/busybox seq 1 20000");
    const { seen, following } = follow("logs-credit", 10, 20_000);
    await waitUntil("the credit is used", () => seen.lines.length === 10);
    following.addCredit(15);
    await waitUntil("the new credit is used", () => seen.lines.length === 25);
    expect(seen.ended).toBeUndefined();
    following.addCredit(100_000);
    await waitUntil("it has ended", () => seen.ended === null);
    expect(seen.lines.map(({ text }) => Number(text))).toEqual(
      Array.from({ length: 20_000 }, (_, i) => i + 1),
    );
  });

  test("ends when it is stopped, without a word", async () => {
    await containers.run("logs-stop", "while true; do echo tick; /busybox usleep 1000; done");
    const { seen, following } = follow("logs-stop", 1_000_000);
    await waitUntil("it flows", () => seen.lines.length > 5);
    following.stop();
    const { length } = seen.lines;
    const { seen: other, following: second } = follow("logs-stop", 50, 0);
    await waitUntil("another one flows", () => other.lines.length === 50);
    second.stop();
    expect(seen.lines).toHaveLength(length);
    expect(seen.ended).toBeUndefined();
  });

  test("a container that is not there", async () => {
    const { seen } = follow("logs-nobody", 10);
    await waitUntil("it has ended", () => seen.ended !== undefined);
    expect(seen.ended).toMatchObject({ code: "not_found" });
  });
});
