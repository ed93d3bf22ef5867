import { z } from "zod";
import {
  Authentication,
  type AuthenticationMemory,
  type RegistryCredentials,
} from "./authentication.ts";
import type { RegistryEndpoint } from "./endpoint.ts";
import { acceptedManifests, digestOf, type ImageConfig, parseConfig } from "./manifest.ts";
import { failure, type Outcome, type RegistryFailure, success } from "./outcome.ts";
import { nextPage } from "./pagination.ts";
import type { Headers } from "./rate-budget.ts";
import { isDigest, isTag } from "./reference.ts";
import type { RegistryTransport, TransportResponse } from "./transport.ts";

/** What HEAD tells of a manifest. */
export interface ManifestHead {
  /** null: the registry sends none */
  digest: string | null;
  mediaType: string | null;
  /** epoch milliseconds; null: the registry does not say */
  lastModified: number | null;
}

export interface FetchedManifest extends ManifestHead {
  /** computed from the body, and the one that was asked for where one was */
  digest: string;
  body: Buffer;
}

export interface Page<T> {
  items: T[];
  /** where the list goes on: path and query to hand back; null: this was the end */
  next: string | null;
}

/** An answer beyond the protocol. */
export interface Extension<T> {
  value: T;
  /** path and query of what follows, by the `Link` header; null: nothing */
  next: string | null;
}

const maxManifestBytes = 4 << 20;
const maxConfigBytes = 8 << 20;
const maxListBytes = 16 << 20;
const maxPages = 2000;
const pageSize = 1000;
/** Servers and caches stamp answers with their own time; that says nothing of the image. */
const stampedMs = 5000;

const tagsShape = z.object({ tags: z.array(z.string()).nullish() });
const catalogShape = z.object({ repositories: z.array(z.string()).nullish() });

/**
 * One account at one registry, speaking the distribution protocol. Every method answers with a
 * value or with why there is none; none throws for what a registry does.
 */
export class RegistryClient {
  readonly endpoint: RegistryEndpoint;
  readonly #transport: RegistryTransport;
  readonly #authentication: Authentication;
  readonly #signal: AbortSignal | undefined;

