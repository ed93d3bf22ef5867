import { expect, test } from "vitest";
import { keepOpen, type OpenedStream } from "./reopen.ts";

const now = { retryDelayMs: { first: 1, last: 1 }, giveUpAfterMs: 0 };
const { signal } = new AbortController();
const ending = (end: "finished" | "cut"): OpenedStream => ({ over: Promise.resolve(end) });
const away = () => Object.assign(new Error("away"), { code: "ECONNREFUSED", syscall: "connect" });

test("a stream that is cut is opened again until it is finished", async () => {
  const ends: ("finished" | "cut")[] = ["cut", "cut", "finished"];
  await keepOpen(ending("cut"), async () => ending(ends.shift() ?? "cut"), signal, now);
  expect(ends).toEqual([]);
});

test("an engine that cannot be reached for a moment is retried", async () => {
  let attempts = 0;
  const open = async () => {
    attempts += 1;
    if (attempts < 5) throw away();
    return ending("finished");
  };
  await keepOpen(ending("cut"), open, signal, { ...now, giveUpAfterMs: 3_600_000 });
  expect(attempts).toBe(5);
});

test("retries end when the engine stays unreachable, and at once when it refuses", async () => {
  const gone = () => Promise.reject(away());
  await expect(keepOpen(ending("cut"), gone, signal, now)).rejects.toThrow("away");
  let attempts = 0;
  const refuse = async () => {
    attempts += 1;
    throw Object.assign(new Error("no such container"), { statusCode: 404 });
  };
  const patient = { ...now, giveUpAfterMs: 3_600_000 };
  await expect(keepOpen(ending("cut"), refuse, signal, patient)).rejects.toThrow("no such");
  expect(attempts).toBe(1);
});

test("an abort ends the retries", async () => {
  const abort = new AbortController();
  const open = async () => {
    abort.abort();
    throw away();
  };
  await keepOpen(ending("cut"), open, abort.signal, now);
});
