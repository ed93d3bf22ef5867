import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AgentMessage,
  agentLinkService,
  limits,
  longestMs,
  readAgentMessage,
} from "./index.ts";

/*
 * An agent in wrong hands speaks the protocol's encoding, but sends what no agent would: whatever
 * it is, reading it neither throws nor costs more than its bytes do.
 */

const { requestSerialize } = agentLinkService.Connect;
type Wire = Parameters<typeof requestSerialize>[0];
const read = (wire: Wire) => readAgentMessage(requestSerialize(wire));

/** A field with a length. */
function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

function message(wire: Wire): AgentMessage {
  const answer = read(wire);
  if (!answer.ok || answer.message === null) throw new Error("it was refused");
  return answer.message;
}

function cpuOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const emptyContainers = (count: number) =>
  field(2, Buffer.alloc(2 * count, Buffer.from([0x22, 0x00])));

describe("what is too much", () => {
  test("two million empty containers are refused for a fraction of what a full inventory costs", () => {
    const bomb = emptyContainers(2_000_000);
    const answer = readAgentMessage(bomb);
    expect(answer).toMatchObject({ ok: false, reason: expect.stringContaining("bytes") });
    const honest = emptyContainers(limits.containersInMessage);
    expect(readAgentMessage(honest)).toMatchObject({ ok: true });
    const dear = cpuOf(() => readAgentMessage(honest));
    expect(cpuOf(() => readAgentMessage(bomb))).toBeLessThan(Math.max(dear, 20_000) * 5);
  });

  test("more containers than one message may have are refused whatever its size", () => {
    const reason = expect.stringContaining(`${limits.containersInMessage} containers`);
    const one = limits.containersInMessage + 1;
    expect(readAgentMessage(emptyContainers(one))).toMatchObject({ ok: false, reason });
    // In many inventories of one message, of which the last would count.
    const half = emptyContainers(Math.ceil(one / 2));
    expect(readAgentMessage(Buffer.concat([half, half]))).toMatchObject({ ok: false, reason });
  });

  test.each([
    ["ports of one container", 2, 4, 14],
    ["labels of one container", 2, 4, 13],
    ["digests of one container", 2, 4, 5],
    ["lines of a log", 8, 2, null],
    ["lines of a failure", 7, 3, 3],
    ["changes of a run", 7, 11, 7],
    ["capabilities", 1, 3, null],
  ])("half a million empty values are refused: %s", (_what, outer, inner, innermost) => {
    const last = innermost ?? inner;
    const many = Buffer.alloc(500_000 * 2, field(last, Buffer.alloc(0)));
    const content = innermost === null ? many : field(inner, many);
    expect(readAgentMessage(field(outer, content))).toMatchObject({
      ok: false,
      reason: expect.stringContaining("values"),
    });
  });

  test("a result that is too long says whose it is, so that its command can end", () => {
    const logLines = ["x".repeat(limits.messageBytes)];
    const wire = { result: { commandId: "c1", ok: false, failure: { code: "exited", logLines } } };
    expect(read(wire)).toMatchObject({ ok: false, resultOf: "c1" });
  });

  test("what is nested without a length is refused rather than followed", () => {
    const groups = Buffer.alloc(500_000, 0x0b);
    expect(readAgentMessage(groups)).toMatchObject({ ok: false });
    expect(readAgentMessage(field(2, groups))).toMatchObject({ ok: false });
  });
});

