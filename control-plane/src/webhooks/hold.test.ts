import { expect, test } from "vitest";
import { heldUntil, type QuietHours, quietHoursSchema } from "./hold.ts";

const at = (text: string) => Date.parse(text);
const nights: QuietHours = {
  ...{ from: "22:00", to: "07:00", timeZone: "Europe/Berlin", urgentThrough: true },
};
const update = "image.update_available";
const until = (
  quietHours: QuietHours | null,
  now: string,
  { batchMs = null as number | null, batchUntil = null as string | null, event = update } = {},
) => {
  const open = batchUntil === null ? null : at(batchUntil);
  const held = heldUntil({ batchMs, quietHours }, event as typeof update, at(now), open);
  return held === null ? null : new Date(held).toISOString();
};

test.each([
  ["before them", "2026-11-23T20:59:00Z", null],
  ["when they begin", "2026-11-23T21:00:00Z", "2026-11-24T06:00:00.000Z"],
  ["after midnight", "2026-11-24T02:00:00Z", "2026-11-24T06:00:00.000Z"],
  ["when they end", "2026-11-24T06:00:00Z", null],
  ["as clocks go forward", "2026-03-28T23:00:00Z", "2026-03-29T05:00:00.000Z"],
  ["as clocks go back", "2026-10-24T22:00:00Z", "2026-10-25T06:00:00.000Z"],
])("quiet hours, %s", (_, now, expected) => {
  expect(until(nights, now)).toBe(expected);
});

test("what is urgent goes through, unless that is not wanted", () => {
  const now = "2026-11-24T02:00:00Z";
  const event = "server.offline" as typeof update;
  expect(until(nights, now, { event })).toBeNull();
  expect(until({ ...nights, urgentThrough: false }, now, { event })).not.toBeNull();
  expect(until(nights, now, { event, batchMs: 60_000 })).toBe("2026-11-24T02:01:00.000Z");
});

test("a batch goes out so long after its first event", () => {
  const now = "2026-11-23T12:00:30Z";
  expect(until(null, now, { batchMs: 60_000 })).toBe("2026-11-23T12:01:30.000Z");
  const batchUntil = "2026-11-23T12:01:00.000Z";
  expect(until(null, now, { batchMs: 60_000, batchUntil })).toBe(batchUntil);
  // What waits for the end of quiet hours is no batch that is being collected.
  expect(until(null, now, { batchMs: 60_000, batchUntil: "2026-11-24T06:00:00Z" })).toBe(
    "2026-11-23T12:01:30.000Z",
  );
});

test("times and time zones are looked at", () => {
  const refused = (more: object) =>
    quietHoursSchema.safeParse({ from: "22:00", to: "07:00", timeZone: "UTC", ...more }).success;
  expect(refused({})).toBe(true);
  for (const more of [{ from: "24:00" }, { to: "7:00" }, { timeZone: "Mars" }, { to: "22:00" }]) {
    expect(refused(more)).toBe(false);
  }
});
