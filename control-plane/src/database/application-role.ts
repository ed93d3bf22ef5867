import type { Sql } from "./connection.ts";
import { grantsDue, type Relation, type Routine, roleName } from "./grants.ts";

/*
 * What the owner of the tables gives to the role that the program works as. Runs in the transaction of
 * every migration, so that a table and the right to use it come together, and once more at each start.
 * Only what differs is granted or revoked: running control planes do not notice a start.
 */

/** The schema of the job library's tables, which the library migrates by itself: the application owns it. */
export const jobsSchema = "bridgeport_jobs";

/**
 * Brings the rights of a role to what grants.ts says, as the role that owns the tables and in its transaction,
 * with `public` as its only search path.
 * @param role the application's role, another one than the owner's
 */
export async function grantApplication(sql: Sql, role: string): Promise<void> {
  const owners = await ownersOfOurs(sql);
  const statements = [
    ...grantsDue(await relations(sql, role, owners), await routines(sql, role, owners), role),
    ...(await schemaGrantsDue(sql, role)),
  ];
  if (statements.length > 0) await sql.unsafe(statements.join(";\n"));
  await giveJobs(sql, role);
}

/**
 * Whose things in the schema `public` are ours: those of the role that migrates, and of the one that owns the
 * audit, which may be another one. Tables of other roles belong to other applications.
 * @returns names of roles
 */
async function ownersOfOurs(sql: Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select rolname::text as name from pg_roles
    where rolname = current_user or oid =
      (select relowner from pg_class where oid = to_regclass('public.audit_logs'))`;
  return rows.map(({ name }) => name);
}

/** Our tables, views and sequences, with what the role was granted on each. Those of extensions are not ours. */
function relations(sql: Sql, role: string, owners: string[]): PromiseLike<Relation[]> {
  return sql<Relation[]>`
    select c.relname as name, case when c.relkind = 'S' then 'sequence'
        when c.relkind in ('v', 'm') then 'view' else 'table' end as kind,
      array(select attname::text from pg_attribute
        where attrelid = c.oid and attnum > 0 and not attisdropped order by attnum) as columns,
      array(select privilege_type::text
        from aclexplode(coalesce(c.relacl, acldefault(
          (case when c.relkind = 'S' then 's' else 'r' end)::"char", c.relowner)))
        where grantee = r.oid
        union all
        select format('%s ("%s")', privilege_type, replace(attname, '"', '""'))
        from pg_attribute, aclexplode(attacl)
        where attrelid = c.oid and not attisdropped and grantee = r.oid) as granted
    from pg_class c join pg_roles r on r.rolname = ${role}
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S')
      and pg_get_userbyid(c.relowner) = any(${owners}::text[])
      and not exists (select from pg_depend d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    order by c.relname`;
}

/** Our functions, with who may call each. */
function routines(sql: Sql, role: string, owners: string[]): PromiseLike<Routine[]> {
  return sql<Routine[]>`
    select p.oid::regprocedure::text as name, p.prorettype = 'trigger'::regtype as trigger,
      exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner)))
        where grantee = 0) as "everybody",
      exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner)))
        where grantee = r.oid) as "application"
    from pg_proc p join pg_roles r on r.rolname = ${role}
    where p.pronamespace = 'public'::regnamespace
      and pg_get_userbyid(p.proowner) = any(${owners}::text[])
      and not exists (select from pg_depend d
        where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
    order by 1`;
}

/**
 * The schema itself. Who may create in it can put functions there that the owner would call. Before
 * PostgreSQL 15 everybody may; where the owner cannot change that, audit-protection.ts tells of it.
 */
async function schemaGrantsDue(sql: Sql, role: string): Promise<string[]> {
  const [row] = await sql<{ uses: boolean; creates: boolean }[]>`
    select has_schema_privilege(${role}, 'public', 'usage') as uses,
      has_schema_privilege(${role}, 'public', 'create')
        and pg_has_role(current_user, nspowner, 'usage') as creates
    from pg_namespace where nspname = 'public'`;
  return [
    ...(row?.uses ? [] : [`grant usage on schema public to ${roleName(role)}`]),
    ...(row?.creates ? [`revoke create on schema public from public, ${roleName(role)}`] : []),
  ];
}

/**
 * Makes the role the owner of the job library's schema and of all that is in it, also of what another role
 * made there before. The library begins with CREATE SCHEMA, for which the role would need a right on the
 * whole database, unless its own list of migrations is there: so that is made, too.
 */
async function giveJobs(sql: Sql, role: string): Promise<void> {
  const to = roleName(role);
  const [schema] = await sql<{ own: boolean; empty: boolean }[]>`
    select nspowner = r.oid as own, to_regclass(${`${jobsSchema}.migrations`}) is null as empty
    from pg_namespace, pg_roles r where nspname = ${jobsSchema} and r.rolname = ${role}`;
  if (schema === undefined) await sql.unsafe(`create schema ${jobsSchema} authorization ${to}`);
  else if (!schema.own) await sql.unsafe(`alter schema ${jobsSchema} owner to ${to}`);
  if (schema?.empty ?? true) {
    await sql.unsafe(`create table ${jobsSchema}.migrations (
      id int primary key, ts timestamptz not null default now(),
      breaking boolean not null default false)`);
  }
  const others = await sql<{ thing: string }[]>`
    select format('%s %s', case c.relkind when 'v' then 'view' when 'S' then 'sequence'
      else 'table' end, c.oid::regclass) as thing
    from pg_class c join pg_roles r on r.rolname = ${role}
    where c.relnamespace = ${jobsSchema}::regnamespace and c.relowner <> r.oid
      and c.relkind in ('r', 'p', 'v', 'S')
      -- A sequence of a column goes with its table.
      and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass
        and d.objid = c.oid and d.deptype in ('a', 'i') and c.relkind = 'S')
    union all
    select format('routine %s', p.oid::regprocedure)
    from pg_proc p join pg_roles r on r.rolname = ${role}
    where p.pronamespace = ${jobsSchema}::regnamespace and p.proowner <> r.oid
    union all
    select format('type %s', t.oid::regtype)
    from pg_type t join pg_roles r on r.rolname = ${role}
    left join pg_class c on c.oid = t.typrelid
    where t.typnamespace = ${jobsSchema}::regnamespace and t.typowner <> r.oid
      and (t.typtype in ('e', 'd') or c.relkind = 'c')
    order by thing`;
  if (others.length > 0) {
    await sql.unsafe(others.map(({ thing }) => `alter ${thing} owner to ${to}`).join(";\n"));
  }
}
