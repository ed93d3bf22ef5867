import {
  agentLinkService,
  encodeAgentMessage,
  type ReadAgentMessage,
  readAgentMessage,
} from "@bridgeport/proto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { containerReport } from "./agent.fixture.ts";
import { pacedReader } from "./paced-reader.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const encoded = (message: Parameters<typeof encodeAgentMessage>[0]): Buffer =>
  agentLinkService.Connect.requestSerialize(encodeAgentMessage(message));
const goodbye = (reason: string) => encoded({ kind: "goodbye", reason });
const inventory = (count: number) =>
  encoded({
    kind: "inventory",
    sequence: 0,
    chunk: 0,
    last: true,
    containers: Array.from({ length: count }, (_, at) => containerReport({ id: `c${at}` })),
  });

/** @param tookMs what decoding takes by the clock of the test */
function rig({ tookMs = 0 } = {}) {
  const stream = { flows: true, pause: () => flow(false), resume: () => flow(true) };
  const flow = (flows: boolean) => {
    stream.flows = flows;
    return stream as never;
  };
  const taken: string[] = [];
  const state = { full: false };
  const reader = pacedReader(
    stream,
    (read: ReadAgentMessage, _bytes, more) => {
      if (!read.ok || read.message === null) taken.push("refused");
      else if (read.message.kind === "goodbye") taken.push(read.message.reason);
      else if (read.message.kind === "inventory") {
        taken.push(`${read.message.containers.length}${more ? "+" : ""}`);
      }
    },
    () => state.full,
    (bytes) => {
      vi.advanceTimersByTime(tookMs);
      return readAgentMessage(bytes);
    },
  );
  return { reader, stream, taken, state };
}

test("what is quickly decoded is taken at once, in order", () => {
  const { reader, stream, taken } = rig();
  for (const reason of ["a", "b"]) reader.arrived(goodbye(reason));
  reader.arrived(Buffer.from([0xff]));
  expect(taken).toEqual(["a", "b", "refused"]);
  expect(stream.flows).toBe(true);
});

test("what took long is followed by a rest three times as long, in which the stream is paused", () => {
  const { reader, stream, taken } = rig({ tookMs: 10 });
  reader.arrived(goodbye("a"));
  reader.arrived(goodbye("b"));
  expect([taken, stream.flows]).toEqual([["a"], false]);
  vi.advanceTimersByTime(29);
  expect(taken).toEqual(["a"]);
  vi.advanceTimersByTime(1);
  expect([taken, stream.flows]).toEqual([["a", "b"], false]);
  vi.advanceTimersByTime(30);
  expect(stream.flows).toBe(true);
});

test("a long inventory is decoded in parts, and what came behind it after them", () => {
  const { reader, taken } = rig({ tookMs: 5 });
  reader.arrived(inventory(450));
  reader.arrived(goodbye("after"));
  expect(taken).toEqual(["200+"]);
  vi.advanceTimersByTime(100);
  expect(taken).toEqual(["200+", "200+", "50", "after"]);
});

test("nothing is taken while there is no room, and the rest when there is", () => {
  const { reader, stream, taken, state } = rig();
  state.full = true;
  reader.arrived(goodbye("a"));
  expect([taken, stream.flows]).toEqual([[], false]);
  state.full = false;
  reader.readOn();
  expect([taken, stream.flows]).toEqual([["a"], true]);
});

test("a stopped reader takes nothing, and leaves the stream as its owner wants it", () => {
  const { reader, stream, taken } = rig({ tookMs: 10 });
  reader.arrived(goodbye("a"));
  reader.stop();
  stream.resume();
  reader.arrived(goodbye("b"));
  reader.readOn();
  vi.advanceTimersByTime(100);
  expect([taken, stream.flows]).toEqual([["a"], true]);
});
