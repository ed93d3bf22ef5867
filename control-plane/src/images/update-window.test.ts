import { describe, expect, test, vi } from "vitest";
import { type Day, days, isTimeZone, nextOpening, type UpdateWindow } from "./update-window.ts";

const everyDay = [...days];
const at = (iso: string) => Date.parse(iso);
const window = (from: string, to: string, on: Day[] = everyDay): UpdateWindow => ({
  days: on,
  from,
  to,
});

/** The next opening as text; `now` for now */
function opening(windows: UpdateWindow[], timeZone: string, now: string): string | null {
  const next = nextOpening(windows, timeZone, at(now));
  if (next === null) return null;
  return next === at(now) ? "now" : new Date(next).toISOString();
}

describe("when an update may be applied", () => {
  test("at any time without windows", () => {
    expect(opening([], "UTC", "2026-11-23T12:00:00Z")).toBe("now");
  });

  test.each([
    ["before it", "2026-11-23T01:59:59Z", "2026-11-23T02:00:00.000Z"],
    ["as it opens", "2026-11-23T02:00:00Z", "now"],
    ["in its last minute", "2026-11-23T03:59:59Z", "now"],
    ["as it closes", "2026-11-23T04:00:00Z", "2026-11-24T02:00:00.000Z"],
  ])("a window of every day, %s", (_, now, expected) => {
    expect(opening([window("02:00", "04:00")], "UTC", now)).toBe(expected);
  });

  test("only on its days; 23 November 2026 is a Monday", () => {
    const weekend = [window("08:00", "10:00", ["sat", "sun"])];
    expect(opening(weekend, "UTC", "2026-11-23T09:00:00Z")).toBe("2026-11-28T08:00:00.000Z");
    expect(opening(weekend, "UTC", "2026-11-28T09:00:00Z")).toBe("now");
    const monday = [window("08:00", "10:00", ["mon"])];
    expect(opening(monday, "UTC", "2026-11-23T11:00:00Z")).toBe("2026-11-30T08:00:00.000Z");
  });

  test("over midnight it belongs to the day on which it begins", () => {
    const friday = [window("22:00", "04:00", ["fri"])];
    expect(opening(friday, "UTC", "2026-11-27T23:00:00Z")).toBe("now");
    expect(opening(friday, "UTC", "2026-11-28T03:59:00Z")).toBe("now");
    expect(opening(friday, "UTC", "2026-11-28T04:00:00Z")).toBe("2026-12-04T22:00:00.000Z");
    expect(opening(friday, "UTC", "2026-11-27T03:00:00Z")).toBe("2026-11-27T22:00:00.000Z");
  });

  test("one that ends when it begins lasts a day", () => {
    const sunday = [window("06:00", "06:00", ["sun"])];
    expect(opening(sunday, "UTC", "2026-11-30T05:59:00Z")).toBe("now");
    expect(opening(sunday, "UTC", "2026-11-30T06:00:00Z")).toBe("2026-12-06T06:00:00.000Z");
  });

  test("the earliest of several", () => {
    const several = [window("20:00", "21:00"), window("06:00", "07:00")];
    expect(opening(several, "UTC", "2026-11-23T12:00:00Z")).toBe("2026-11-23T20:00:00.000Z");
    expect(opening(several, "UTC", "2026-11-23T21:00:00Z")).toBe("2026-11-24T06:00:00.000Z");
  });

  test("in the window's own time zone, whatever day it is there", () => {
    const monday = [window("01:00", "02:00", ["mon"])];
    expect(opening(monday, "Pacific/Auckland", "2026-11-22T12:30:00Z")).toBe("now");
    expect(opening(monday, "America/New_York", "2026-11-23T05:00:00Z")).toBe(
      "2026-11-23T06:00:00.000Z",
    );
    expect(opening([window("05:45", "06:00")], "Asia/Kathmandu", "2026-11-23T00:00:00Z")).toBe(
      "now",
    );
  });

  test("on a day that the clocks change", () => {
    const night = [window("03:30", "04:00")];
    expect(opening(night, "Europe/Berlin", "2026-03-29T00:00:00Z")).toBe(
      "2026-03-29T01:30:00.000Z",
    );
    expect(opening(night, "Europe/Berlin", "2026-10-25T00:00:00Z")).toBe(
      "2026-10-25T02:30:00.000Z",
    );
    // Clocks there never show 02:30 on that day.
    const skipped = opening([window("02:30", "02:45")], "Europe/Berlin", "2026-03-29T00:00:00Z");
    expect(skipped?.slice(0, 10)).toBe("2026-03-29");
  });

  test("never, when there is no day", () => {
    expect(opening([window("02:00", "04:00", [])], "UTC", "2026-11-23T12:00:00Z")).toBeNull();
  });
});

test.each([
  ["UTC", true],
  ["Europe/Berlin", true],
  ["Mars/Olympus", false],
  ["", false],
])("%s is a time zone: %s", (name, known) => {
  expect(isTimeZone(name)).toBe(known);
});

test("of the many names of a zone only some are remembered", () => {
  // One that no other test asks for: formats that are made meanwhile are no real ones.
  const name = (at: number) =>
    [..."antarctica/troll"].map((one, bit) => (at & (1 << bit) ? one.toUpperCase() : one)).join("");
  const made = vi.spyOn(Intl, "DateTimeFormat");
  try {
    for (let at = 0; at < 300; at += 1) expect(isTimeZone(name(at))).toBe(true);
    const before = made.mock.calls.length;
    expect(isTimeZone(name(299))).toBe(true);
    expect(made.mock.calls.length).toBe(before);
    expect(isTimeZone(name(0))).toBe(true);
    expect(made.mock.calls.length).toBe(before + 1);
  } finally {
    made.mockRestore();
  }
});
