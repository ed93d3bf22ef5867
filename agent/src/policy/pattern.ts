import { matches } from "@bridgeport/proto";

/**
 * Whether an absolute path is meant by a pattern in which `*` stands for characters of one name, and a
 * last part `**` for everything below. A container that may write below a directory can put a link there
 * that leads elsewhere, so one `*` must not reach into directories.
 */
export function matchesPath(pattern: string, path: string): boolean {
  const names = path.split("/");
  // The kernel follows links before it goes up, so nothing can be said of such a path.
  if (names.some((name) => name === ".." || name === ".")) return false;
  const parts = pattern.split("/");
  const isDeep = parts.at(-1) === "**";
  const exact = isDeep ? parts.slice(0, -1) : parts;
  if (isDeep ? names.length <= exact.length : names.length !== exact.length) return false;
  return exact.every((part, index) => matches(part, names[index] ?? ""));
}
