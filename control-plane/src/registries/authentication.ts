import { createHash } from "node:crypto";
import { isLoopback } from "@bridgeport/proto/proxies";
import { keepNewest } from "./bounded.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import {
  concernsWholeRegistry,
  failure,
  type Outcome,
  type RegistryFailure,
  success,
} from "./outcome.ts";
import type { Mode, RegistryMemory } from "./registry-memory.ts";
import type { Token } from "./token-cache.ts";
import type { RegistryTransport, TransportResponse } from "./transport.ts";

/**
 * The token service of a registry connection, as it was seen when the connection was first used.
 * Credentials go to no other one.
 */
export interface PinnedRealm {
  /** origin and path; null: none was seen yet, and the first one counts */
  known: string | null;
  /** it has given a token for the credentials, and nothing was known before */
  seen(realm: string): Promise<void>;
}

/** How an agent can pull, as far as the registry goes. */
export type PullLogin =
  | { kind: "token"; token: Token }
  /** the registry knows user name and password only */
  | { kind: "password" }
  /** the registry wants none */
  | { kind: "none" };

/** Who asks. A token in the place of a password is what most vendors want. */
export interface RegistryCredentials {
  username: string;
  password: string;
}

const maxTokenBytes = 256 << 10;
/** Everything that is asked of the registry meanwhile waits for its token. */
const tokenTimeoutMs = 20_000;
const defaultLifetimeSeconds = 60;
const longestLifetimeSeconds = 24 * 3600;

/** Hosts that a registry redirects to are remembered too, so their number is not in our hands. */
const knownModes = 2000;
const knownScopes = 5000;

/**
 * Answers the challenges of one registry for one account: Basic, or a Bearer token from the
 * service that the challenge names, for one scope at a time. Tokens are kept until they expire.
 */
export class Authentication {
  /** stands for the account without naming it */
  readonly account: string;
  readonly #origin: string;
  readonly #home: URL;
  readonly #credentials: RegistryCredentials | null;
  readonly #transport: RegistryTransport;
  readonly #memory: RegistryMemory;
  readonly #clock: () => number;
  readonly #pinned: PinnedRealm | null;
  /** of origin and account, so that changed credentials never meet an old token */
  readonly #key: string;

  constructor(options: {
    origin: string;
    credentials: RegistryCredentials | null;
    transport: RegistryTransport;
    memory: RegistryMemory;
    clock?: () => number;
    /** default: any token service that can be trusted at all gets the credentials */
    pinned?: PinnedRealm | undefined;
    /** the registry that sent here; default: the origin itself */
    home?: string;
  }) {
    this.#origin = options.origin;
    this.#home = new URL(options.home ?? options.origin);
    this.#credentials = options.credentials;
    this.#transport = options.transport;
    this.#memory = options.memory;
    this.#clock = options.clock ?? Date.now;
    this.#pinned = options.credentials === null ? null : (options.pinned ?? null);
    this.account = createHash("sha256").update(JSON.stringify(options.credentials)).digest("hex");
    this.#key = `${options.origin} ${this.account}`;
  }

