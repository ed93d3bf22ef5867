import { ProxyError, proxyRefusal } from "@bridgeport/proto/proxies";
import { type Pools, through } from "./pools.ts";
import type { Allows } from "./reach.ts";

/** What libraries that bring no connections of their own call in the place of `fetch`. */
export type Fetch = (
  url: string,
  options: {
    method: string;
    headers: Record<string, string>;
    body?: unknown;
    signal?: AbortSignal | undefined;
  },
) => Promise<Response>;

/**
 * `fetch` over the product's own connections: names are looked up once and checked, the proxies of the
 * environment are used, redirects are not followed, and an answer that is too long is an error.
 */
export function fetchThrough(pools: Pools, allows: Allows, mostBytes: number): Fetch {
  return async (text, { method, headers, body, signal }) => {
    const url = new URL(text);
    const way = pools.to(url, allows);
    if (typeof way === "string") throw new ProxyError(way, { again: false });
    const sent = through(way, url);
    const answer = await way.pool.request({
      method: method as "GET" | "POST",
      path: sent.path,
      headers: { ...headers, ...sent.headers },
      body: body === undefined || body === null ? null : String(body),
      signal: signal ?? null,
    });
    if (answer.statusCode === 407 && way.forwarder !== null) {
      await answer.body.dump();
      throw proxyRefusal(way.forwarder.proxy, url.host, 407);
    }
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > mostBytes) throw new Error(`${url.host} answered more than ${mostBytes} bytes`);
      chunks.push(chunk);
    }
    const told = Object.entries(answer.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as [string, string]],
    );
    const empty = [204, 205, 304].includes(answer.statusCode);
    return new Response(empty ? null : Buffer.concat(chunks), {
      status: answer.statusCode,
      headers: told,
    });
  };
}
