import type { Credentials } from "@bridgeport/proto";
import type { Sql } from "../database/connection.ts";
import type { Secrets } from "../identity/secrets.ts";
import { AuthenticationMemory, type RegistryCredentials } from "./authentication.ts";
import { RegistryClient } from "./client.ts";
import { parseRegistryUrl, type RegistryEndpoint, servesDomain } from "./endpoint.ts";
import { failure, type Outcome, success } from "./outcome.ts";
import type { BudgetSnapshot } from "./rate-budget.ts";
import { dockerHub, type ImageReference, parseReference } from "./reference.ts";
import { findRegistry, type RegistryRow } from "./registries.store.ts";
import { loginFor } from "./registry-type.ts";
import { RegistryTransport, type TransportOptions } from "./transport.ts";

/** A registry's row as far as talking to it goes. */
export type Connection = Pick<
  RegistryRow,
  "id" | "type" | "registryUrl" | "repositoryPrefix" | "username" | "token" | "password"
>;

/**
 * Every registry connection of this process: one set of kept connections, tokens and budgets for
 * all of them, so that what one image's check learns holds for the next.
 */
export class RegistryConnections {
  readonly #sql: Sql;
  readonly #secrets: Secrets;
  readonly #transport: RegistryTransport;
  readonly #memory = new AuthenticationMemory();

  constructor(options: { database: Sql; secrets: Secrets; transport?: TransportOptions }) {
    this.#sql = options.database;
    this.#secrets = options.secrets;
    this.#transport = new RegistryTransport(options.transport);
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  /** A client that speaks to the registry as its account. */
  clientFor(connection: Connection, signal?: AbortSignal): Outcome<RegistryClient> {
    const endpoint = parseRegistryUrl(connection.registryUrl);
    if (!endpoint.ok) return failure("unreachable", endpoint.message);
    const credentials = this.credentialsOf(connection);
    if (!credentials.ok) return credentials;
    return success(
      new RegistryClient({
        endpoint: endpoint.endpoint,
        credentials: credentials.value,
        transport: this.#transport,
        memory: this.#memory,
        ...(signal === undefined ? {} : { signal }),
      }),
    );
  }

  /** User name and password as the registry wants them; null: anonymous. */
  credentialsOf(connection: Connection): Outcome<RegistryCredentials | null> {
    const open = (value: Buffer | null) => (value === null ? null : this.#secrets.decrypt(value));
    try {
      return success(
        loginFor(connection.type, {
          username: connection.username,
          password: open(connection.password),
          token: open(connection.token),
        }),
      );
    } catch {
      return failure(
        "unauthorized",
        "The stored credentials of this registry connection cannot be read with the current master key; enter them again.",
      );
    }
  }

  /**
   * What an agent needs to pull an image: the credentials of its registry connection, but only for
   * an image of that registry. null: it pulls without.
   */
  async credentialsFor(registryId: string, reference: string): Promise<Credentials | null> {
    const connection = await findRegistry(this.#sql, registryId);
    const image = parseReference(reference);
    if (connection === null || !image.ok) return null;
    const endpoint = parseRegistryUrl(connection.registryUrl);
    const { domain } = image.reference;
    if (!endpoint.ok || !servesDomain(endpoint.endpoint, domain)) return null;
    const credentials = this.credentialsOf(connection);
    if (!credentials.ok || credentials.value === null) return null;
    return { ...credentials.value, registryHost: domain, identityToken: null };
  }

  /** What the registry's host allows, as far as it said so; null: the URL is not one. */
  budgetOf(connection: Pick<Connection, "registryUrl">): BudgetSnapshot | null {
    const endpoint = parseRegistryUrl(connection.registryUrl);
    return endpoint.ok ? this.#transport.budget(new URL(endpoint.endpoint.origin).host) : null;
  }
}

export function openRegistries(options: {
  database: Sql;
  secrets: Secrets;
  transport?: TransportOptions;
}): RegistryConnections {
  return new RegistryConnections(options);
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