  /**
   * The Authorization header to send along, going by what the registry wanted before.
   * @param scope such as `repository:team/app:pull`
   * @returns null: nothing is known, or the account is anonymous
   */
  async header(scope: string): Promise<Outcome<string | null>> {
    const mode = this.#memory.modes.get(this.#key);
    if (mode === undefined) return success(null);
    if (mode.scheme === "basic") return success(this.#basic());
    return this.#bearer(mode, scope);
  }

  /**
   * Finds out how the registry wants to be asked, once for each registry and account. Some
   * challenge at /v2/ alone and answer everything else as if it did not exist, so an account that
   * waited to be challenged would never be used.
   *
   * @param ask asks for /v2/ without a login
   * @returns why there is no answer; null: there is one, or nothing has to be asked
   */
  async introduce(ask: () => Promise<Outcome<TransportResponse>>): Promise<RegistryFailure | null> {
    if (this.#credentials === null || this.#memory.modes.has(this.#key)) return null;
    const known = this.#memory.introductions.get(this.#key);
    if (known !== undefined) return known;
    const introduction = ask().then((sent) => {
      const passes = sent.ok ? sent.value.status >= 500 : concernsWholeRegistry(sent);
      if (passes) this.#memory.introductions.delete(this.#key);
      // What is wrong with /v2/ alone does not stand in the way of the rest.
      if (!sent.ok) return passes ? sent : null;
      const { status, url, headers } = sent.value;
      if (status !== 401 || url.origin !== this.#origin) return null;
      const mode = this.#modeOf(parseChallenges(headers["www-authenticate"]), "");
      // A challenge that cannot be answered is told of where it stands in the way.
      if ("scheme" in mode) this.#remember(mode);
      return null;
    });
    keepNewest(this.#memory.introductions, this.#key, introduction, knownModes);
    return introduction;
  }

  /**
   * How an agent can pull as this account: with a token that is as young as can be and good for pulling
   * alone, where there is a token service. null: the registry has not said yet what it wants.
   */
  async pullLogin(scope: string): Promise<Outcome<PullLogin | null>> {
    if (this.#credentials === null) return success({ kind: "none" });
    const mode = this.#memory.modes.get(this.#key);
    if (mode === undefined) return success(null);
    if (mode.scheme === "basic") return success({ kind: "password" });
    const token = await this.#fetchToken(mode, pullOnly(mode.scopes.get(scope) ?? "") || scope);
    return "value" in token ? success({ kind: "token", token }) : token;
  }

  /** Forgets how the registry wanted to be asked, and its tokens. */
  forget(): void {
    this.#memory.modes.delete(this.#key);
    this.#memory.introductions.delete(this.#key);
    this.#memory.tokens.forgetAll(this.#tokenKey(""));
  }

  /** The header of before that is still good, without asking for one; null: there is none. */
  known(scope: string): string | null {
    const mode = this.#memory.modes.get(this.#key);
    if (mode?.scheme === "basic") return this.#basic();
    const token = mode === undefined ? null : this.#memory.tokens.known(this.#tokenKey(scope));
    return token === null ? null : `Bearer ${token.value}`;
  }

  /**
   * The header that answers a 401. A failure says what a person must change.
   * @param refused the header that was sent and not accepted, null for none
   */
  async answer(
    response: TransportResponse,
    scope: string,
    refused: string | null,
  ): Promise<Outcome<string>> {
    const challenges = parseChallenges(response.headers["www-authenticate"]);
    const mode = this.#modeOf(challenges, scope);
    if (!("scheme" in mode)) return mode;
    const known = this.#memory.modes.get(this.#key);
    if (mode.scheme === "basic") {
      const header = this.#basic();
      if (header === null) {
        return failure(
          "unauthorized",
          `${this.#host} wants a user name and a password; add them to the registry connection.`,
          { status: 401 },
        );
      }
      if (refused === header) return this.refusal(response);
      this.#remember(mode);
      return success(header);
    }
    if (known?.scheme === "bearer") {
      for (const [wanted, granted] of known.scopes) {
        if (mode.scopes.size >= knownScopes) break;
        if (!mode.scopes.has(wanted)) mode.scopes.set(wanted, granted);
      }
    }
    this.#remember(mode);
    if (refused?.startsWith("Bearer ")) {
      this.#memory.tokens.forget(this.#tokenKey(scope), refused.slice("Bearer ".length));
    }
    return this.#bearer(mode, scope);
  }

  /** What it means that the registry goes on answering 401. */
  refusal(response: TransportResponse): RegistryFailure {
    const missing = parseChallenges(response.headers["www-authenticate"]).some(
      ({ parameters }) => parameters.error === "insufficient_scope",
    );
    if (this.#credentials === null) {
      return failure(
        "unauthorized",
        `${this.#host} does not give this without a login: either it does not exist, or a user name and a token must be added to the registry connection.`,
        { status: 401 },
      );
    }
    return failure(
      "unauthorized",
      missing
        ? `${this.#host} does not let ${this.#credentials.username} read this: check that the repository exists and that the account may pull from it.`
        : `${this.#host} does not accept the user name and password or token of the registry connection; enter them again.`,
      { status: 401 },
    );
  }

  #remember(mode: Mode): void {
    keepNewest(this.#memory.modes, this.#key, mode, knownModes);
  }

  get anonymous(): boolean {
    return this.#credentials === null;
  }

  get #host(): string {
    return new URL(this.#origin).host;
  }

  #basic(): string | null {
    if (this.#credentials === null) return null;
    const { username, password } = this.#credentials;
    return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  }

  #tokenKey(scope: string): string {
    return `${this.#key} ${scope}`;
  }

  #modeOf(challenges: Challenge[], scope: string): Mode | RegistryFailure {
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    if (bearer === undefined) {
      if (challenges.some(({ scheme }) => scheme === "basic")) return { scheme: "basic" };
      return failure(
        "bad_answer",
        `${this.#host} refuses (401) without saying how to log in; check that the URL is a registry's.`,
        { status: 401 },
      );
    }
    const { realm, service, scope: wanted } = bearer.parameters;
    const url = realm !== undefined && URL.canParse(realm) ? new URL(realm) : null;
    if (url === null || !this.#maySendTo(url)) {
      return failure(
        "bad_answer",
        `${this.#host} names a token service that cannot be trusted with credentials (${url?.origin ?? "none"}); it must be reached by https.`,
        { status: 401 },
      );
    }
    const moved = this.#moved(url);
    if (moved !== null) return moved;
    return {
      scheme: "bearer",
      realm: url,
      service: service ?? null,
      scopes: new Map(wanted === undefined ? [] : [[scope, wanted]]),
    };
  }

  /** A token service is reached by https, or in the clear where the registry itself is. */
  #maySendTo(realm: URL): boolean {
    if (realm.username !== "" || realm.password !== "") return false;
    if (realm.protocol === "https:") return true;
    const registry = new URL(this.#origin);
    return (
      realm.protocol === "http:" &&
      registry.protocol === "http:" &&
      (realm.hostname === registry.hostname ||
        (isLoopback(realm.hostname) && isLoopback(registry.hostname)))
    );
  }

  /** Why the credentials do not go to this token service; null: they may. */
  #moved(realm: URL): RegistryFailure | null {
    const known = this.#pinned?.known ?? null;
    if (known === null || realm.origin === new URL(known).origin) return null;
    if (realm.origin === this.#origin) return null;
    return failure(
      "unauthorized",
      `${this.#host} names another token service than before (${nameOf(realm)}, formerly ${known}), which is not given the credentials; if that is right, test the registry connection again.`,
      { status: 401 },
    );
  }

  async #bearer(
    mode: Extract<Mode, { scheme: "bearer" }>,
    scope: string,
  ): Promise<Outcome<string>> {
    const moved = this.#moved(mode.realm);
    if (moved !== null) return moved;
    const answer = await this.#memory.tokens.get(
      this.#tokenKey(scope),
      () => this.#fetchToken(mode, mode.scopes.get(scope) ?? scope),
      (token): token is Token => "value" in token,
    );
    return "value" in answer ? success(`Bearer ${answer.value}`) : answer;
  }

  async #fetchToken(
    mode: Extract<Mode, { scheme: "bearer" }>,
    scope: string,
  ): Promise<Token | RegistryFailure> {
    const moved = this.#moved(mode.realm);
    if (moved !== null) return moved;
    const url = new URL(mode.realm);
    if (mode.service !== null) url.searchParams.set("service", mode.service);
    for (const one of scope.split(" ")) if (one !== "") url.searchParams.append("scope", one);
    if (this.#credentials !== null) url.searchParams.set("account", this.#credentials.username);
    const sent = await this.#transport.send({
      method: "GET",
      url,
      headers: { accept: "application/json" },
      authorization: this.#basic(),
      maxBytes: maxTokenBytes,
      what: "a token",
      home: this.#home,
      timeoutMs: tokenTimeoutMs,
    });
    // It is the token that is too large, not what it was wanted for.
    if (!sent.ok) return sent.kind === "too_large" ? { ...sent, kind: "bad_answer" } : sent;
    const { status, body } = sent.value;
    if (status === 401 || status === 403) return this.#tokenRefusal(url, status);
    const token = status === 200 ? readToken(body, this.#clock()) : null;
    if (token !== null && this.#pinned?.known === null) {
      // Before anything else is asked with it: the next challenge may name another one already.
      this.#pinned.known = nameOf(mode.realm);
      await this.#pinned.seen(this.#pinned.known);
    }
    return (
      token ??
      failure(
        "bad_answer",
        `The token service ${url.host} answered ${status} without a token; check that the registry is set up correctly.`,
        { status },
      )
    );
  }

