import { readFileSync } from "node:fs";
import type postgres from "postgres";
import type { LargeIds } from "./large-data-routes.fixture.ts";

/** How many rows a large installation has. A hundred services are on one server. */
export interface LargeSizes {
  services: number;
  images: number;
  /** of all images together; the newest fifty of each image have a tag */
  digests: number;
  /** of two services each */
  plans: number;
  audit: number;
}

const statements = readFileSync(new URL("./large-data.fixture.sql", import.meta.url), "utf8")
  .split(/;\n\n/)
  .map((text) => text.trim())
  .filter((text) => text !== "");

/**
 * Fills one environment of a database that has no other rows of these kinds, and analyzes it.
 * @param pool of a role that may switch triggers off, which is a superuser
 * @param told what was filled, with its milliseconds
 */
export async function fillLargeData(
  pool: Pick<postgres.Sql, "reserve">,
  environmentId: string,
  sizes: LargeSizes,
  told: (table: string, tookMs: number) => void = () => {},
): Promise<void> {
  const sql = await pool.reserve();
  try {
    // Triggers would tell everybody of every row, and chain each entry of the audit.
    await sql`set session_replication_role = replica`;
    await sql`set synchronous_commit = off`;
    for (const [name, value] of Object.entries({ ...sizes, environment: environmentId })) {
      await sql`select set_config(${`data.${name}`}, ${String(value)}, false)`;
    }
    for (const statement of [...statements, "vacuum analyze"]) {
      const began = performance.now();
      await sql.unsafe(statement);
      const table = /^insert into (\w+)/m.exec(statement)?.[1];
      if (table !== undefined) told(table, performance.now() - began);
    }
  } finally {
    await sql`discard all`;
    sql.release();
  }
}

/** Ids of what `fillLargeData` has filled. */
export async function largeIds(
  sql: Pick<postgres.Sql, "unsafe">,
  environmentId: string,
): Promise<LargeIds> {
  const [row] = await sql.unsafe<
    [Omit<LargeIds, "environment" | "digests" | "cursors"> & { digests: string[] }]
  >(`
    select
      (select id from container_images order by id limit 1) as image,
      (select id from servers order by id limit 1) as server,
      (select id from services order by id limit 1 offset 100) as service,
      (select id from deployment_plans order by id desc limit 1 offset 100) as plan,
      (select id from registries limit 1) as registry,
      (select id from webhooks limit 1) as webhook,
      (select id from users order by id limit 1) as user,
      (select count(*)::int from services) as services,
      array(select id from image_digests where container_image_id =
        (select id from container_images order by id limit 1) order by pushed_at desc limit 2) as digests`);
  const [newer = "", older = ""] = row.digests;
  const cursor = (key: string | number) =>
    Buffer.from(JSON.stringify([key, row.service])).toString("base64url");
  const cursors = { name: cursor("queue"), time: cursor((Date.now() - 86_400_000) * 1000) };
  return { ...row, environment: environmentId, digests: [older, newer], cursors };
}
