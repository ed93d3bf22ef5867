import { z } from "zod";
import type { PinnedRealm, PullLogin, RegistryCredentials } from "./authentication.ts";
import { AuthorizedRequests, maxPingBytes, pullScope } from "./authorized-requests.ts";
import type { RegistryEndpoint } from "./endpoint.ts";
import { type HeadSupport, mayRefuseHead } from "./head-support.ts";
import { type ListLimits, listLimits, listTooLong, passedLimit, sizeOf } from "./list-limits.ts";
import type { ListMemory } from "./list-memory.ts";
import { acceptedManifests, digestOf, type ImageConfig, parseConfig } from "./manifest.ts";
import { failure, type Outcome, type RegistryFailure, success } from "./outcome.ts";
import { nextPage, pageAfter } from "./pagination.ts";
import type { Headers } from "./rate-budget.ts";
import { isDigest, isTag } from "./reference.ts";
import { looksLikeHtml, noList, refusal } from "./refusals.ts";
import type { RegistryMemory } from "./registry-memory.ts";
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

interface ListPage {
  items: readonly string[];
  bytes: number;
  next: URL | null;
  /** nothing was said of what follows */
  guessed: boolean;
}

/** An answer beyond the protocol. */
export interface Extension<T> {
  value: T;
  /** path and query of what follows, by the `Link` header; null: nothing */
  next: string | null;
}

const maxManifestBytes = 4 << 20;
const maxConfigBytes = 8 << 20;
/**
 * What registries may be asked for at once is a round number, such as 1,000, and so are the numbers of
 * tags that are kept: a list of so many is not taken for one that goes on.
 */