  #tokenRefusal(url: URL, status: number): RegistryFailure {
    return failure(
      "unauthorized",
      this.#credentials === null
        ? `${url.host} gives no token without a login; add a user name and a token to the registry connection.`
        : `${url.host} does not accept the user name and password or token of the registry connection; enter them again.`,
      { status },
    );
  }
}

function nameOf(realm: URL): string {
  return `${realm.origin}${realm.pathname}`;
}

/** The scope that a registry asked for, with no other action than pulling from repositories. */
function pullOnly(scope: string): string {
  return scope
    .split(" ")
    .flatMap((one) => /^(repository(?:\([^)]*\))?:.+):[^:]*$/.exec(one)?.[1] ?? [])
    .map((repository) => `${repository}:pull`)
    .join(" ");
}

function isToken(value: unknown): value is string {
  return typeof value === "string" && /^[\x21-\x7e]+$/.test(value);
}

/** The token in a token service's answer; null: there is none. */
function readToken(body: Buffer, now: number): Token | null {
  let answer: unknown;
  try {
    answer = JSON.parse(body.toString("utf8"));
  } catch {
    return null;
  }
  if (typeof answer !== "object" || answer === null) return null;
  const fields = answer as Record<string, unknown>;
  // Both names are in use, and some services send the other one along without a value.
  const value = [fields.token, fields.access_token].find(isToken);
  if (value === undefined) return null;
  const lifetime = Number(fields.expires_in ?? defaultLifetimeSeconds);
  const seconds = Number.isFinite(lifetime)
    ? Math.min(Math.max(lifetime, 0), longestLifetimeSeconds)
    : defaultLifetimeSeconds;
  // Clocks differ and requests take time: a token is given up a little early.
  return { value, expiresAt: now + seconds * 1000 - Math.min(10_000, seconds * 200) };
}
