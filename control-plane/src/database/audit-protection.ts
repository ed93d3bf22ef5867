import type { Sql } from "./connection.ts";

/** What keeps the program's own role from changing the audit. */
export interface AuditProtection {
  /** the database role that the program works as */
  role: string;
  /** what lets that role change the audit all the same, as ends of a sentence; none: only the owner can */
  gaps: string[];
}

/** What a role can do; each but the first is looked at on its own, and may follow from another one. */
interface Powers {
  superuser: boolean;
  logsInAsAnother: boolean;
  createsRoles: boolean;
  ownsDatabase: boolean;
  usesServer: boolean;
  ownsAudit: boolean;
  changesAudit: boolean;
  createsInPublic: boolean;
}

interface Gap {
  power: keyof Powers;
  says: string;
  /** not worth a word beside one of these */
  follows: (keyof Powers)[];
  /** the owner takes it back when it migrates; see application-role.ts */
  mended: boolean;
}

const gaps: Gap[] = [
  { power: "superuser", says: "is a superuser", follows: [], mended: false },
  {
    // RESET ROLE gives back whatever that one may do.
    power: "logsInAsAnother",
    says: "is not the role that logs in, which it can always go back to",
    follows: [],
    mended: false,
  },
  {
    power: "createsRoles",
    says: "may create roles, and so make itself a member of the owner's",
    follows: ["superuser"],
    mended: false,
  },
  {
    power: "ownsDatabase",
    says: "owns the database, or is a member of the role that does",
    follows: ["superuser"],
    mended: false,
  },
  {
    power: "usesServer",
    says: "may write files or run programs on the database's server",
    follows: ["superuser"],
    mended: false,
  },
  {
    power: "ownsAudit",
    says: "owns the tables of the audit, or is a member of the role that does",
    follows: ["superuser"],
    mended: false,
  },
  {
    power: "changesAudit",
    says: "was granted to change, delete or backdate entries of the audit, or to write its chain",
    follows: ["superuser", "ownsAudit"],
    mended: true,
  },
  {
    power: "createsInPublic",
    says: "may create in the schema public",
    follows: ["superuser", "ownsDatabase"],
    mended: true,
  },
];

/** Looks at what the connection's own role could do to the audit, also before there is one. */
export async function auditProtection(sql: Sql): Promise<AuditProtection> {
  const { role, found } = await look(sql);
  return { role, gaps: found.map(({ says }) => says) };
}

/** The same without what the owner takes back by itself when it migrates. */
export async function lastingGaps(sql: Sql): Promise<AuditProtection> {
  const { role, found } = await look(sql);
  return { role, gaps: found.filter(({ mended }) => !mended).map(({ says }) => says) };
}

async function look(sql: Sql): Promise<{ role: string; found: Gap[] }> {
  const [row] = await sql<({ role: string } & Powers)[]>`
    with audit as (
      select oid, relname, relowner from pg_class
      where oid in (to_regclass('public.audit_logs'), to_regclass('public.audit_chain'),
        to_regclass('public.audit_drops'))
    )
    select rolname as role, rolsuper as superuser, session_user <> current_user as logs_in_as_another,
      rolcreaterole as creates_roles,
      coalesce((select pg_has_role(datdba, 'member') from pg_database
        where datname = current_database()), false) as owns_database,
      exists (select from pg_roles server where server.rolname in
          ('pg_write_server_files', 'pg_execute_server_program')
        and pg_has_role(server.oid, 'member')) as uses_server,
      exists (select from audit where pg_has_role(relowner, 'member')) as owns_audit,
      exists (select from audit where has_table_privilege(oid, 'update, delete, truncate, trigger')
        or has_any_column_privilege(oid, 'update')
        or case relname when 'audit_logs' then has_column_privilege(oid, 'at', 'insert')
          else has_any_column_privilege(oid, 'insert') end) as changes_audit,
      has_schema_privilege('public', 'create') as creates_in_public
    from pg_roles where rolname = current_user`;
  if (row === undefined) throw new Error("the connection's role is not in pg_roles");
  const found = gaps.filter(({ power, follows }) => row[power] && !follows.some((one) => row[one]));
  return { role: row.role, found };
}
