import type { Readable } from "node:stream";
import { type Environment, ProxyError, proxyRefusal } from "@bridgeport/proto/proxies";
import pLimit, { type LimitFunction } from "p-limit";
import { Pools, through } from "../pools.ts";
import { reachOfHost, upTo } from "../reach.ts";
import { type ConnectionFailure, connectionFailure } from "./connection-failure.ts";
import { exchangeHead } from "./head-exchange.ts";
import { sizeOf } from "./list-limits.ts";
import { failure, type Outcome, type RegistryFailureKind } from "./outcome.ts";
import type { BudgetSnapshot, Headers } from "./rate-budget.ts";
import { RateBudget } from "./rate-budget.ts";

/** One exchange with a registry or its token service. */
export interface TransportRequest {
  method: "GET" | "HEAD" | "POST";
  url: URL;
  headers: Record<string, string>;
  body?: string;
  /** sent to this URL's origin only, never after a redirect to another one */
  authorization?: string | null;
  /** the authorization for another origin that the answer redirects to; null: none */
  elsewhere?: (url: URL) => string | null;
  /** a longer body is refused */
  maxBytes: number;
  /** what is asked for, to be named when it is too large: "a manifest" */
  what: string;
  /** for the whole exchange, where that is shorter than the usual time */
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
  /**
   * the registry on whose behalf it is asked, which a person chose; what that names and redirects to is
   * asked only where it is no further inside than the registry itself. Default: the URL's host
   */
  home?: URL;
}

export interface TransportResponse {
  status: number;
  headers: Headers;
  body: Buffer;
  /** where the answer came from, after redirects */
  url: URL;
  /** what was sent there; null: nothing */
  authorization: string | null;
}

export interface TransportOptions {
  /** kept connections per host */
  connections?: number;
  connectTimeoutMs?: number;
  /** until the headers of an answer are there, and between two pieces of its body */
  idleTimeoutMs?: number;
  /** for one exchange with its redirects, without pauses that the host ordered */
  exchangeTimeoutMs?: number;
  /** how long a request waits for a host that ordered a pause before it gives up */
  patienceMs?: number;
  /** where HTTP_PROXY, HTTPS_PROXY and NO_PROXY are looked up; this process's own */
  environment?: Environment;
  /** certificates in the place of the machine's own authorities; null: those */
  authorities?: string | null;
  clock?: () => number;
  random?: () => number;
  delay?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

const redirects = new Set([301, 302, 303, 307, 308]);
const maxRedirects = 5;
const maxHosts = 256;
/** how often one request may be told to come later */
const maxRefusals = 5;
/** waits before repeating after a broken connection or a 5xx */
const repeatAfterMs = [150, 600];

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
    if (signal?.aborted) done();
  });
}

/**
 * Exchanges with registries: kept, bounded connections per host, every wait bounded, pauses that
 * a host orders kept by all that ask that host, safe requests repeated a little when the
 * connection breaks. One of these serves the whole process.
 */
export class RegistryTransport {
  readonly #pools: Pools;
  readonly #slots = new Map<string, LimitFunction>();
  readonly #budgets = new Map<string, RateBudget>();
  readonly #options: Required<TransportOptions>;

