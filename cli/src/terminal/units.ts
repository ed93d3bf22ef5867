/** 1536 → "1.5 kB", in powers of 1000 as registries and Docker show sizes. */
export function size(bytes: number | null): string {
  if (bytes === null) return "-";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** 75_400 → "1 min 15 s", 3_210 → "3.2 s" */
export function duration(ms: number): string {
  if (ms < 60_000) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A length of time that was asked for: "10 min" where `duration` measures "10 min 0 s". */
export function periodText(ms: number): string {
  return duration(ms)
    .replace(/ 0 (?:s|min)$/, "")
    .replace(/\.0 s$/, " s");
}

/** How long ago, roughly: "just now", "5 min ago", "3 days ago"; "-" for never. */
export function ago(time: string | null, now: number): string {
  if (time === null) return "-";
  const minutes = Math.floor((now - Date.parse(time)) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ago`;
  const days = Math.floor(hours / 24);
  return days === 1 ? "1 day ago" : `${days} days ago`;
}

/** "90s", "30m", "12h", "90d" or "2w" as milliseconds; null for anything else. */
export function period(text: string): number | null {
  const [, count, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) return null;
  const seconds = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }[unit] ?? 0;
  return Number(count) * seconds * 1000;
}

/** "1 service", "2 services" */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