describe("what is out of range", () => {
  test("numbers come out finite and in range", () => {
    const ends = { startedAtMs: "9223372036854775807", finishedAtMs: "-9223372036854775808" };
    const run = {
      downtimeMs: "9223372036854775807",
      gateTimeoutMs: "18446744073709551615",
    };
    const phase = { name: "stop", startedAtMs: "-1", finishedAtMs: "9223372036854775807" };
    const phases = [{ ...phase, name: "dance" }, ...Array.from({ length: 1000 }, () => phase)];
    const answer = message({
      result: { commandId: "c", ok: true, run, phases, ...ends } as Wire["result"],
    });
    if (answer.kind !== "result" || !answer.result.outcome.ok) throw new Error("another kind");
    const { startedAt, finishedAt, outcome } = answer.result;
    expect(answer.result.phases).toHaveLength(limits.phases - 1);
    expect(answer.result.phases?.[0]).toMatchObject({ name: "stop", startedAt: 0 });
    expect(new Date(startedAt).toISOString()).toMatch(/^9999/);
    expect(finishedAt).toBe(0);
    expect(outcome.body).toMatchObject({ downtimeMs: longestMs, gateTimeoutMs: longestMs });

    const container = {
      createdAtMs: "-62135596800000",
      startedAtMs: "9223372036854775807",
      stopLimitMs: "18446744073709551615",
      checkLimitMs: "18446744073709551615",
      ports: [{ containerPort: 4_294_967_295, hostPort: 4_294_967_295 }],
    };
    const change = message({
      change: { sequence: "18446744073709551615", upsert: container } as Wire["change"],
    });
    expect(change).toMatchObject({
      sequence: Number.MAX_SAFE_INTEGER,
      change: {
        upsert: {
          createdAt: 0,
          stopLimitMs: longestMs,
          checkLimitMs: longestMs,
          ports: [{ containerPort: 65_535, hostPort: 65_535 }],
        },
      },
    });
  });

  test("texts have a length and only characters that a database stores", () => {
    const name = `a\0b${"c".repeat(5000)}`;
    const labels = { "k\0": "v\0", long: "x".repeat(500_000) };
    const change = message({ change: { upsert: { name, labels } } });
    if (change.kind !== "change" || !("upsert" in change.change)) throw new Error("another kind");
    const { upsert } = change.change;
    expect(upsert.name).toHaveLength(1000);
    expect(upsert.name.startsWith("a\ufffdb")).toBe(true);
    expect(upsert.labels["k\ufffd"]).toBe("v\ufffd");
    expect(upsert.labels.long?.length).toBeLessThan(20_000);
  });

  test("half a character is no character", () => {
    // U+D800 in the three bytes that UTF-8 forbids.
    const name = Buffer.from([0x61, 0xed, 0xa0, 0x80]);
    const bytes = field(3, field(2, field(2, name)));
    const answer = readAgentMessage(bytes);
    expect(JSON.stringify(answer)).not.toMatch(/\\ud800/);
  });

  test.each([
    ["nested too deep", `${"[".repeat(100_000)}${"]".repeat(100_000)}`],
    ["nested too deep, and never closed", "[".repeat(500_000)],
    ["not JSON", "{"],
  ])("a recorded specification that is %s is none", (_what, specJson) => {
    const answer = message({ result: { commandId: "c", ok: true, run: { specJson } } });
    expect(answer).toMatchObject({ result: { outcome: { body: { spec: null } } } });
  });

  test("what is written in JSON can be stored, too", () => {
    const specJson = String.raw`{"Env":["A=\u0000","\ud800"],"\u0000":1,"deep":"[[[[\"{"}`;
    const answer = message({ result: { commandId: "c", ok: true, run: { specJson } } });
    expect(answer).toMatchObject({
      result: { outcome: { body: { spec: { Env: ["A=\ufffd", "\ufffd"], "\ufffd": 1 } } } },
    });
  });

  test.each(["eclipse", "__proto__", "constructor", "toString", ""])(
    "the failure code %j is one that everyone knows",
    (code) => {
      const answer = message({ result: { commandId: "c", ok: false, failure: { code } } });
      expect(answer).toMatchObject({ result: { outcome: { failure: { code: "internal" } } } });
    },
  );

  test("more of a container's parts than anything honest has are left out", () => {
    const many = Array.from({ length: 3000 }, (_, index) => String(index));
    const change = message({
      change: {
        upsert: {
          ports: many.map(() => ({ containerPort: 1 })),
          labels: Object.fromEntries(many.map((key) => [key, ""])),
          needs: many,
        },
      },
    });
    if (change.kind !== "change" || !("upsert" in change.change)) throw new Error("another kind");
    expect(change.change.upsert.ports).toHaveLength(limits.ports);
    expect(Object.keys(change.change.upsert.labels)).toHaveLength(limits.labels);
    expect(change.change.upsert.needs).toHaveLength(limits.names);
  });
});

describe("whatever it is", () => {
  test("reading it does not throw, and what comes out can be written as JSON and as dates", () => {
    const noise = fc.uint8Array({ maxLength: 300 });
    const framed = fc
      .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 20 }), noise)
      .map(([outer, inner, bytes]) => field(outer, field(inner, Buffer.from(bytes))));
    fc.assert(
      fc.property(
        fc.oneof(
          noise.map((bytes) => Buffer.from(bytes)),
          framed,
        ),
        (bytes) => {
          const answer = readAgentMessage(bytes);
          expect(JSON.stringify(answer)).not.toMatch(/\\u0000|\\ud[89a-f]/);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