const pageSize = 999;
/** How a registry answers that cannot be asked for what follows a name. */
const hasNoPages = new Set<number | null>([400, 404, 405, 501]);
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
  readonly #requests: AuthorizedRequests;
  readonly #heads: HeadSupport;
  readonly #lists: ListMemory;
  readonly #limits: ListLimits;
  readonly #clock: () => number;

  constructor(options: {
    endpoint: RegistryEndpoint;
    credentials: RegistryCredentials | null;
    transport: RegistryTransport;
    memory: RegistryMemory;
    /** the token service that the credentials go to; default: any */
    pinned?: PinnedRealm;
    /** calls off everything that this client has under way */
    signal?: AbortSignal;
    /** of the list of one repository's tags */
    limits?: Partial<ListLimits>;
    clock?: () => number;
  }) {
    this.endpoint = options.endpoint;
    this.#heads = options.memory.heads;
    this.#lists = options.memory.lists;
    this.#limits = { ...listLimits, ...options.limits };
    this.#clock = options.clock ?? Date.now;
    this.#requests = new AuthorizedRequests({ ...options, origin: options.endpoint.origin });
  }

  /** Whether this is a registry that lets the account in. */
  async ping(): Promise<Outcome<null>> {
    const asked = await this.#requests.send({
      url: this.#url("/v2/"),
      scope: "",
      maxBytes: maxPingBytes,
      what: "a greeting",
    });
    if (!asked.ok) return asked;
    const { status, headers, body } = asked.value;
    const speaks = headers["docker-distribution-api-version"]?.startsWith("registry/2") ?? false;
    if (status === 200 && (speaks || !looksLikeHtml(headers, body))) return success(null);
    return this.#refusal(asked.value, `${this.endpoint.origin}/v2/`);
  }

  /** Begins as if the registry was never asked. */
  forget(): void {
    this.#requests.forget();
  }

  /** How an agent can pull this image as this account. */
  async pullLogin(repository: string, reference: string): Promise<Outcome<PullLogin>> {
    const login = await this.#requests.pullLogin(repository);
    if (!login.ok) return login;
    if (login.value !== null) return success(login.value);
    // Where /v2/ is open to all, the image itself may not be.
    const head = await this.headManifest(repository, reference);
    if (!head.ok) return head;
    const answered = await this.#requests.pullLogin(repository);
    return answered.ok ? success(answered.value ?? { kind: "none" }) : answered;
  }

  /** Every tag of a repository, each once, in the registry's order. */
  async listTags(repository: string): Promise<Outcome<string[]>> {
    const seen = new Set<string>();
    const pages = new Set<string>();
    const begun = this.#clock();
    let bytes = 0;
    /** the list says itself where it goes on, and so where it ends */
    let says = false;
    /** whether the next page is asked for without knowing that there is one */
    let guess = false;
    let next: URL | null = this.#url(`/v2/${repository}/tags/list?n=${pageSize}`);
    while (next !== null && !pages.has(next.href)) {
      const read = { pages: pages.size, tags: seen.size, bytes, ms: this.#clock() - begun };
      const limit = passedLimit(read, this.#limits);
      if (limit !== null) return listTooLong(this.#host, repository, limit);
      pages.add(next.href);
      const page: Outcome<ListPage> = await this.#page(
        next,
        repository,
        tagsShape,
        (list) => list.tags,
        this.#limits.bytes - bytes,
      );
      if (!page.ok) {
        if (guess && hasNoPages.has(page.status)) break;
        return page.kind === "too_large"
          ? listTooLong(this.#host, repository, sizeOf(this.#limits.bytes))
          : page;
      }
      bytes += page.value.bytes;
      const before = seen.size;
      for (const tag of page.value.items) if (isTag(tag)) seen.add(tag);
      guess = page.value.guessed;
      says ||= page.value.next !== null && !guess;
      // A registry that does not count sends the same for ever.
      next = guess && (says || seen.size === before) ? null : page.value.next;
    }
    if (seen.size > this.#limits.tags) {
      return listTooLong(this.#host, repository, `${this.#limits.tags} tags`);
    }
    return success([...seen]);
  }

  /**
   * One page of the registry's repositories.
   * @param next of the page before; null: from the beginning
   */
  async listRepositories(next: string | null, size = 100): Promise<Outcome<Page<string>>> {
    const url = this.#url(next ?? `/v2/_catalog?n=${size}`);
    // It goes with this registry's credentials: to no other path, and to no other host.
    if (url.origin !== this.endpoint.origin || url.pathname !== "/v2/_catalog") {
      return failure(
        "bad_answer",
        "The list of repositories does not go on from here; start again.",
      );
    }
    const page = await this.#page(
      url,
      null,
      catalogShape,
      (list) => list.repositories,
      listLimits.bytes,
    );
    if (!page.ok) return page;
    const { items, next: following } = page.value;
    // One that does not count sends what was read before once more.
    const read = items.indexOf(url.searchParams.get("last") ?? "") + 1;
    return success({
      items: items.slice(read),
      next: read === 0 ? pathOf(following) : null,
    });
  }

  /**
   * What a tag or digest points to now, by HEAD. What HEAD does not give is believed to be missing
   * only when GET says so too.
   */
  async headManifest(repository: string, reference: string): Promise<Outcome<ManifestHead>> {
    const { origin } = this.endpoint;
    if (this.#heads.isRefused(origin)) return this.getManifest(repository, reference);
    const what = this.#name(repository, reference);
    const asked = await this.#requests.send({
      method: "HEAD",
      url: this.#url(`/v2/${repository}/manifests/${reference}`),
      scope: pullScope(repository),
      accept: acceptedManifests,
      maxBytes: maxManifestBytes,
      what: "a manifest",
    });
    if (!asked.ok) return asked;
    const { status, headers } = asked.value;
    if (mayRefuseHead(status)) {
      const fetched = await this.getManifest(repository, reference);
      if (fetched.ok) this.#heads.refused(origin);
      return fetched;
    }
    if (status !== 200) return this.#refusal(asked.value, what);
    this.#heads.worked(origin);
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
    const asked = await this.#requests.send({
      url: this.#url(`/v2/${repository}/manifests/${reference}`),
      scope: pullScope(repository),
      accept: acceptedManifests,
      maxBytes: maxManifestBytes,
      what: "a manifest",
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
    const blob = await this.getBlob(repository, digest, maxConfigBytes);
    if (!blob.ok) return blob;
    const config = parseConfig(blob.value);
    const what = this.#name(repository, digest);
    return config === null
      ? failure("bad_answer", `The config of ${what} is damaged; push the image again.`)
      : success(config);
  }

  /** The bytes of a small blob, checked against its digest. */
  async getBlob(repository: string, digest: string, maxBytes: number): Promise<Outcome<Buffer>> {
    const what = this.#name(repository, digest);
    const asked = await this.#requests.send({
      url: this.#url(`/v2/${repository}/blobs/${digest}`),
      scope: pullScope(repository),
      maxBytes,
      what: "a blob",
    });
    if (!asked.ok) return asked;
    const { status, body } = asked.value;
    if (status !== 200) return this.#refusal(asked.value, what);
    return digestOf(body, digest) === digest ? success(body) : this.#lie(what, digest);
  }

  /** JSON from what a vendor adds to its registry's own host, with the registry's authorization. */
  async extension<T>(
    path: string,
    scope: string,
    shape: z.ZodType<T>,
  ): Promise<Outcome<Extension<T>>> {
    const asked = await this.#requests.send({
      url: this.#url(path),
      scope,
      accept: "application/json",
      maxBytes: listLimits.bytes,
      what: "a list",
    });
    if (!asked.ok) return asked;
    const { status, headers, body, url } = asked.value;
    if (status !== 200) return this.#refusal(asked.value, `${this.endpoint.domain}${path}`);
    const value = parseList(body, shape);
    if (value === null) return noList(asked.value, `${this.endpoint.domain}${path}`);
    return success({ value, next: pathOf(nextPage(headers.link, url)) });
  }

  /** Stands for the account without naming it: differs where credentials do. */
  get account(): string {
    return this.#requests.account;
  }

  #url(path: string): URL {
    return new URL(path, this.endpoint.origin);
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
    url: URL,
    repository: string | null,
    shape: z.ZodType<L>,
    items: (list: L) => string[] | null | undefined,
    maxBytes: number,
  ): Promise<Outcome<ListPage>> {
    const key = `${this.account} ${url.href}`;
    const known = this.#lists.find(key);
    const asked = await this.#requests.send({
      url,
      etag: known?.etag,
      scope: repository === null ? "registry:catalog:*" : pullScope(repository),
      accept: "application/json",
      maxBytes,
      what: "a list",
    });
    if (!asked.ok) return asked;
    const { status, headers, body } = asked.value;
    const what =
      repository === null
        ? `The list of repositories of ${this.endpoint.domain}`
        : `${this.endpoint.domain}/${repository}`;
    if (status === 304 && known !== null) return success({ ...known, bytes: body.length });
    if (status !== 200) return this.#refusal(asked.value, what);
    const list = parseList(body, shape);
    if (list === null) return noList(asked.value, what);
    const names = items(list) ?? [];
    // A list goes on at the host that gave its beginning.
    const linked = nextPage(headers.link, asked.value.url);
    const next = linked ?? pageAfter(names, asked.value.url);
    const page = { items: names, next, guessed: linked === null };
    if (headers.etag === undefined || names.length === 0) this.#lists.forget(key);
    else this.#lists.keep(key, { ...page, etag: headers.etag });
    return success({ ...page, bytes: body.length });
  }

  #refusal(response: TransportResponse, what: string): RegistryFailure {
    return refusal(response, {
      asked: this.#host,
      anonymous: this.#requests.anonymous,
      what,
    });
  }
}

function pathOf(url: URL | null): string | null {
  return url === null ? null : `${url.pathname}${url.search}`;
}

function parseList<L>(body: Buffer, shape: z.ZodType<L>): L | null {
  try {
    return shape.safeParse(JSON.parse(body.toString("utf8"))).data ?? null;
  } catch {
    return null;
  }
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
