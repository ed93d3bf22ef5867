import {
  Authentication,
  type PinnedRealm,
  type PullLogin,
  type RegistryCredentials,
} from "./authentication.ts";
import { failure, type Outcome, type RegistryFailure } from "./outcome.ts";
import type { RegistryMemory } from "./registry-memory.ts";
import type { RegistryTransport, TransportResponse } from "./transport.ts";

/** What a registry is asked. */
export interface RegistryRequest {
  method?: "GET" | "HEAD";
  url: URL;
  /** such as `repository:team/app:pull` */
  scope: string;
  accept?: string;
  /** of what is known already; 304 says that it is still so */
  etag?: string | undefined;
  /** a longer body is refused */
  maxBytes: number;
  /** what is asked for, such as "a manifest" */
  what: string;
}

/** A token that ran out on the way, a challenge that changed: one host may refuse this often. */
const mostRefusalsOfOneHost = 2;
const mostRefusals = 6;
/** Some registries have a web page there. */
export const maxPingBytes = 1 << 20;

/**
 * Requests to one registry as one account, with the authorization that it wants. A host that the
 * registry redirects to is another host: its own challenge is answered, without a login and with
 * nothing that belongs to the first.
 */
export class AuthorizedRequests {
  readonly #origin: string;
  readonly #own: Authentication;
  readonly #elsewhere = new Map<string, Authentication>();
  readonly #transport: RegistryTransport;
  readonly #memory: RegistryMemory;
  readonly #signal: AbortSignal | undefined;

  constructor(options: {
    origin: string;
    credentials: RegistryCredentials | null;
    transport: RegistryTransport;
    memory: RegistryMemory;
    pinned?: PinnedRealm | undefined;
    /** calls off everything that is under way */
    signal?: AbortSignal | undefined;
  }) {
    this.#origin = options.origin;
    this.#own = new Authentication(options);
    this.#transport = options.transport;
    this.#memory = options.memory;
    this.#signal = options.signal;
  }

  /** Stands for the account without naming it: differs where credentials do. */
  get account(): string {
    return this.#own.account;
  }

  /** Whether there is no login. */
  get anonymous(): boolean {
    return this.#own.anonymous;
  }

  /** How an agent can pull from a repository; null: the registry has not said yet what it wants. */
  async pullLogin(repository: string): Promise<Outcome<PullLogin | null>> {
    return (await this.#introduce()) ?? this.#own.pullLogin(pullScope(repository));
  }

  /** Begins as if the registry was never asked. */
  forget(): void {
    this.#own.forget();
  }

  /** Sends a request; an answer of 401 is a failure that says what to change. */
  async send(request: RegistryRequest): Promise<Outcome<TransportResponse>> {
    const scopeAt = (url: URL) =>
      url.origin === this.#origin ? request.scope : (scopeOf(url) ?? request.scope);
    const unknown = request.url.pathname === "/v2/" ? null : await this.#introduce();
    if (unknown !== null) return unknown;
    const first = await this.#at(request.url.origin).header(scopeAt(request.url));
    if (!first.ok) return first;
    // A token may be good for this moment only, so it is kept here until the request is through.
    const answers = new Map([[request.url.origin, first.value]]);
    const refusals = new Map<string, number>();
    const headers = {
      ...(request.accept === undefined ? {} : { accept: request.accept }),
      ...(request.etag === undefined ? {} : { "if-none-match": request.etag }),
    };
    for (let attempt = 0; ; attempt++) {
      const sent = await this.#transport.send({
        method: request.method ?? "GET",
        url: request.url,
        headers,
        authorization: answers.get(request.url.origin) ?? null,
        elsewhere: (url) => answers.get(url.origin) ?? this.#at(url.origin).known(scopeAt(url)),
        maxBytes: request.maxBytes,
        what: request.what,
        signal: this.#signal,
        home: new URL(this.#origin),
      });
      if (!sent.ok || sent.value.status !== 401) return sent;
      const { url, authorization } = sent.value;
      const refused = (refusals.get(url.origin) ?? 0) + 1;
      refusals.set(url.origin, refused);
      if (refused > mostRefusalsOfOneHost || attempt === mostRefusals) {
        return this.#refusal(sent.value);
      }
      const answered = await this.#at(url.origin).answer(sent.value, scopeAt(url), authorization);
      if (!answered.ok) return this.#told(url, answered);
      if (answered.value === authorization) return this.#refusal(sent.value);
      answers.set(url.origin, answered.value);
    }
  }

  #introduce(): Promise<RegistryFailure | null> {
    return this.#own.introduce(() =>
      this.#transport.send({
        method: "GET",
        url: new URL("/v2/", this.#origin),
        headers: {},
        maxBytes: maxPingBytes,
        what: "a greeting",
      }),
    );
  }

  #at(origin: string): Authentication {
    if (origin === this.#origin) return this.#own;
    const known = this.#elsewhere.get(origin);
    if (known !== undefined) return known;
    const other = new Authentication({
      origin,
      credentials: null,
      home: this.#origin,
      transport: this.#transport,
      memory: this.#memory,
    });
    this.#elsewhere.set(origin, other);
    return other;
  }

  #refusal(response: TransportResponse): RegistryFailure {
    return this.#told(response.url, this.#at(response.url.origin).refusal(response));
  }

  /** A login that another host wants cannot be added to this connection. */
  #told(url: URL, failed: RegistryFailure): RegistryFailure {
    if (url.origin === this.#origin || failed.kind !== "unauthorized") return failed;
    const { host } = new URL(this.#origin);
    return failure(
      "unauthorized",
      `${host} sends to ${url.host}, and ${url.host} wants an account of its own, as this connection's login is for ${host} alone; link the image to a registry connection for ${url.origin}.`,
      { status: 401 },
    );
  }
}

/** What a token must be good for to read this URL; null: the URL does not tell. */
function scopeOf(url: URL): string | null {
  const repository = /^\/v2\/(.+)\/(?:tags|manifests|blobs)\//.exec(url.pathname)?.[1];
  return repository === undefined ? null : pullScope(repository);
}

export function pullScope(repository: string): string {
  return `repository:${repository}:pull`;
}
