import {
  brokenConstraint,
  foreignKeyViolation,
  type Sql,
  sqlState,
} from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { countedIn } from "../database/row-counts.store.ts";
import { Problem } from "../problem.ts";
import { type FreezeColumn, freezeOf } from "./freezes.store.ts";

export interface EnvironmentRow {
  id: string;
  name: string;
  autoPruneImages: boolean;
  pruneImagesMode: "dangling" | "all";
  /** people other than its starter who have to approve a plan */
  requiredApprovals: number;
  /** null: nothing keeps from deploying */
  freeze: FreezeColumn | null;
  createdAt: Date;
  updatedAt: Date;
  serverCount: number;
  serviceCount: number;
  imageCount: number;
}

const columns = (sql: Sql) => sql`
  environments.*, ${freezeOf(sql)} as freeze,
  (select count(*) from servers where environment_id = environments.id) as server_count,
  ${countedIn(sql, "services")} as service_count,
  ${countedIn(sql, "container_images")} as image_count`;

const taken = () =>
  new Problem("conflict", "environment_name_taken", "An environment with this name already exists");

/** @param only the ids that may be seen; null: all */
export async function listEnvironments(
  sql: Sql,
  only: string[] | null,
  page: { limit: number; offset: number },
): Promise<{ environments: EnvironmentRow[]; total: number }> {
  const where = sql`(${only}::uuid[] is null or id = any(${only}::uuid[]))`;
  const environments = await sql<EnvironmentRow[]>`
    select ${columns(sql)} from environments where ${where}
    order by created_at, id limit ${page.limit} offset ${page.offset}`;
  const [count] = await sql<{ total: number }[]>`
    select count(*) as total from environments where ${where}`;
  return { environments, total: count?.total ?? 0 };
}

export async function findEnvironment(sql: Sql, id: string): Promise<EnvironmentRow | null> {
  const [row] = await sql<EnvironmentRow[]>`
    select ${columns(sql)} from environments where id = ${id}`;
  return row ?? null;
}

export async function findEnvironmentByName(
  sql: Sql,
  name: string,
): Promise<EnvironmentRow | null> {
  const [row] = await sql<EnvironmentRow[]>`
    select ${columns(sql)} from environments where lower(name) = lower(${name})`;
  return row ?? null;
}

export async function insertEnvironment(sql: Sql, name: string): Promise<string> {
  const id = newId();
  try {
    await sql`insert into environments (id, name) values (${id}, ${name})`;
  } catch (error) {
    throw brokenConstraint(error) === "environments_name" ? taken() : error;
  }
  return id;
}

export async function updateEnvironment(
  sql: Sql,
  id: string,
  change: {
    name?: string;
    autoPruneImages?: boolean;
    pruneImagesMode?: EnvironmentRow["pruneImagesMode"];
    requiredApprovals?: number;
  },
): Promise<void> {
  try {
    await sql`update environments set ${sql({ ...change, updatedAt: new Date() })} where id = ${id}`;
  } catch (error) {
    throw brokenConstraint(error) === "environments_name" ? taken() : error;
  }
}

/** @throws {Problem} 400 while servers, images, registries or plans belong to it */
export async function deleteEnvironment(sql: Sql, id: string): Promise<void> {
  const [counts] = await sql<{ servers: number; images: number; registries: number }[]>`
    select (select count(*) from servers where environment_id = ${id}) as servers,
      (select count(*) from container_images where environment_id = ${id}) as images,
      (select count(*) from registries where environment_id = ${id}) as registries`;
  if (counts && counts.servers > 0) {
    throw new Problem(
      "invalid",
      "environment_has_servers",
      `Cannot delete environment: ${counts.servers} server(s) still belong to it`,
    );
  }
  // Without servers nothing runs: what is left are records, and they go with it.
  try {
    await sql`delete from deployment_plans where environment_id = ${id}`;
    await sql`update container_images set deployed_digest_id = null where environment_id = ${id}`;
    await sql`delete from container_images where environment_id = ${id}`;
    await sql`delete from registries where environment_id = ${id}`;
    await sql`delete from environments where id = ${id}`;
  } catch (error) {
    if (sqlState(error) !== foreignKeyViolation) throw error;
    throw new Problem(
      "conflict",
      "environment_in_use",
      "Something was added to this environment just now: look again before you delete it.",
    );
  }
}