  constructor(options: TransportOptions = {}) {
    this.#options = {
      connections: 16,
      connectTimeoutMs: 5000,
      idleTimeoutMs: 15_000,
      exchangeTimeoutMs: 60_000,
      patienceMs: 30_000,
      clock: Date.now,
      random: Math.random,
      delay: wait,
      environment: process.env,
      authorities: null,
      ...options,
    };
    const { idleTimeoutMs } = this.#options;
    const limits = { answerTimeoutMs: idleTimeoutMs, keepAliveMs: 30_000 };
    this.#pools = new Pools({ ...this.#options, ...limits }, maxHosts);
  }

  /** Closes every connection; requests under way fail. */
  async close(): Promise<void> {
    await this.#pools.close();
  }

  /** What each host allows, as far as it said so. */
  budgets(): BudgetSnapshot[] {
    const now = this.#options.clock();
    return [...this.#budgets.values()].map((budget) => budget.snapshot(now));
  }

  /** What this host allows. */
  budget(host: string): BudgetSnapshot {
    return this.#budgetOf(host).snapshot(this.#options.clock());
  }

  /**
   * Sends a request and reads its answer, whatever its status: only an answer that cannot be had
   * is a failure (`unreachable`, `rate_limited`, `too_large`, or `bad_answer` for one that redirects
   * wrongly).
   */
  async send(request: TransportRequest): Promise<Outcome<TransportResponse>> {
    const { clock, delay, random } = this.#options;
    const patientUntil = clock() + this.#options.patienceMs;
    let budget = this.#budgetOf(request.url.host);
    let refused = 0;
    let broken = 0;
    for (;;) {
      const pause = budget.pauseMs(clock());
      if (refused > maxRefusals || (pause > 0 && budget.pausedUntil > patientUntil)) {
        return rateLimited(budget, clock());
      }
      if (pause > 0) await delay(pause, request.signal);
      if (request.signal?.aborted) return calledOff(request.url);
      // The pause may have grown while this one slept.
      if (budget.pauseMs(clock()) > 0) continue;

      // A request waits for its turn here rather than in the pool, where its time would run.
      const outcome = await this.#slotsOf(request.url.origin)(() => this.#exchange(request));
      if (outcome.ok) {
        const { status, url } = outcome.value;
        budget = this.#budgetOf(url.host);
        if (status === 429 || (status === 503 && budget.pauseMs(clock()) > 0)) {
          refused++;
          continue;
        }
      }
      const again = outcome.ok ? mayPass(outcome.value.status) : outcome.again;
      const repeatAfter = repeatAfterMs[broken++];
      if (!again || request.method === "POST" || repeatAfter === undefined) return outcome;
      await delay(repeatAfter * (0.5 + random()), request.signal);
    }
  }

  /** One exchange with its redirects, within the time for one. */
  async #exchange(request: TransportRequest): Promise<ExchangeOutcome> {
    // Without a body, the time for the headers is all there is to watch: nearly everything that a
    // synchronisation asks is a HEAD, and a signal of its own for each is what would cost most.
    if (request.method === "HEAD") return this.#follow(request, request.signal, () => false);
    const abort = new AbortController();
    let overtime = false;
    const timer = setTimeout(
      () => {
        overtime = true;
        abort.abort();
      },
      Math.min(request.timeoutMs ?? Number.POSITIVE_INFINITY, this.#options.exchangeTimeoutMs),
    );
    const callOff = () => abort.abort();
    request.signal?.addEventListener("abort", callOff);
    try {
      return await this.#follow(request, abort.signal, () => overtime);
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener("abort", callOff);
    }
  }

  /** Goes where an answer redirects to. */
  async #follow(
    request: TransportRequest,
    signal: AbortSignal | undefined,
    overtime: () => boolean,
  ): Promise<ExchangeOutcome> {
    let url = request.url;
    try {
      for (let hop = 0; hop <= maxRedirects; hop++) {
        const budget = this.#budgetOf(url.host);
        budget.sent();
        const answer = await this.#once(request, url, signal);
        if (answer === "too large") {
          const limit = sizeOf(request.maxBytes);
          return unanswered(
            "too_large",
            `${url.host} sent more than ${limit} for ${request.what}, which is more than is read of one; check that the URL is a registry's.`,
          );
        }
        budget.observe(answer.status, answer.headers, this.#options.clock());
        const location = answer.headers.location;
        if (!redirects.has(answer.status) || location === undefined || request.method === "POST") {
          return { ok: true, value: answer };
        }
        const next = URL.canParse(location, url.href) ? new URL(location, url) : null;
        if (next === null || !mayFollow(url, next)) {
          return unanswered(
            "bad_answer",
            next?.protocol === "http:"
              ? `${url.host} redirects from https to http (${next.host}), which is not followed; correct the registry's configuration.`
              : `${url.host} redirects to a place that cannot be followed; check the URL of the registry.`,
          );
        }
        url = next;
      }
      return unanswered(
        "bad_answer",
        `${request.url.host} redirects in circles; check the URL of the registry.`,
      );
    } catch (error) {
      return request.signal?.aborted ? calledOff(url) : connectionFailure(error, url, overtime());
    }
  }

  async #once(
    request: TransportRequest,
    url: URL,
    signal: AbortSignal | undefined,
  ): Promise<TransportResponse | "too large"> {
    const headers = { "user-agent": "bridgeport", ...request.headers };
    const authorization =
      (url === request.url || url.origin === request.url.origin
        ? request.authorization
        : request.elsewhere?.(url)) ?? null;
    const authorized = authorization === null ? headers : { ...headers, authorization };
    const home = request.home ?? request.url;
    const reach = url.origin === home.origin ? "loopback" : await reachOfHost(home.hostname);
    const way = this.#pools.to(url, upTo(reach), reach);
    if (typeof way === "string") throw new ProxyError(way, { again: false });
    const { pool, forwarder } = way;
    const sent = through(way, url);
    const exchange = {
      path: sent.path,
      headers: { ...authorized, ...sent.headers },
      // A connection is kept after HEAD, too: asking for digests is nearly all that a sync does.
      reset: false,
      headersTimeout: this.#options.idleTimeoutMs,
      bodyTimeout: this.#options.idleTimeoutMs,
    };
    if (request.method === "HEAD") {
      const { statusCode, headers: answered } = await exchangeHead(pool, exchange, signal);
      if (statusCode === 407 && forwarder !== null) {
        throw proxyRefusal(forwarder.proxy, url.host, 407);
      }
      return {
        status: statusCode,
        headers: singleHeaders(answered),
        body: noBody,
        url,
        authorization,
      };
    }
    const response = await pool.request({
      ...exchange,
      method: request.method,
      body: request.body ?? null,
      ...(signal === undefined ? {} : { signal }),
    });
    if (response.statusCode === 407 && forwarder !== null) {
      await response.body.dump();
      throw proxyRefusal(forwarder.proxy, url.host, 407);
    }
    const announced = Number(response.headers["content-length"]);
    const body = await readBody(response.body, request.maxBytes, announced);
    if (body === "too large") return body;
    return {
      status: response.statusCode,
      headers: singleHeaders(response.headers),
      body,
      url,
      authorization,
    };
  }

  #slotsOf(origin: string): LimitFunction {
    const known = this.#slots.get(origin);
    if (known !== undefined) return known;
    for (const [oldest, slots] of this.#slots) {
      if (this.#slots.size < maxHosts) break;
      if (slots.activeCount === 0) this.#slots.delete(oldest);
    }
    const slots = pLimit(this.#options.connections);
    this.#slots.set(origin, slots);
    return slots;
  }

  #budgetOf(host: string): RateBudget {
    const known = this.#budgets.get(host);
    if (known !== undefined) return known;
    if (this.#budgets.size >= maxHosts) {
      const oldest = this.#budgets.keys().next().value;
      if (oldest !== undefined) this.#budgets.delete(oldest);
    }
    const budget = new RateBudget(host, this.#options.random);
    this.#budgets.set(host, budget);
    return budget;
  }
}

