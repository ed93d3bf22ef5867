import type { Credentials } from "@bridgeport/proto";
import type { Sql } from "../database/connection.ts";
import type { Secrets } from "../secrets.ts";
import type { RegistryCredentials } from "./authentication.ts";
import { type Page, RegistryClient } from "./client.ts";
import type { TagDetail } from "./dialects/dialect.ts";
import { allDialects, type Dialects } from "./dialects/dialects.ts";
import { VendorApi } from "./dialects/vendor-api.ts";
import { parseRegistryUrl, type RegistryEndpoint, servesDomain } from "./endpoint.ts";
import { failure, type Outcome, success } from "./outcome.ts";
import { type PullingAgent, pullCredentials } from "./pull-credentials.ts";
import type { BudgetSnapshot } from "./rate-budget.ts";
import { dockerHub, type ImageReference, parseReference } from "./reference.ts";
import { findRegistry, keepTokenRealm, type RegistryRow } from "./registries.store.ts";
import { RegistryMemory } from "./registry-memory.ts";
import { loginFor, type StoredLogin } from "./registry-type.ts";
import { RegistryTransport, type TransportOptions } from "./transport.ts";

/** A registry's row as far as talking to it goes. */
export type Connection = Pick<
  RegistryRow,
  | "id"
  | "type"
  | "registryUrl"
  | "repositoryPrefix"
  | "username"
  | "token"
  | "password"
  | "tokenRealm"
>;

/** A registry that is ready to be asked, with what its vendor adds to the protocol. */
export interface Registry {
  client: RegistryClient;
  /**
   * What the vendor's own API knows of a repository's tags, at least of the newest. Empty where
   * there is none, or where it refuses: the protocol goes without.
   */
  tagDetails(repository: string): Promise<Map<string, TagDetail>>;
  /** A page of the repositories that the account may see; `next` of the page before, or null. */
  repositories(next: string | null): Promise<Outcome<Page<string>>>;
}

/**
 * Every registry connection of this process: one set of kept connections, tokens and budgets for
 * all of them, so that what one image's check learns holds for the next.
 */
export class RegistryConnections {
  readonly #sql: Sql;
  readonly #secrets: Secrets;
  readonly #transport: RegistryTransport;
  readonly #dialects: Dialects;
  readonly #api: VendorApi;
  readonly #memory = new RegistryMemory();

