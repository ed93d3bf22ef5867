import { brokenConstraint, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { Problem } from "../problem.ts";
import type { AutoLink } from "./auto-link.ts";
import { parseRegistryUrl } from "./endpoint.ts";
import type { PasswordToAgents } from "./pull-credentials.ts";
import type { RegistryType } from "./registry-type.ts";

export interface RegistryRow {
  id: string;
  environmentId: string;
  name: string;
  type: RegistryType;
  registryUrl: string;
  repositoryPrefix: string | null;
  username: string | null;
  /** encrypted with the master key */
  token: Buffer | null;
  /** encrypted with the master key */
  password: Buffer | null;
  passwordToAgents: PasswordToAgents;
  /** the token service that gets the credentials; null: none was seen yet */
  tokenRealm: string | null;
  isDefault: boolean;
  refreshIntervalMinutes: number;
  autoLinkPattern: string | null;
  lastRefreshAt: Date | null;
  lastError: string | null;
  createdAt: Date;
  updatedAt: Date;
  imageCount: number;
  /** the last check of any of its images that worked */
  lastCheckedAt: Date | null;
}

export type RegistryFields = Pick<
  RegistryRow,
  | "name"
  | "type"
  | "registryUrl"
  | "repositoryPrefix"
  | "username"
  | "token"
  | "password"
  | "passwordToAgents"
  | "isDefault"
  | "refreshIntervalMinutes"
  | "autoLinkPattern"
>;

const columns = (sql: Sql) => sql`
  registries.*,
  (select count(*) from container_images where registry_id = registries.id) as image_count,
  (select max(last_checked_at) from container_images
    where registry_id = registries.id) as last_checked_at`;

function named(error: unknown): unknown {
  return brokenConstraint(error) === "registries_name"
    ? new Problem(
        "conflict",
        "registry_name_taken",
        "A registry connection with this name already exists",
      )
    : error;
}

export async function listRegistries(
  sql: Sql,
  environmentId: string,
  page: { limit: number; offset: number },
): Promise<{ registries: RegistryRow[]; total: number }> {
  const registries = await sql<RegistryRow[]>`
    select ${columns(sql)} from registries where environment_id = ${environmentId}
    order by lower(name) limit ${page.limit} offset ${page.offset}`;
  const [count] = await sql<{ total: number }[]>`
    select count(*) as total from registries where environment_id = ${environmentId}`;
  return { registries, total: count?.total ?? 0 };
}

export async function findRegistry(sql: Sql, id: string): Promise<RegistryRow | null> {
  const [row] = await sql<RegistryRow[]>`
    select ${columns(sql)} from registries where id = ${id}`;
  return row ?? null;
}

/** @throws {Problem} 409 when the name is taken in the environment */
export async function insertRegistry(
  sql: Sql,
  environmentId: string,
  fields: RegistryFields,
): Promise<string> {
  const id = newId();
  try {
    if (fields.isDefault) await clearDefault(sql, environmentId);
    await sql`insert into registries ${sql({ id, environmentId, ...fields })}`;
  } catch (error) {
    throw named(error);
  }
  return id;
}

/**
 * Keeps where the credentials of a registry go.
 * @param before as it was when that was found out: what was seen or changed meanwhile stays
 */
export async function keepTokenRealm(
  sql: Sql,
  before: Pick<RegistryRow, "id" | "registryUrl" | "tokenRealm">,
  realm: string,
): Promise<void> {
  await sql`
    update registries set token_realm = ${realm}
    where id = ${before.id} and registry_url = ${before.registryUrl}
      and token_realm is not distinct from ${before.tokenRealm}`;
}

/** @throws {Problem} 409 when the name is taken in the environment */
export async function updateRegistry(
  sql: Sql,
  registry: Pick<RegistryRow, "id" | "environmentId">,
  change: Partial<RegistryFields> & Partial<Pick<RegistryRow, "tokenRealm">>,
): Promise<void> {
  try {
    if (change.isDefault) await clearDefault(sql, registry.environmentId);
    await sql`
      update registries set ${sql({ ...change, updatedAt: new Date() })} where id = ${registry.id}`;
  } catch (error) {
    throw named(error);
  }
}

/** An environment has one default at most: a new one takes the place of the old. */
async function clearDefault(sql: Sql, environmentId: string): Promise<void> {
  await sql`
    update registries set is_default = false, updated_at = now()
    where environment_id = ${environmentId} and is_default`;
}

/** @throws {Problem} 400 while images are attached */
export async function deleteRegistry(sql: Sql, id: string): Promise<void> {
  const [locked] = await sql`select from registries where id = ${id} for update`;
  if (locked === undefined) return;
  const [count] = await sql<{ images: number }[]>`
    select count(*) as images from container_images where registry_id = ${id}`;
  if (count !== undefined && count.images > 0) {
    throw new Problem(
      "invalid",
      "registry_has_images",
      `Cannot delete registry connection with ${count.images} container image(s) attached`,
    );
  }
  await sql`delete from registries where id = ${id}`;
}

/** Notes that a registry's images were checked, and what went wrong if all of it did. */
export async function noteRefresh(sql: Sql, id: string, error: string | null): Promise<void> {
  await sql`
    update registries set last_error = ${error},
      last_refresh_at = ${error === null ? sql`now()` : sql`last_refresh_at`}
    where id = ${id}`;
}

/** The registries of an environment that link images by themselves, the default one first. */
export async function autoLinks(sql: Sql, environmentId: string): Promise<AutoLink[]> {
  return sql<AutoLink[]>`
    select id, auto_link_pattern from registries
    where environment_id = ${environmentId} and auto_link_pattern is not null
    order by is_default desc, created_at, id`;
}

/** Where these registries answer, as people call it. */
export async function registryHosts(sql: Sql, ids: string[]): Promise<Map<string, string>> {
  const rows = await sql<{ id: string; registryUrl: string }[]>`
    select id, registry_url from registries where id = any(${ids}::uuid[])`;
  return new Map(
    rows.map(({ id, registryUrl }) => {
      const parsed = parseRegistryUrl(registryUrl);
      return [id, parsed.ok ? parsed.endpoint.domain : registryUrl];
    }),
  );
}
