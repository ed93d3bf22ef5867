import { describe, expect, it } from "vitest";
import { activeCheck, checkCommand, eagerDelayMs, gateTimeoutMs, gateTimes } from "./gate.ts";

const gate = { waitMs: null, retries: 3, intervalMs: 5_000, url: null, probe: "eager" } as const;
const second = 1e9;

describe("a gate's times", () => {
  it("without a check: how long it must run", () => {
    expect(gateTimes(gate, {})).toMatchObject({ hasCheck: false, waitMs: 5_000 });
    expect(gateTimes({ ...gate, waitMs: 700 }, {}).waitMs).toBe(700);
  });

  it("with a check: the service's own, or the container's where they are longer", () => {
    const Test = ["CMD", "x"];
    const short = { Healthcheck: { Test, Interval: second, Retries: 1 } };
    expect(gateTimes(gate, short).limitMs).toBe(45_000);
    const long = {
      Healthcheck: { Test, Interval: 10 * second, Retries: 6, StartPeriod: 60 * second },
    };
    expect(gateTimes(gate, long).limitMs).toBe(120_000);
    expect(gateTimes(gate, { Healthcheck: { Test } })).toEqual({
      hasCheck: true,
      waitMs: 30_000,
      limitMs: 90_000,
      intervalMs: 30_000,
      timeoutMs: 30_000,
    });
  });

  it("in all, with the URL's attempts", () => {
    expect(gateTimeoutMs(gate, {})).toBe(5_000);
    const url = { ...gate, url: "http://x/", intervalMs: 2_000 };
    expect(gateTimeoutMs(url, {})).toBe(5_000 + 3 * 4_000);
  });
});

describe("a container's own check", () => {
  it.each([
    [undefined, null],
    [["NONE"], null],
    [[], null],
    [["CMD"], null],
    [
      ["CMD", "a", "b"],
      ["a", "b"],
    ],
    [
      ["CMD-SHELL", "a | b"],
      ["/bin/sh", "-c", "a | b"],
    ],
    [["OTHER", "x"], null],
  ])("%j is run as %j", (Test, command) => {
    expect(checkCommand(Test === undefined ? {} : { Healthcheck: { Test } })).toEqual(command);
  });

  it("is run by the container's own shell", () => {
    const config = { Shell: ["/bin/bash", "-lc"], Healthcheck: { Test: ["CMD-SHELL", "x"] } };
    expect(checkCommand(config)).toEqual(["/bin/bash", "-lc", "x"]);
    expect(activeCheck(config)).not.toBeNull();
  });

  it("is asked quickly at first, and never more seldom than its interval", () => {
    const delays = [1, 2, 3, 10, 100].map((attempt) => eagerDelayMs(attempt, 1_000));
    expect(delays).toEqual([100, 150, 225, 1_000, 1_000]);
    expect(eagerDelayMs(1, 50)).toBe(50);
  });
});
