import { lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { isNetwork, networkList } from "./networks.ts";

/*
 * Where requests to addresses that others chose may go: a registry's redirect, a webhook's target.
 * A name is looked up once, and the connection is made to what was found and checked.
 */

/**
 * How far inside an address is. `never`: link-local addresses, where clouds answer for a machine's own
 * credentials, and what is no host's address at all.
 */
export type Reach = "public" | "private" | "loopback" | "never";

const inside = {
  never: networkList([
    ...["0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "224.0.0.0/4", "240.0.0.0/4"],
    ...["100.100.100.200/32", "::/128", "fe80::/10", "ff00::/8", "fd00:ec2::254/128"],
  ]),
  loopback: networkList(["127.0.0.0/8", "::1/128"]),
  private: networkList([
    ...["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"],
    ...["fec0::/10"],
  ]),
} as const;
const ranks: Readonly<Record<Exclude<Reach, "never">, number>> = {
  public: 0,
  private: 1,
  loopback: 2,
};

/** @param address of IPv4 or IPv6, without brackets */
export function reachOf(address: string): Reach {
  const plain = embedded(address) ?? address;
  for (const reach of ["never", "loopback", "private"] as const) {
    if (inside[reach](plain)) return reach;
  }
  return "public";
}

/** Whether an address may be asked. */
export type Allows = (address: string, hostname: string) => boolean;

/** Nothing further inside than this. */
export function upTo(reach: Exclude<Reach, "never">): Allows {
  return (address) => {
    const found = reachOf(address);
    return found !== "never" && ranks[found] <= ranks[reach];
  };
}

/**
 * What an administrator's list names, beside what is public.
 * @param entries hosts (`hooks.example.com`, `.example.com` for those below it too), addresses and
 * networks (`10.0.0.0/8`)
 */
export function alsoAllowing(entries: readonly string[]): Allows {
  const networks = networkList(entries.filter((entry) => isIP(entry.split("/")[0] ?? "") !== 0));
  const names = entries.map((entry) => entry.toLowerCase());
  return (address, hostname) => {
    const plain = embedded(address) ?? address;
    const host = hostname.toLowerCase();
    return (
      reachOf(address) === "public" ||
      networks(plain) ||
      names.some((name) => name === host || (name.startsWith(".") && `.${host}`.endsWith(name)))
    );
  };
}

/** Whether a text can stand in such a list. */
export function isTarget(entry: string): boolean {
  return isNetwork(entry) || /^\.?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(entry);
}

/** That a host is at an address which may not be asked. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
  readonly hostname: string;
  readonly address: string;
  readonly reach: Reach;

  constructor(hostname: string, address: string) {
    const reach = reachOf(address);
    const where = hostname === address ? hostname : `${hostname} is at ${address}`;
    super(
      hostname === address
        ? `${where} is ${descriptions[reach]}, which is not asked from here.`
        : `${where}, ${descriptions[reach]}, which is not asked from here.`,
    );
    this.hostname = hostname;
    this.address = address;
    this.reach = reach;
  }
}

const descriptions: Readonly<Record<Reach, string>> = {
  public: "a public address",
  private: "a private address",
  loopback: "this machine's own address",
  never: "an address of this machine's own network link or of its cloud",
};

/** @throws {AddressRefused} for an address, in the place of a name, that may not be asked */
export function checkLiteral(url: URL, allows: Allows): void {
  const address = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(address) !== 0 && !allows(address, address)) {
    throw new AddressRefused(address, address);
  }
}

/** Looks names up for a connection, and finds only what may be asked. */
export function guardedLookup(allows: Allows): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, "");
      const allowed = found.filter(({ address }) => allows(address, hostname));
      const [first] = allowed;
      if (first === undefined) {
        return callback(new AddressRefused(hostname, found[0]?.address ?? "no address"), "");
      }
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

/** How far inside a host is, by the innermost of its addresses; one that is not found is public. */
export function reachOfHost(hostname: string): Promise<Exclude<Reach, "never">> {
  const literal = hostname.replace(/^\[|\]$/g, "");
  const innermost = (addresses: readonly string[]) =>
    addresses.map(reachOf).reduce<Exclude<Reach, "never">>((most, reach) => {
      return reach !== "never" && ranks[reach] > ranks[most] ? reach : most;
    }, "public");
  if (isIP(literal) !== 0) return Promise.resolve(innermost([literal]));
  return new Promise((resolve) => {
    lookup(hostname, { all: true }, (error, found) => {
      resolve(error === null ? innermost(found.map(({ address }) => address)) : "public");
    });
  });
}

/** The IPv4 address in an IPv6 one: `::ffff:10.0.0.1`, `64:ff9b::a00:1`; null: there is none */
function embedded(address: string): string | null {
  if (isIP(address) !== 6) return null;
  // The URL parser writes every form of it in one way.
  const text = new URL(`http://[${address.split("%")[0]}]/`).hostname.slice(1, -1);
  const match = /^(?:::ffff:|::|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(text);
  if (match === null) return null;
  const [high, low] = [Number.parseInt(match[1] ?? "", 16), Number.parseInt(match[2] ?? "", 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
