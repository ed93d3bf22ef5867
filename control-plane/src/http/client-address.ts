import { isIP } from "node:net";
import type { Context } from "hono";
import { networkList } from "../networks.ts";

export { sourceOf } from "../networks.ts";

/** Addresses and networks in CIDR notation. */
export type Networks = readonly string[];

/**
 * Where a request comes from: the address of the connection, or, where that is a trusted proxy's,
 * the last one of `X-Forwarded-For` that is none. What others write there is not believed.
 */
export function clientAddress(trusted: Networks): (c: Context) => string {
  const isProxy = networkList(trusted);

  return (c) => {
    const socket = (c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined)
      ?.incoming?.socket;
    const forwarded = (c.req.header("x-forwarded-for") ?? "").split(",");
    let address = plain(socket?.remoteAddress ?? "");
    while (isProxy(address) && forwarded.length > 0) {
      const before = plain(forwarded.pop()?.trim() ?? "");
      if (isIP(before) === 0) break;
      address = before;
    }
    return address === "" ? "unknown" : address;
  };
}

/** An IPv4 address is that also on a socket of both families. */
function plain(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}
