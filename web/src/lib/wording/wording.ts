/** `1.5 GB`: decimal units, as the API's own `…Human` figures. */
export function bytes(count: number | null | undefined): string {
  if (count === null || count === undefined) return "unknown";
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const text = unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1);
  return `${text.replace(/\.0$/, "")} ${units[unit]}`;
}

/** The part of a digest that people compare: 12 characters after the algorithm. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha(256|512):/, "").slice(0, 12);
}

/** `1 service`, `3 services`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** `a, b and c`; from the fourth on "and 2 more". */
export function list(names: readonly string[], most = 3): string {
  if (names.length <= 1) return names[0] ?? "";
  if (names.length > most) {
    return `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} more`;
  }
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** `health_check` as words: `health check`. */
export function words(code: string): string {
  return code.replaceAll(/[_-]/g, " ");
}

/** The same with a capital first letter, for labels. */
export function label(code: string): string {
  const text = words(code);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The host of a web address, with its port where it has one; null for what is none. */
export function hostOf(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  return url.protocol === "https:" || url.protocol === "http:" ? url.host : null;
}
