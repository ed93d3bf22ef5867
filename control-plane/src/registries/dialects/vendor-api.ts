import type { z } from "zod";
import { failure, type Outcome, type RegistryFailure, success } from "../outcome.ts";
import { nextPage } from "../pagination.ts";
import { type Token, TokenCache } from "../token-cache.ts";
import type { RegistryTransport } from "../transport.ts";

/** A page is of a hundred things; details are kept of ten pages. */
const maxBytes = 4 << 20;
/** Detail is worth a few requests, not hundreds: what is older has none. */
export const maxPages = 10;

export interface ApiRequest {
  url: URL;
  /** null: anonymous */
  authorization: string | null;
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string;
}

export interface ApiAnswer<T> {
  value: T;
  /** by the `Link` header; null: none */
  next: URL | null;
}

/** Speaks JSON with vendors' own APIs, over the same bounded connections as with registries. */
export class VendorApi {
  readonly #transport: RegistryTransport;
  readonly #tokens = new TokenCache<RegistryFailure>();

  constructor(transport: RegistryTransport) {
    this.#transport = transport;
  }

  /** One request whose answer must have a shape. Names in sentences are the host's, never secrets. */
  async ask<T>(request: ApiRequest, shape: z.ZodType<T>): Promise<Outcome<ApiAnswer<T>>> {
    const sent = await this.#transport.send({
      method: request.method ?? "GET",
      url: request.url,
      headers: { accept: "application/json", ...request.headers },
      authorization: request.authorization,
      maxBytes,
      what: "an answer of its API",
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    if (!sent.ok) return sent;
    const { status, headers, body } = sent.value;
    const { host } = request.url;
    if (status === 401 || status === 403) {
      return failure(
        status === 401 ? "unauthorized" : "forbidden",
        `${host} does not let this account use its API (${status}); check the token and its scopes.`,
        { status },
      );
    }
    if (status === 404) {
      return failure("not_found", `${host} does not know this repository.`, { status });
    }
    const value = status >= 200 && status < 300 ? parse(body, shape) : null;
    if (value === null) {
      return failure(
        "bad_answer",
        `The API of ${host} answered ${status} in a way that cannot be read.`,
        {
          status,
        },
      );
    }
    return success({ value, next: nextPage(headers.link, request.url) });
  }

  /**
   * Collects the pages that `read` makes of a request and its successors, at most `maxPages`. What
   * was read before a page failed is kept; only a first page that fails is a failure.
   */
  async pages<T>(
    first: URL,
    authorization: string | null,
    shape: z.ZodType<T>,
    read: (value: T) => void,
    follow: (value: T, link: URL | null, page: number) => URL | null = (_value, link) => link,
  ): Promise<Outcome<null>> {
    let url: URL | null = first;
    for (let page = 1; url !== null && page <= maxPages; page++) {
      const answer: Outcome<ApiAnswer<T>> = await this.ask({ url, authorization }, shape);
      if (!answer.ok) return page === 1 ? answer : success(null);
      read(answer.value.value);
      url = follow(answer.value.value, answer.value.next, page);
    }
    return success(null);
  }

  /** A token of the vendor's, kept until it expires. */
  async token(key: string, fetch: () => Promise<Outcome<Token>>): Promise<Outcome<string>> {
    const answer = await this.#tokens.get(
      key,
      async () => {
        const fetched = await fetch();
        return fetched.ok ? fetched.value : fetched;
      },
      (token): token is Token => "value" in token,
    );
    return "value" in answer ? success(answer.value) : answer;
  }
}

function parse<T>(body: Buffer, shape: z.ZodType<T>): T | null {
  try {
    return shape.safeParse(JSON.parse(body.toString("utf8"))).data ?? null;
  } catch {
    return null;
  }
}

export function basicAuthorization(credentials: { username: string; password: string } | null) {
  if (credentials === null) return null;
  const { username, password } = credentials;
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** The page after one that came in pages by number. */
export function pageNumber(url: URL, page: number): URL {
  const next = new URL(url);
  next.searchParams.set("page", String(page));
  return next;
}
