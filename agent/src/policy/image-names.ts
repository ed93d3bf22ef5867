import { matches } from "@bridgeport/proto";

/** Names by which Docker Hub can be reached. */
const hub = new Set([
  "docker.io",
  "index.docker.io",
  "registry-1.docker.io",
  "registry.hub.docker.com",
]);

/**
 * The whole name of an image without tag and digest: `nginx:1` is `docker.io/library/nginx`. A host's
 * letters are small, and the port that https has anyway is left out.
 */
export function wholeImageName(reference: string): string {
  const name = reference.split("@")[0] ?? "";
  const slash = name.lastIndexOf("/");
  const colon = name.indexOf(":", slash + 1);
  return whole(colon < 0 ? name : name.slice(0, colon));
}

function whole(name: string): string {
  const [first = "", ...rest] = name.split("/");
  // As the engine reads it: a path has no capital letter, so what has one is a host.
  const hasHost = rest.length > 0 && (/[.:A-Z]/.test(first) || first === "localhost");
  if (!hasHost) return `docker.io/${rest.length > 0 ? name : `library/${name}`}`;
  const host = first.toLowerCase().replace(/:443$/, "");
  if (!hub.has(host)) return [host, ...rest].join("/");
  const isOfficial = rest.length === 1 && rest[0] !== "*";
  return ["docker.io", ...(isOfficial ? ["library"] : []), ...rest].join("/");
}

/** What is wrong with a pattern of image names; null: nothing. */
export function imagePatternMistake(pattern: string): string | null {
  if (pattern.includes("@")) return "it names a digest, but patterns are of names";
  const last = pattern.slice(pattern.lastIndexOf("/") + 1);
  if (!last.includes(":")) return null;
  return pattern.includes("/")
    ? "it names a tag, but patterns are of names without tag"
    : "a name has no colon; of a registry's images write registry.example:5000/*";
}

/** Whether a pattern such as `nginx`, `team/*` or `registry.example/*` means the image of this whole name. */
export function matchesImage(pattern: string, wholeName: string): boolean {
  return wholePatterns(pattern).some((one) => matches(one, wholeName));
}

function wholePatterns(pattern: string): string[] {
  const [first = "", ...rest] = pattern.split("/");
  if (!first.includes("*")) return [whole(pattern)];
  // A star in the first part may stand for a host, or for a name on Docker Hub.
  const asWritten = [first.toLowerCase(), ...rest].join("/");
  return [asWritten, `docker.io/${rest.length > 0 ? pattern : `library/${pattern}`}`];
}