/** A failure that may be over in a moment; 501 says that the host does not serve the request. */
function mayPass(status: number): boolean {
  return status >= 500 && status !== 501;
}

const noBody = Buffer.alloc(0);

/** @param announced how long the host says that it is; NaN: it does not say */
async function readBody(
  body: Readable,
  maxBytes: number,
  announced: number,
): Promise<Buffer | "too large"> {
  if (announced > maxBytes) {
    // Its error is that of being cut off here.
    body.on("error", () => {}).destroy();
    return "too large";
  }
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > maxBytes) {
      body.destroy();
      return "too large";
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

type ExchangeOutcome = { ok: true; value: TransportResponse } | ConnectionFailure;

function unanswered(kind: RegistryFailureKind, message: string): ConnectionFailure {
  return { ...failure(kind, message), again: false };
}

function calledOff(url: URL): ConnectionFailure {
  return { ...failure("unreachable", `The request to ${url.host} was called off.`), again: false };
}

function rateLimited(budget: RateBudget, now: number): Outcome<never> {
  const seconds = Math.ceil(budget.pauseMs(now) / 1000);
  return failure(
    "rate_limited",
    `${budget.host} allows no more requests for ${seconds} s; wait, or connect with an account that has a higher limit.`,
    { status: 429, retryAt: budget.pausedUntil },
  );
}

/** http or https, and never from https to http. */
function mayFollow(from: URL, to: URL): boolean {
  return to.protocol === "https:" || (to.protocol === "http:" && from.protocol === "http:");
}

function singleHeaders(headers: Record<string, string | string[] | undefined>): Headers {
  const single: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers)) {
    single[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return single;
}
