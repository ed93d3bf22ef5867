const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * "3 min ago", "in 2 h", "just now"; from 30 days on the date itself.
 * @param at epoch milliseconds
 */
export function relativeTime(at: number, now: number): string {
  const away = Math.abs(now - at);
  // A server's clock may be a little ahead of the browser's.
  if (away < 5_000) return "just now";
  const text = amount(away);
  if (text === null) return dateOnly(at);
  return at <= now ? `${text} ago` : `in ${text}`;
}

function amount(ms: number): string | null {
  if (ms < minute) return `${Math.floor(ms / 1000)} s`;
  if (ms < hour) return `${Math.floor(ms / minute)} min`;
  if (ms < day) return `${Math.floor(ms / hour)} h`;
  if (ms < 30 * day) {
    const days = Math.floor(ms / day);
    return days === 1 ? "1 day" : `${days} days`;
  }
  return null;
}

function dateOnly(at: number): string {
  const date = new Date(at);
  const pad = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** `2026-11-23 22:37:50` in the reader's own time zone, with its offset. */
export function exactTime(at: number): string {
  const date = new Date(at);
  const pad = (value: number) => String(value).padStart(2, "0");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(pad).join(":");
  const offset = -date.getTimezoneOffset();
  const zone = `UTC${offset < 0 ? "−" : "+"}${Math.floor(Math.abs(offset) / 60)}${
    offset % 60 === 0 ? "" : `:${pad(Math.abs(offset) % 60)}`
  }`;
  return `${dateOnly(at)} ${time} ${offset === 0 ? "UTC" : zone}`;
}

/** A length of time that was asked for: `10 s` where `duration` measures `10.0 s`. */
export function period(ms: number): string {
  return duration(ms).replace(/\.0 s$/, " s");
}

/** What is left of a time, in whole seconds: `9 s`, `3 min 05 s`. */
export function timeLeft(ms: number): string {
  return ms <= 0 ? "0 s" : period(Math.ceil(ms / 1000) * 1000);
}

/** `850 ms`, `4.2 s`, `3 min 05 s`, `2 h 10 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  if (ms < hour) {
    const seconds = Math.floor((ms % minute) / 1000);
    return `${Math.floor(ms / minute)} min${seconds === 0 ? "" : ` ${String(seconds).padStart(2, "0")} s`}`;
  }
  const minutes = Math.floor((ms % hour) / minute);
  return `${Math.floor(ms / hour)} h${minutes === 0 ? "" : ` ${minutes} min`}`;
}
