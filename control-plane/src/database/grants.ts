/*
 * Which rights the application's role has on what the owner's role has made. It may use every table, but it
 * may not change what was written into the audit, and it owns nothing of this.
 */

/** A table, view or sequence of the schema `public`. */
export interface Relation {
  name: string;
  kind: "table" | "view" | "sequence";
  columns: string[];
  /** what was granted to the application's role, such as SELECT, or INSERT ("id") on a column */
  granted: string[];
}

/** A function of the schema `public`. */
export interface Routine {
  /** with the types of its arguments, quoted where needed */
  name: string;
  trigger: boolean;
  /** whether everybody may call it, and whether it was granted to the application's role */
  everybody: boolean;
  application: boolean;
}

type Rights = (columns: readonly string[]) => readonly string[];

const read: Rights = () => ["SELECT"];
const onColumn = (right: string, column: string) => `${right} (${quoted(column)})`;

/** Tables that the application may not use in every way. Functions of the owner write the others of these. */
export const limitedTables: Readonly<Record<string, Rights>> = {
  // The database itself says when: an entry of later would hold retention up.
  audit_logs: (columns) => [
    "SELECT",
    ...columns.filter((name) => name !== "at").map((name) => onColumn("INSERT", name)),
  ],
  audit_chain: read,
  audit_drops: read,
  schema_migrations: read,
  schema_functions: read,
};

/** The rights of the application's role on a relation; a table that is not named above is for every use. */
function rightsOn({ name, kind, columns }: Omit<Relation, "granted">): readonly string[] {
  if (kind === "view") return read(columns);
  if (kind === "sequence") return ["SELECT", "USAGE"];
  return limitedTables[name]?.(columns) ?? ["DELETE", "INSERT", "SELECT", "UPDATE"];
}

/**
 * The statements that bring the application's rights to what they should be; none where they are.
 * Functions of triggers are called by nobody: otherwise the role could hang one that works with the owner's
 * rights onto a table of its own. Other functions are for the application and not for everybody.
 */
export function grantsDue(relations: Relation[], routines: Routine[], role: string): string[] {
  const to = roleName(role);
  return [
    ...relations.flatMap((relation) => {
      const rights = rightsOn(relation);
      const surplus = relation.granted.filter((right) => !rights.includes(right));
      // A right on a table is revoked together with the same on its columns.
      const kept = surplus.length > 0 ? [] : relation.granted;
      const missing = rights.filter((right) => !kept.includes(right));
      const on = `on ${relation.kind === "sequence" ? "sequence" : "table"} public.${quoted(relation.name)}`;
      return [
        ...(surplus.length > 0 ? [`revoke ${surplus.join(", ")} ${on} from ${to}`] : []),
        ...(missing.length > 0 ? [`grant ${missing.join(", ")} ${on} to ${to}`] : []),
      ];
    }),
    ...routines.flatMap(({ name, trigger, everybody, application }) => [
      ...(everybody ? [`revoke execute on function ${name} from public`] : []),
      ...(application && trigger ? [`revoke execute on function ${name} from ${to}`] : []),
      ...(!application && !trigger ? [`grant execute on function ${name} to ${to}`] : []),
    ]),
  ];
}

/** A role's name as it stands in a statement. */
export const roleName = (role: string): string => quoted(role);

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
