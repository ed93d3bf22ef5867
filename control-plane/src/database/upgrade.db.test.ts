import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { verifyChain } from "../identity/audit-chain.store.ts";
import { takeNewestKey } from "../identity/key-rotation.ts";
import { secretsWith } from "../secrets.ts";
import { openAuthority } from "../servers/certificate-authority.ts";
import { applicationRole } from "./embedded.ts";
import { migrate } from "./migrate.ts";
import { schemaHeading, schemaText } from "./schema-text.ts";
import { openTestDatabase, schema, type TestDatabase } from "./test-database.ts";

/*
 * From the first schema that there was, with rows in each of its tables, to today's. first-schema.fixture.sql is
 * kept as it is.
 */

const masterKey = "0f".repeat(32);
const read = (file: string) => readFileSync(new URL(file, import.meta.url), "utf8");
const [first, ...later] = schema.migrations;

let rig: TestDatabase;
beforeEach(async () => {
  rig = await openTestDatabase({ empty: true, secrets: secretsWith(masterKey) });
  await migrate(rig.owner, { migrations: first ? [first] : [], functions: [] });
  await rig.owner.unsafe(read("./first-schema.fixture.sql"));
});
afterEach(() => rig.close());

async function counts(): Promise<Record<string, number>> {
  const tables = await rig.owner<{ name: string }[]>`
    select relname::text as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r'
      and relname not in ('schema_migrations', 'schema_functions') order by relname`;
  const found: Record<string, number> = {};
  for (const { name } of tables) {
    const [row] = await rig.owner.unsafe<{ count: number }[]>(
      `select count(*)::int as count from ${name}`,
    );
    found[name] = row?.count ?? 0;
  }
  return found;
}

test("the first schema has rows in every table", async () => {
  expect(Object.entries(await counts()).filter(([, count]) => count === 0)).toEqual([]);
});

/** Tables that a migration may empty. */
const emptied: Record<string, string[]> = {
  // Answers that are kept for a day, by whom they were given to: that is told by the credential since.
  "0017_credentials.sql": ["idempotency_keys"],
};

test("each migration in turn keeps every row", async () => {
  let before = await counts();
  for (const [index, { name }] of later.entries()) {
    await migrate(rig.owner, {
      migrations: schema.migrations.slice(0, index + 2),
      functions: [],
    });
    const after = await counts();
    const lost = Object.entries(before)
      .filter(([table, count]) => (after[table] ?? 0) < count)
      .map(([table]) => table);
    expect([name, lost]).toEqual([name, emptied[name] ?? []]);
    before = after;
  }
  await migrate(rig.owner, schema);
  expect(schemaHeading + (await schemaText(rig.owner))).toBe(read("../../schema.sql"));
});

test("what was secret is still readable, and sealed; the audit is chained", async () => {
  const { database } = rig;
  await migrate(rig.owner, schema, applicationRole);
  const secrets = secretsWith(masterKey);
  await takeNewestKey(database, secrets);
  const rows = await database<{ name: string; token: Buffer | null; password: Buffer | null }[]>`
    select name, token, password from registries order by name`;
  expect(
    rows.map(({ name, token, password }) => [
      name,
      token && secrets.decrypt(token),
      password && secrets.decrypt(password),
    ]),
  ).toEqual([
    ["hub", "registry token", null],
    ["shop", null, "registry password"],
  ]);
  const [stored] = await database<{ spec: string }[]>`
    select spec::text as spec from services where name = 'api'`;
  expect(stored?.spec).toContain("sealed:");
  expect(stored?.spec).not.toContain("hunter2");
  const [opened] = await database<{ spec: unknown }[]>`
    select spec from services where name = 'api'`;
  expect(opened?.spec).toMatchObject({ Env: ["PASSWORD=hunter2", "MODE=production"] });
  expect((await openAuthority(database, secrets)).trusted).toHaveLength(1);
  expect(await verifyChain(database)).toMatchObject({ broken: null });
});

test("only roles that the groups gave last end without another login by the provider", async () => {
  const { owner } = rig;
  const to = (name: string) =>
    schema.migrations.filter((each) => each.name.localeCompare(name) < 0);
  await migrate(owner, { migrations: to("0038"), functions: [] });
  const logIn = (at: string) => ({ at, action: "login", details: { method: "oidc" } });
  const setRoles = (at: string) => ({ at, action: "update_user", details: { roles: [] } });
  const rename = (at: string) => ({ at, action: "update_user", details: { name: "A" } });
  const users = {
    "given in the last login": [setRoles("10:00"), logIn("10:00")],
    "given again after they were set here": [logIn("09:00"), setRoles("10:00"), logIn("11:00")],
    "renamed since": [logIn("09:00"), rename("10:00")],
    "set here since": [logIn("09:00"), setRoles("10:00")],
    "never by the provider": [setRoles("10:00"), { ...logIn("11:00"), details: {} }],
  };
  for (const [email, entries] of Object.entries(users)) {
    const [user] = await owner<{ id: string }[]>`
      insert into users (id, email) values (gen_random_uuid(), ${email}) returning id`;
    const id = user?.id ?? "";
    await owner`
      insert into user_identities (user_id, issuer, subject) values (${id}, 'issuer', ${email})`;
    for (const { at, action, details } of entries) {
      await owner`
        insert into audit_logs (id, at, actor_type, actor_name, action, resource_type, resource_id, details)
        values (gen_random_uuid(), ${`2026-01-01T${at}Z`}, 'user', 'a', ${action}, 'user', ${id},
          ${owner.json(details)})`;
    }
  }
  await migrate(owner, { migrations: to("0039"), functions: [] });
  const marked = await owner<{ email: string }[]>`
    select email from user_identities join users on id = user_id where roles_until is not null`;
  expect(marked.map(({ email }) => email).sort()).toEqual([
    "given again after they were set here",
    "given in the last login",
    "renamed since",
  ]);
});

test("a plan of before there were releases has one target, what it moves", async () => {
  await migrate(rig.owner, schema);
  const rows = await rig.owner<{ own: string[]; targets: string[][] | null }[]>`
    select array[p.container_image_id::text, p.image_name, p.image_tag, p.image_digest,
        p.image_digest_id::text] as own,
      (select json_agg(json_build_array(t.container_image_id, t.image_name, t.image_tag,
          t.image_digest, t.image_digest_id) order by t.position)
        from plan_targets t where t.plan_id = p.id) as targets
    from deployment_plans p`;
  expect(rows.length).toBeGreaterThan(0);
  for (const { own, targets } of rows) expect(targets).toEqual([own]);
  const unowned = await rig.owner`
    select from plan_steps where (action = 'pull') <> (target_position is not null)`;
  expect(unowned).toHaveLength(0);
});
