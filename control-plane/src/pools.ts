import {
  type Environment,
  proxyAuthorization,
  type Route,
  routesOf,
} from "@bridgeport/proto/proxies";
import { Pool } from "undici";
import { forwarding, tunneling } from "./proxy-connection.ts";
import { type Allows, checkLiteral, guardedLookup } from "./reach.ts";

/** Kept connections to one origin. */
export interface Way {
  pool: Pool;
  /** the proxy that fetches for us and reads along; null: the connection is to the origin itself */
  forwarder: { proxy: URL; authorization: string | null } | null;
}

/** The path of a request on its way, and the headers that a proxy which fetches for us needs. */
export function through(
  { forwarder }: Way,
  url: URL,
): { path: string; headers: Record<string, string> } {
  const path = `${url.pathname}${url.search}`;
  if (forwarder === null) return { path, headers: {} };
  const { authorization } = forwarder;
  return {
    path: `${url.origin}${path}`,
    headers: {
      host: url.host,
      ...(authorization === null ? {} : { "proxy-authorization": authorization }),
    },
  };
}

export interface PoolOptions {
  /** kept connections per origin */
  connections: number;
  connectTimeoutMs: number;
  /** how long a proxy may take to connect to the origin */
  answerTimeoutMs: number;
  /** how long a connection is kept that nothing uses */
  keepAliveMs: number;
  environment: Environment;
  /** certificates in the place of the machine's own authorities; null: those */
  authorities: string | null;
}

/**
 * Kept, bounded connections per origin and rule, straight or through the proxy that the environment names:
 * as many through a proxy as without.
 */
export class Pools {
  readonly #ways = new Map<string, Way>();
  readonly #options: PoolOptions;
  readonly #routeTo: (url: URL) => Route;
  readonly #capacity: number;

  constructor(options: PoolOptions, capacity: number) {
    this.#options = options;
    this.#routeTo = routesOf(options.environment);
    this.#capacity = capacity;
  }

  /** Closes every connection; requests under way fail. */
  async close(): Promise<void> {
    const ways = [...this.#ways.values()];
    this.#ways.clear();
    await Promise.all(ways.map(({ pool }) => pool.destroy()));
  }

  /**
   * @param allows which addresses may be asked; a name that a proxy looks up is for its rules to judge
   * @param asked tells callers of different rules apart
   * @returns a sentence when the variables that name a proxy cannot be used
   * @throws {AddressRefused} for an address, in the place of a name, that may not be asked
   */
  to(url: URL, allows: Allows, asked = ""): Way | string {
    const key = `${asked} ${url.origin}`;
    const known = this.#ways.get(key);
    if (known !== undefined) return known;
    checkLiteral(url, allows);
    const route = this.#routeTo(url);
    if (route.kind === "problem") return route.message;
    for (const [oldest, { pool }] of this.#ways) {
      if (this.#ways.size < this.#capacity) break;
      this.#ways.delete(oldest);
      // What is under way on it ends in its own time.
      pool.close().catch(() => {});
    }
    const way = this.#open(url, route.kind === "proxy" ? route.proxy : null, allows);
    this.#ways.set(key, way);
    return way;
  }

  #open(url: URL, proxy: URL | null, allows: Allows): Way {
    const { connections, connectTimeoutMs, answerTimeoutMs, keepAliveMs, authorities } =
      this.#options;
    const connection = {
      timeout: connectTimeoutMs,
      ...(authorities === null ? {} : { ca: authorities }),
    };
    const forwarded = proxy !== null && url.protocol === "http:";
    const connect =
      proxy === null
        ? { ...connection, lookup: guardedLookup(allows) }
        : forwarded
          ? forwarding(proxy, connection)
          : tunneling(proxy, { ...connection, answerTimeoutMs });
    const pool = new Pool(forwarded ? proxy.origin : url.origin, {
      connections,
      pipelining: 1,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs * 2,
      connect,
    });
    return {
      pool,
      forwarder: forwarded ? { proxy, authorization: proxyAuthorization(proxy) } : null,
    };
  }
}
