import type { HealthGate, ProbeResult } from "@bridgeport/proto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connectEngine } from "../client.ts";
import { keepWait, takeWait } from "./ahead.ts";

const gate: HealthGate = { waitMs: null, retries: 3, intervalMs: 5000, url: null, probe: "eager" };
const engine = connectEngine("unix:///nothing-is-sent.sock");
const wait = () => ({ result: new Promise<ProbeResult>(() => undefined), stop: vi.fn() });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a wait is taken once, by the command that asks for that container by the same rules", () => {
  const kept = wait();
  keepWait(engine, "a", gate, kept);
  expect(takeWait(engine, "b", gate)).toBeNull();
  expect(takeWait(connectEngine(engine.host), "a", gate)).toBeNull();
  expect(takeWait(engine, "a", { ...gate })?.result).toBe(kept.result);
  expect(takeWait(engine, "a", gate)).toBeNull();
  vi.runAllTimers();
  expect(kept.stop).not.toHaveBeenCalled();
});

test("other rules begin a new wait, and the wait by the old ones ends", () => {
  const kept = wait();
  keepWait(engine, "a", gate, kept);
  expect(takeWait(engine, "a", { ...gate, url: "http://127.0.0.1:8080/" })).toBeNull();
  expect(kept.stop).toHaveBeenCalledOnce();
});

test("a wait that no command asks for ends, and so does one that a newer replaces", () => {
  const [older, newer] = [wait(), wait()];
  keepWait(engine, "a", gate, older);
  keepWait(engine, "a", gate, newer);
  expect(older.stop).toHaveBeenCalledOnce();
  vi.runAllTimers();
  expect(newer.stop).toHaveBeenCalledOnce();
  expect(takeWait(engine, "a", gate)).toBeNull();
});
