import { isLoopback } from "@bridgeport/proto/proxies";
import { canonicalDomain, dockerHub } from "./reference.ts";

/** Where a registry's API answers. */
export interface RegistryEndpoint {
  /** `https://registry.example.com`, without a path */
  origin: string;
  /** as image names say it: `docker.io`, `registry.example.com`, `host:5000` */
  domain: string;
  /** repositories start with it: `team` of `https://registry.example.com/team`; empty: none */
  pathPrefix: string;
}

export type ParsedEndpoint =
  | { ok: true; endpoint: RegistryEndpoint }
  | { ok: false; message: string };

const dockerHubOrigin = "https://registry-1.docker.io";
const dockerHubHosts = new Set([dockerHub, "hub.docker.com", "registry.hub.docker.com"]);

/**
 * Reads the URL of a registry connection. Without a scheme it is https, but http for loopback;
 * the names of Docker Hub all mean Docker Hub; a path is where its repositories start.
 */
export function parseRegistryUrl(text: string): ParsedEndpoint {
  const trimmed = text.trim();
  const schemed = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed);
  const refuse = (message: string): ParsedEndpoint => ({ ok: false, message });
  const example = "write it as https://registry.example.com or localhost:5000";
  if (schemed !== null && !/^https?$/i.test(schemed[1] ?? "")) {
    return refuse(`A registry is reached by http or https, not by ${schemed[1]}; ${example}.`);
  }
  const withScheme = schemed === null ? `https://${trimmed}` : trimmed;
  if (trimmed === "" || trimmed.length > 2048 || !URL.canParse(withScheme)) {
    return refuse(`This is not the URL of a registry; ${example}.`);
  }
  const url = new URL(withScheme);
  if (url.username !== "" || url.password !== "") {
    return refuse("Leave user name and password out of the URL; they have fields of their own.");
  }
  if (url.search !== "" || url.hash !== "") {
    return refuse(`The URL of a registry has no ? or #; ${example}.`);
  }
  if (schemed === null && isLoopback(url.hostname)) url.protocol = "http:";

  const pathPrefix = url.pathname
    .replace(/^\/+/, "")
    .replace(/(?<!\/)\/+$/, "")
    .replace(/(^|\/)v[12]$/, "");
  const domain = canonicalDomain(url.host);
  if (dockerHubHosts.has(domain)) {
    return { ok: true, endpoint: { origin: dockerHubOrigin, domain: dockerHub, pathPrefix } };
  }
  // A URL that writes its scheme's own port, and an image name that does, mean the same host.
  return { ok: true, endpoint: { origin: url.origin, domain, pathPrefix } };
}

/**
 * Whether an image of this domain lives in that registry. The scheme's own port may be left out,
 * and all names of this machine are one.
 */
export function servesDomain(endpoint: RegistryEndpoint, domain: string): boolean {
  const ownPort = endpoint.origin.startsWith("https:") ? "443" : "80";
  const plain = (text: string) => {
    const [, host = text, port = ownPort] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(text) ?? [];
    return `${isLoopback(host) ? "loopback" : host}:${port}`;
  };
  return plain(endpoint.domain) === plain(domain);
}
