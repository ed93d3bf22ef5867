import { keepNewest } from "../registries/bounded.ts";

/** Days as people write them, in the order of `Date.getUTCDay`. */
export const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
export type Day = (typeof days)[number];

/**
 * When auto-update may apply an update: on these days from one local time of day to another. One
 * that ends before it begins ends on the next day; one that ends when it begins lasts a day.
 */
export interface UpdateWindow {
  days: Day[];
  /** `HH:MM`, 00:00 to 23:59 */
  from: string;
  to: string;
}

const dayMinutes = 24 * 60;

/** Whether `Intl` knows the time zone, by its IANA name. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * When an update may be applied: now, or when the next window opens. No windows: at any time.
 * @param now epoch milliseconds, as is the answer; null: there is no such time
 */
export function nextOpening(
  windows: readonly UpdateWindow[],
  timeZone: string,
  now: number,
): number | null {
  if (windows.length === 0 || isOpen(windows, timeZone, now)) return now;
  const local = localTime(timeZone, now);
  let next: number | null = null;
  // A week, and a day more for windows of today that opened already.
  for (let ahead = 0; ahead <= 7; ahead++) {
    const midnight = Date.UTC(local.year, local.month - 1, local.day + ahead);
    const day = days[new Date(midnight).getUTCDay()];
    for (const window of windows) {
      if (day === undefined || !window.days.includes(day)) continue;
      const opening = instantOf(timeZone, midnight + minutesOf(window.from) * 60_000);
      if (opening > now && (next === null || opening < next)) next = opening;
    }
    if (next !== null) return next;
  }
  return null;
}

/**
 * When a window that is open now closes.
 * @param now epoch milliseconds, as is the answer; null: it is not open
 */
export function nextClosing(window: UpdateWindow, timeZone: string, now: number): number | null {
  if (!isOpen([window], timeZone, now)) return null;
  const local = localTime(timeZone, now);
  const to = minutesOf(window.to);
  const midnight = Date.UTC(local.year, local.month - 1, local.day + (local.minutes < to ? 0 : 1));
  return instantOf(timeZone, midnight + to * 60_000);
}

function isOpen(windows: readonly UpdateWindow[], timeZone: string, at: number): boolean {
  const local = localTime(timeZone, at);
  const midnight = Date.UTC(local.year, local.month - 1, local.day);
  const weekday = new Date(midnight).getUTCDay();
  const today = days[weekday];
  const yesterday = days[(weekday + 6) % 7];
  return windows.some((window) => {
    const from = minutesOf(window.from);
    const to = minutesOf(window.to);
    const on = (day: Day | undefined) => day !== undefined && window.days.includes(day);
    if (from < to) return on(today) && local.minutes >= from && local.minutes < to;
    return (on(today) && local.minutes >= from) || (on(yesterday) && local.minutes < to);
  });
}

function minutesOf(time: string): number {
  return (Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))) % dayMinutes;
}

/** The instant at which clocks there show a local time, given as if it were UTC. */
function instantOf(timeZone: string, asUtc: number): number {
  let instant = asUtc;
  // The offset at the first guess may be another than at the answer, around a change of clocks.
  for (let round = 0; round < 2; round++) {
    const shown = localTime(timeZone, instant);
    const shownAsUtc = Date.UTC(shown.year, shown.month - 1, shown.day) + shown.minutes * 60_000;
    instant += asUtc - shownAsUtc;
  }
  return instant;
}

/** A zone has many names, as case and offsets are free, and each format takes some kB. */
const mostFormats = 100;
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  keepNewest(formats, timeZone, format, mostFormats);
  return format;
}

function localTime(timeZone: string, at: number) {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return {
    year: part("year"),
    month: part("month"),
    day: part("day"),
    minutes: part("hour") * 60 + part("minute"),
  };
}
