import { isIP } from "node:net";
import type { Context } from "hono";
import { networkList } from "../networks.ts";

export { sourceOf } from "../networks.ts";

/** Addresses and networks in CIDR notation. */
export type Networks = readonly string[];

/**
 * Where a request comes from: the address of the connection, or, where that is a trusted proxy's,
 * the last one of `X-Forwarded-For` that is none, or of `Forwarded` where the other is not sent. What
 * others write there is not believed.
 */
export function clientAddress(trusted: Networks): (c: Context) => string {
  const isProxy = networkList(trusted);

  return (c) => {
    const socket = (c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined)
      ?.incoming?.socket;
    let address = plain(socket?.remoteAddress ?? "");
    const hops = isProxy(address) ? hopsOf(c) : [];
    while (isProxy(address) && hops.length > 0) {
      const before = addressIn(hops.pop() ?? "");
      if (before === null) break;
      address = before;
    }
    return address === "" ? "unknown" : address;
  };
}

/** From whom each proxy says that it has the request, the last proxy's word last. */
function hopsOf(c: Context): string[] {
  const plainHops = c.req.header("x-forwarded-for");
  if (plainHops !== undefined) return plainHops.split(",");
  // RFC 7239: elements with parameters; what is quoted here is an address, which has none of these signs.
  return (c.req.header("forwarded") ?? "").split(",").map((element) => {
    const pairs = element.split(";").map((pair) => pair.trim());
    const given = pairs.find((pair) => /^for=/i.test(pair))?.slice(4) ?? "";
    return given.replace(/^"(.*)"$/, "$1");
  });
}

/** `192.0.2.1`, `2001:db8::1`, and both with a port: `192.0.2.1:4711`, `[2001:db8::1]:4711`; else null. */
function addressIn(text: string): string | null {
  const hop = text.trim();
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop;
  const address = plain(bare);
  return isIP(address) === 0 ? null : address;
}

/** An IPv4 address is that also on a socket of both families, and without the name of its interface. */
function plain(address: string): string {
  const [bare = ""] = address.split("%", 1);
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1] ?? bare;
}