  constructor(options: {
    database: Sql;
    secrets: Secrets;
    transport?: TransportOptions;
    dialects?: Dialects;
  }) {
    this.#sql = options.database;
    this.#secrets = options.secrets;
    this.#transport = new RegistryTransport(options.transport);
    this.#dialects = options.dialects ?? allDialects();
    this.#api = new VendorApi(this.#transport);
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  /**
   * Gets ready to speak to a registry as its account.
   * @param options.signal calls off everything that is asked of it
   * @param options.fresh a person tries it out: whichever token service it names now is the right one
   */
  async open(
    connection: Connection,
    options: { signal?: AbortSignal; fresh?: boolean } = {},
  ): Promise<Outcome<Registry>> {
    const access = await this.#access(connection);
    if (!access.ok) return access;
    const { endpoint, login, credentials } = access.value;
    const client = this.#client(connection, access.value, options);
    const dialect = this.#dialects[connection.type];
    const context = {
      client,
      login,
      credentials,
      prefix: prefixOf(connection, endpoint),
      api: this.#api,
    };
    return success({
      client,
      async tagDetails(repository) {
        const details = await dialect.tagDetails?.(context, repository);
        return details?.ok ? details.value : new Map();
      },
      async repositories(next) {
        return (
          (await dialect.repositories?.(context, next)) ?? (await client.listRepositories(next))
        );
      },
    });
  }

  #client(
    connection: Connection,
    {
      endpoint,
      credentials,
    }: { endpoint: RegistryEndpoint; credentials: RegistryCredentials | null },
    { signal, fresh = false }: { signal?: AbortSignal; fresh?: boolean } = {},
  ): RegistryClient {
    const known = fresh ? null : connection.tokenRealm;
    const seen = (realm: string) => keepTokenRealm(this.#sql, connection, realm);
    const client = new RegistryClient({
      endpoint,
      credentials,
      transport: this.#transport,
      memory: this.#memory,
      pinned: { known, seen },
      ...(signal === undefined ? {} : { signal }),
    });
    if (fresh) client.forget();
    return client;
  }

  /**
   * What an agent needs to pull an image of its registry connection, but only for an image of that
   * registry. null: it pulls without. Fails where there is nothing that it may have, or the registry
   * cannot be asked.
   */
  async credentialsFor(
    registryId: string,
    reference: string,
    agent: PullingAgent,
  ): Promise<Outcome<Credentials | null>> {
    const connection = await findRegistry(this.#sql, registryId);
    const image = parseReference(reference);
    if (connection === null || !image.ok) return success(null);
    const { domain } = image.reference;
    const parsed = parseRegistryUrl(connection.registryUrl);
    if (parsed.ok && !servesDomain(parsed.endpoint, domain)) return success(null);
    const access = await this.#access(connection);
    if (!access.ok) return access;
    const { credentials, endpoint } = access.value;
    if (credentials === null) return success(null);
    const { digest, tag } = image.reference;
    const login = await this.#client(connection, access.value).pullLogin(
      repositoryOf(endpoint, image.reference),
      digest ?? tag ?? "latest",
    );
    if (!login.ok) return login;
    const rule = connection.passwordToAgents;
    return pullCredentials(login.value, { domain, credentials, rule, agent });
  }

  /** Where a registry is, and as whom it is asked. */
  async #access(connection: Connection): Promise<
    Outcome<{
      endpoint: RegistryEndpoint;
      login: StoredLogin;
      credentials: RegistryCredentials | null;
    }>
  > {
    const parsed = parseRegistryUrl(connection.registryUrl);
    if (!parsed.ok) return failure("unreachable", parsed.message);
    const { endpoint } = parsed;
    const login = this.#login(connection);
    if (!login.ok) return login;
    const dialect = this.#dialects[connection.type];
    const credentials =
      (await dialect.credentials?.({
        host: endpoint.domain,
        login: login.value,
        prefix: prefixOf(connection, endpoint),
        api: this.#api,
      })) ?? success(loginFor(connection.type, login.value));
    if (!credentials.ok) return credentials;
    return success({ endpoint, login: login.value, credentials: credentials.value });
  }

  #login(connection: Connection): Outcome<StoredLogin> {
    const open = (value: Buffer | null) => (value === null ? null : this.#secrets.decrypt(value));
    try {
      return success({
        username: connection.username,
        password: open(connection.password),
        token: open(connection.token),
      });
    } catch {
      return failure(
        "unauthorized",
        "The stored credentials of this registry connection cannot be read with the current master key; enter them again.",
      );
    }
  }

  /** What each host allows and was asked by this process. */
  budgets(): BudgetSnapshot[] {
    return this.#transport.budgets();
  }

  /** What the registry's host allows, as far as it said so; null: the URL is not one. */
  budgetOf(connection: Pick<Connection, "registryUrl">): BudgetSnapshot | null {
    const endpoint = parseRegistryUrl(connection.registryUrl);
    return endpoint.ok ? this.#transport.budget(new URL(endpoint.endpoint.origin).host) : null;
  }
}

function prefixOf(connection: Connection, endpoint: RegistryEndpoint): string | null {
  const prefix = (connection.repositoryPrefix ?? "").replace(/^\/+/, "").replace(/(?<!\/)\/+$/, "");
  return prefix || endpoint.pathPrefix || null;
}

/**
 * The repository that an image has in a registry. An image of the registry's own domain has its
 * path; one that is fetched from a mirror under another name has its path without Docker Hub's
 * `library/`.
 */
export function repositoryOf(
  endpoint: RegistryEndpoint,
  image: Pick<ImageReference, "domain" | "path">,
): string {
  if (servesDomain(endpoint, image.domain) || image.domain !== dockerHub) return image.path;
  return image.path.replace(/^library\//, "");
}
