import type { RegistryCredentials } from "../authentication.ts";
import type { Page, RegistryClient } from "../client.ts";
import type { Outcome } from "../outcome.ts";
import type { StoredLogin } from "../registry-type.ts";
import type { VendorApi } from "./vendor-api.ts";

/** What a vendor's own API knows of a tag. */
export interface TagDetail {
  /** null: it does not say */
  digest: string | null;
  /** compressed bytes; null: it does not say */
  size: number | null;
  /** when the digest was pushed, or the tag was set to it; epoch milliseconds; null: unknown */
  pushedAt: number | null;
}

/** What a dialect may use of one connection. */
export interface DialectContext {
  client: RegistryClient;
  /** as it was entered */
  login: StoredLogin;
  /** user name and password as the registry takes them; null: anonymous */
  credentials: RegistryCredentials | null;
  /** the connection's repository prefix, or the path in its URL; null: none */
  prefix: string | null;
  api: VendorApi;
}

/**
 * What one vendor's registry can do beyond the distribution protocol. Everything is optional: where
 * a dialect has nothing, or its API refuses, the protocol is what there is.
 */
export interface Dialect {
  /** User name and password for the registry, where they must be asked for first. */
  credentials?(
    context: Omit<DialectContext, "client" | "credentials"> & { host: string },
  ): Promise<Outcome<RegistryCredentials | null>>;
  /** Digest, size and push time of tags, the newest ones first where there are very many. */
  tagDetails?(
    context: DialectContext,
    repository: string,
  ): Promise<Outcome<Map<string, TagDetail>>>;
  /**
   * A page of repositories. `next` is the dialect's own word; null: from the beginning.
   * @returns null when it cannot say, so that the protocol's catalogue is what there is
   */
  repositories?(
    context: DialectContext,
    next: string | null,
  ): Promise<Outcome<Page<string>> | null>;
}

/** A time in a vendor's answer; null where it is none. */
export function time(text: string | null | undefined): number | null {
  const parsed = Date.parse(text ?? "");
  return Number.isFinite(parsed) ? parsed : null;
}
