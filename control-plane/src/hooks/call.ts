import { type Environment, ProxyError, proxyRefusal } from "@bridgeport/proto/proxies";
import { connectionError, firstCharacters } from "../outgoing.ts";
import { Pools, through } from "../pools.ts";
import { AddressRefused, type Allows, upTo } from "../reach.ts";
import type { Method } from "./hook.ts";

/** One request to the address of a hook. */
export interface Request {
  method: Method;
  url: string;
  headers: Record<string, string>;
  body: string | null;
  /** for what the time over is told */
  timeoutMs: number;
  /** how many characters of the answer are read; default: 2000 */
  keptCharacters?: number;
}

/** What became of one request. */
export interface Answer {
  ok: boolean;
  /** of an HTTP answer */
  status: number | null;
  /** the first characters of the answer */
  text: string;
  /** a sentence; null: it was taken */
  error: string | null;
  /** whether the same request may do better a little later */
  again: boolean;
}

/** Makes the calls of hooks; one of these serves the whole process. */
export interface Caller {
  /** @param signal ends it, when its time is over or nobody waits any longer */
  call(request: Request, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

const keptCharacters = 2000;
const longestWait = 600_000;

export interface CallerOptions {
  /** which names the proxies */
  environment?: Environment;
  /** certificates in the place of the machine's own authorities; null: those */
  authorities?: string | null;
  /** which addresses may be asked; default: all but those of clouds and networks themselves */
  allows?: Allows;
}

export function openCaller({
  environment = process.env,
  authorities = null,
  allows = upTo("loopback"),
}: CallerOptions = {}): Caller {
  const pools = new Pools(
    {
      ...{ connections: 16, connectTimeoutMs: 10_000, answerTimeoutMs: 10_000 },
      // A call on a connection that its target is just closing would have to be made again.
      ...{ keepAliveMs: 5000, environment, authorities },
    },
    100,
  );
  return {
    call: (request, signal) => call(pools, allows, request, signal),
    close: () => pools.close(),
  };
}

async function call(
  pools: Pools,
  allows: Allows,
  { method, url: text, headers, body, timeoutMs, keptCharacters: kept = keptCharacters }: Request,
  signal: AbortSignal,
): Promise<Answer> {
  const url = new URL(text);
  try {
    const way = pools.to(url, allows);
    if (typeof way === "string") throw new ProxyError(way, { again: false });
    const sent = through(way, url);
    // Redirects are not followed: what a hook says goes where it was meant to and nowhere else.
    const answer = await way.pool.request({
      ...{ method, path: sent.path, headers: { ...headers, ...sent.headers }, body, signal },
      // The signal is what ends it.
      ...{ headersTimeout: longestWait, bodyTimeout: longestWait },
    });
    const status = answer.statusCode;
    if (status === 407 && way.forwarder !== null) {
      await answer.body.dump();
      throw proxyRefusal(way.forwarder.proxy, url.host, 407);
    }
    const said = await firstCharacters(answer.body, kept);
    if (status >= 200 && status < 300) {
      return { ok: true, status, text: said, error: null, again: false };
    }
    return {
      ...{ ok: false, status, text: said, again: status === 429 || status >= 500 },
      error:
        status >= 300 && status < 400
          ? `It answered ${status}, a redirect, which is not followed: give the address that it leads to.`
          : `It answered ${status}.`,
    };
  } catch (error) {
    const refused = error instanceof AddressRefused || error instanceof ProxyError;
    return {
      ...{ ok: false, status: null, text: "", again: !refused && !signal.aborted },
      error: connectionError(error, timeoutMs),
    };
  }
}