  constructor(options: {
    endpoint: RegistryEndpoint;
    credentials: RegistryCredentials | null;
    transport: RegistryTransport;
    memory: AuthenticationMemory;
    /** calls off everything that this client has under way */
    signal?: AbortSignal;
  }) {
    this.endpoint = options.endpoint;
    this.#transport = options.transport;
    this.#signal = options.signal;
    this.#authentication = new Authentication({
      origin: options.endpoint.origin,
      credentials: options.credentials,
      transport: options.transport,
      memory: options.memory,
    });
  }

  /** Whether this is a registry that lets the account in. */
  async ping(): Promise<Outcome<null>> {
    const asked = await this.#ask({ path: "/v2/", scope: "", maxBytes: 1 << 20 });
    if (!asked.ok) return asked;
    const { status, headers, body } = asked.value;
    const speaks = headers["docker-distribution-api-version"]?.startsWith("registry/2") ?? false;
    if (status === 200 && (speaks || !looksLikeHtml(headers, body))) return success(null);
    return this.#refusal(asked.value, `${this.endpoint.origin}/v2/`);
  }

  /** Every tag of a repository, each once, in the registry's order. */
  async listTags(repository: string): Promise<Outcome<string[]>> {
    const seen = new Set<string>();
    const pages = new Set<string>();
    let next: string | null = `/v2/${repository}/tags/list?n=${pageSize}`;
    while (next !== null && !pages.has(next) && pages.size < maxPages) {
      pages.add(next);
      const page: Outcome<Page<string>> = await this.#page(
        next,
        repository,
        tagsShape,
        (list) => list.tags,
      );
      if (!page.ok) return page;
      for (const tag of page.value.items) if (isTag(tag)) seen.add(tag);
      next = page.value.next;
    }
    return success([...seen]);
  }

  /**
   * One page of the registry's repositories.
   * @param next of the page before; null: from the beginning
   */
  async listRepositories(next: string | null, size = 100): Promise<Outcome<Page<string>>> {
    const path = next ?? `/v2/_catalog?n=${size}`;
    if (!path.startsWith("/v2/_catalog")) {
      return failure(
        "bad_answer",
        "The list of repositories does not go on from here; start again.",
      );
    }
    return this.#page(path, null, catalogShape, (list) => list.repositories);
  }

  /** What a tag or digest points to now, by HEAD. A registry that refuses HEAD is asked by GET. */
  async headManifest(repository: string, reference: string): Promise<Outcome<ManifestHead>> {
    const what = this.#name(repository, reference);
    const asked = await this.#ask({
      method: "HEAD",
      path: `/v2/${repository}/manifests/${reference}`,
      scope: pullScope(repository),
      accept: acceptedManifests,
      maxBytes: maxManifestBytes,
    });
    if (!asked.ok) return asked;
    const { status, headers } = asked.value;
    if (status === 405 || status === 501) return this.getManifest(repository, reference);
    if (status !== 200) return this.#refusal(asked.value, what);
    const digest = headers["docker-content-digest"];
    if (digest !== undefined && !isDigest(digest)) {
      return failure(
        "bad_answer",
        `${this.#host} sent a digest for ${what} that is none; check the registry.`,
      );
    }
    return success({
      digest: digest ?? null,
      mediaType: headers["content-type"]?.split(";")[0]?.trim() ?? null,
      lastModified: lastModified(headers),
    });
  }

  /**
   * A manifest, with the digest that its body really has. Asked for by digest, a body that has
   * another one is refused.
   */
  async getManifest(repository: string, reference: string): Promise<Outcome<FetchedManifest>> {
    const what = this.#name(repository, reference);
    const asked = await this.#ask({
      path: `/v2/${repository}/manifests/${reference}`,
      scope: pullScope(repository),
      accept: acceptedManifests,
      maxBytes: maxManifestBytes,
    });
    if (!asked.ok) return asked;
    const { status, headers, body } = asked.value;
    if (status !== 200) return this.#refusal(asked.value, what);
    const claimed = isDigest(reference) ? reference : headers["docker-content-digest"];
    const digest = digestOf(body, claimed);
    if (claimed !== undefined && claimed !== digest && !isSigned(headers)) {
      return this.#lie(what, claimed);
    }
    return success({
      digest,
      mediaType: headers["content-type"]?.split(";")[0]?.trim() ?? null,
      lastModified: lastModified(headers),
      body,
    });
  }

  /** The config of an image, checked against its digest. */
  async getConfig(repository: string, digest: string): Promise<Outcome<ImageConfig>> {
    const what = this.#name(repository, digest);
    const asked = await this.#ask({
      path: `/v2/${repository}/blobs/${digest}`,
      scope: pullScope(repository),
      maxBytes: maxConfigBytes,
    });
    if (!asked.ok) return asked;
    const { status, body } = asked.value;
    if (status !== 200) return this.#refusal(asked.value, what);
    if (digestOf(body, digest) !== digest) return this.#lie(what, digest);
    const config = parseConfig(body);
    return config === null
      ? failure("bad_answer", `The config of ${what} is damaged; push the image again.`)
      : success(config);
  }

  /** JSON from what a vendor adds to its registry's own host, with the registry's authorization. */
  async extension<T>(
    path: string,
    scope: string,
    shape: z.ZodType<T>,
  ): Promise<Outcome<Extension<T>>> {
    const asked = await this.#ask({
      path,
      scope,
      accept: "application/json",
      maxBytes: maxListBytes,
    });
    if (!asked.ok) return asked;
    const { status, headers, body, url } = asked.value;
    if (status !== 200) return this.#refusal(asked.value, `${this.endpoint.domain}${path}`);
    const value = parseList(body, shape);
    if (value === null) return this.#noList(asked.value, `${this.endpoint.domain}${path}`);
    const next = nextPage(headers.link, url);
    return success({ value, next: next === null ? null : `${next.pathname}${next.search}` });
  }

  /** Stands for the account without naming it: differs where credentials do. */
  get account(): string {
    return this.#authentication.account;
  }

  get #host(): string {
    return new URL(this.endpoint.origin).host;
  }

  #name(repository: string, reference: string): string {
    const name = `${this.endpoint.domain}/${repository}`;
    return isDigest(reference) ? `${name}@${reference.slice(0, 19)}…` : `${name}:${reference}`;
  }

  #lie(what: string, digest: string): RegistryFailure {
    return failure(
      "bad_answer",
      `${this.#host} answered with something else than ${digest} for ${what}; it was not used. Check the registry and what stands before it.`,
    );
  }

  async #page<L>(
    path: string,
    repository: string | null,
    shape: z.ZodType<L>,
    items: (list: L) => string[] | null | undefined,
  ): Promise<Outcome<Page<string>>> {
    const asked = await this.#ask({
      path,
      scope: repository === null ? "registry:catalog:*" : pullScope(repository),
      accept: "application/json",
      maxBytes: maxListBytes,
    });
    if (!asked.ok) return asked;
    const { status, headers, body, url } = asked.value;
    const what =
      repository === null
        ? `The list of repositories of ${this.endpoint.domain}`
        : `${this.endpoint.domain}/${repository}`;
    if (status !== 200) return this.#refusal(asked.value, what);
    const list = parseList(body, shape);
    if (list === null) return this.#noList(asked.value, what);
    const next = nextPage(headers.link, url);
    return success({
      items: items(list) ?? [],
      next: next === null ? null : `${next.pathname}${next.search}`,
    });
  }

  /** Sends a request with the authorization that the registry wants. */
  async #ask(request: {
    method?: "GET" | "HEAD";
    path: string;
    scope: string;
    accept?: string;
    maxBytes: number;
  }): Promise<Outcome<TransportResponse>> {
    const url = new URL(request.path, this.endpoint.origin);
    const first = await this.#authentication.header(request.scope);
    if (!first.ok) return first;
    let authorization = first.value;
    for (let attempt = 0; ; attempt++) {
      const sent = await this.#transport.send({
        method: request.method ?? "GET",
        url,
        headers: request.accept === undefined ? {} : { accept: request.accept },
        authorization,
        maxBytes: request.maxBytes,
        signal: this.#signal,
      });
      if (!sent.ok || sent.value.status !== 401) return sent;
      if (sent.value.url.origin !== url.origin) return success({ ...sent.value, status: 403 });
      // One more try for a token that ran out on the way, one for a challenge that changed.
      if (attempt === 2) return this.#authentication.refusal(sent.value);
      const answered = await this.#authentication.answer(sent.value, request.scope, authorization);
      if (!answered.ok) return answered;
      if (answered.value === authorization) return this.#authentication.refusal(sent.value);
      authorization = answered.value;
    }
  }

  #noList(response: TransportResponse, what: string): RegistryFailure {
    return failure(
      "bad_answer",
      looksLikeHtml(response.headers, response.body)
        ? `${this.#host} answered with a web page instead of a list; check that the URL is the registry's own, not that of its web interface.`
        : `${what}: the answer cannot be read; it may be cut off. Try again, and check the registry if it stays so.`,
      { status: response.status },
    );
  }

  /** Why an answer's status means that there is nothing to be had. */
  #refusal(response: TransportResponse, what: string): RegistryFailure {
    const { status } = response;
    if (status === 401) return this.#authentication.refusal(response);
    if (status === 403) {
      return failure(
        "forbidden",
        `${this.#host} forbids this account to read ${what}; give it the right to pull.`,
        { status },
      );
    }
    if (looksLikeHtml(response.headers, response.body)) {
      return failure(
        "bad_answer",
        `${this.#host} answered with a web page (${status}); check that the URL is the registry's own, not that of its web interface.`,
        { status },
      );
    }
    if (status === 404) {
      return failure(
        "not_found",
        what.endsWith("/v2/")
          ? `${this.#host} is not a registry (404 at /v2/); check the URL.`
          : `${what} does not exist in the registry; check the name, and that it has been pushed.`,
        { status },
      );
    }
    return failure(
      "bad_answer",
      status >= 500
        ? `${this.#host} failed (${status}) when asked for ${what}; try again later or look at the registry's log.`
        : `${this.#host} answered ${status} when asked for ${what}; check the registry's URL and version.`,
      { status },
    );
  }
}

function pullScope(repository: string): string {
  return `repository:${repository}:pull`;
}

function parseList<L>(body: Buffer, shape: z.ZodType<L>): L | null {
  try {
    return shape.safeParse(JSON.parse(body.toString("utf8"))).data ?? null;
  } catch {
    return null;
  }
}

function looksLikeHtml(headers: Headers, body: Buffer): boolean {
  return (
    (headers["content-type"] ?? "").includes("text/html") ||
    /^\s*<(?:!doctype|html)/i.test(body.subarray(0, 64).toString("latin1"))
  );
}

/** Schema 1 carries signatures that are not part of its digest; it is refused where it is read. */
function isSigned(headers: Headers): boolean {
  return (headers["content-type"] ?? "").includes("docker.distribution.manifest.v1+");
}

function lastModified(headers: Headers): number | null {
  const modified = Date.parse(headers["last-modified"] ?? "");
  if (!Number.isFinite(modified)) return null;
  const answered = Date.parse(headers.date ?? "");
  return Number.isFinite(answered) && Math.abs(answered - modified) < stampedMs ? null : modified;
}
