import { BlockList, isIP } from "node:net";

/*
 * The proxies that the environment names: HTTP_PROXY and HTTPS_PROXY (which falls back to the
 * former), and NO_PROXY for the hosts that are reached without. Lower-case names win, as with curl.
 */

/** How a URL is reached. A problem is a sentence on a variable that cannot be used. */
export type Route =
  | { kind: "direct" }
  | { kind: "proxy"; proxy: URL }
  | { kind: "problem"; message: string };

export type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a host, as a URL has it, is this machine. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}

const direct: Route = { kind: "direct" };

/** Reads the variables once. This machine itself is never reached through a proxy. */
export function routesOf(environment: Environment): (url: URL) => Route {
  const plain = readProxy(environment, ["HTTP_PROXY"]);
  const secure = readProxy(environment, ["HTTPS_PROXY", "HTTP_PROXY"]);
  const isExcepted = readExceptions(variable(environment, "NO_PROXY")?.value ?? "");
  return (url) => {
    if (isLoopback(url.hostname) || isExcepted(url)) return direct;
    return url.protocol === "https:" ? secure : plain;
  };
}

function variable(environment: Environment, name: string): { name: string; value: string } | null {
  for (const spelled of [name.toLowerCase(), name]) {
    const value = environment[spelled]?.trim();
    if (value !== undefined && value !== "") return { name: spelled, value };
  }
  return null;
}

function readProxy(environment: Environment, names: string[]): Route {
  for (const name of names) {
    const found = variable(environment, name);
    if (found === null) continue;
    const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(found.value)
      ? found.value
      : `http://${found.value}`;
    const proxy = URL.canParse(text) && isDecodable(text) ? new URL(text) : null;
    if (proxy?.protocol === "http:" || proxy?.protocol === "https:")
      return { kind: "proxy", proxy };
    // The value may hold a password, so it is not shown.
    return {
      kind: "problem",
      message: `The variable ${found.name} is not the URL of an HTTP proxy; write it as http://proxy.example.com:3128.`,
    };
  }
  return direct;
}

/** Whether its login can be decoded: a password with a bare % cannot. */
function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads NO_PROXY: `*` for everything, hosts that stand for their subdomains too, with or without a
 * dot in front and a port behind, addresses, and networks such as 10.0.0.0/8.
 */
function readExceptions(text: string): (url: URL) => boolean {
  const hosts: { host: string; port: string | null }[] = [];
  const networks = new BlockList();
  let all = false;
  for (const entry of text.toLowerCase().split(/[,\s]+/)) {
    const network = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry);
    if (entry === "*") all = true;
    else if (network !== null) addNetwork(networks, network[1] ?? "", Number(network[2]));
    else if (entry !== "") hosts.push(readHost(entry));
  }
  return (url) => {
    const host = withoutBrackets(url.hostname).toLowerCase();
    const port = url.port || (url.protocol === "https:" ? "443" : "80");
    const family = isIP(host);
    return (
      all ||
      (family !== 0 && networks.check(host, family === 6 ? "ipv6" : "ipv4")) ||
      hosts.some(
        (entry) =>
          (entry.port === null || entry.port === port) &&
          (host === entry.host || host.endsWith(`.${entry.host}`)),
      )
    );
  };
}

function readHost(entry: string): { host: string; port: string | null } {
  const bare = entry.replace(/^\*?\./, "");
  if (isIP(withoutBrackets(bare)) !== 0) return { host: withoutBrackets(bare), port: null };
  const [, host = bare, port = null] = /^(.+):(\d+)$/.exec(bare) ?? [];
  return { host: withoutBrackets(host), port };
}

function addNetwork(networks: BlockList, address: string, bits: number): void {
  const family = isIP(address);
  if (family === 0 || bits > (family === 6 ? 128 : 32)) return;
  networks.addSubnet(address, bits, family === 6 ? "ipv6" : "ipv4");
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

/** What a proxy is told of who asks; null: its URL names no login. */
export function proxyAuthorization({ username, password }: URL): string | null {
  if (username === "" && password === "") return null;
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(login).toString("base64")}`;
}
